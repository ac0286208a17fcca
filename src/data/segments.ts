/**
 * The files of a replay: records appended to `segment-000001.bin`, `segment-000002.bin`, …, which are never
 * rewritten. A segment is deleted as a whole when nothing in it is needed.
 */
import { constants } from 'node:fs';
import { readdir } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Columns, StepLayout } from './lane-buffer.ts';
import { openRegularFile, removeFile } from './regular-file.ts';
import { maxPayload, PREFIX_BYTES, readColumns, readHeader, readPrefix } from './segment-record.ts';
import type { RecordHeader } from './segment-record.ts';
import { UserError } from '../user-error.ts';

/** Everything that is wrong with a replay on disk, in one sentence with the file and what to do. */
export class ReplayError extends UserError {
  override readonly name = 'ReplayError';
}

/** The end of the log. Segment 0 stands before the first. */
export interface LogPosition {
  readonly segment: number;
  readonly offset: number;
}

/** Steps that must stay on disk: those of index `floors[lane]` and above in segments up to `segment`. */
export interface Horizon {
  readonly segment: number;
  readonly floors: readonly number[];
}

/** By segment, the index of the newest step of every lane in it, -1 where it has none. */
export type SegmentIndex = Map<number, number[]>;

/** Appends to the segments; its methods must not overlap in time. */
export class SegmentLog {
  readonly #directory: string;
  readonly #lanes: number;
  /** A new segment is begun before the current one exceeds this. */
  readonly #segmentBytes: number;
  readonly #index: SegmentIndex;
  #segment: number;
  #offset: number;
  #handle: FileHandle | undefined;

  constructor(
    options: { readonly directory: string; readonly lanes: number; readonly segmentBytes: number },
    position: LogPosition = { segment: 0, offset: 0 },
    index: SegmentIndex = new Map(),
  ) {
    this.#directory = options.directory;
    this.#lanes = options.lanes;
    this.#segmentBytes = options.segmentBytes;
    this.#segment = position.segment;
    this.#offset = position.offset;
    this.#index = index;
  }

  get position(): LogPosition {
    return { segment: this.#segment, offset: this.#offset };
  }

  /** Append a record that holds steps of `lane` up to index `last`. */
  async append(record: Buffer, lane: number, last: number): Promise<void> {
    if (this.#segment === 0 || (this.#offset > 0 && this.#offset + record.length > this.#segmentBytes)) {
      await this.close();
      this.#segment++;
      this.#offset = 0;
    }
    const path = segmentPath(this.#directory, this.#segment);
    this.#handle ??= await openRegularFile(path, { flags: constants.O_WRONLY | constants.O_CREAT, links: 'refuse' }).catch(
      (error: Error) => {
        throw new Error(`${path}: ${error.message}`, { cause: error });
      },
    );
    for (let done = 0; done < record.length; ) {
      const rest = record.length - done;
      const { bytesWritten } = await this.#handle.write(record, done, rest, this.#offset + done);
      done += bytesWritten;
    }
    this.#offset += record.length;
    const newest = this.#index.get(this.#segment) ?? new Array<number>(this.#lanes).fill(-1);
    newest[lane] = last;
    this.#index.set(this.#segment, newest);
  }

  /** Resolves when everything appended would survive a loss of power. */
  async sync(): Promise<void> {
    await this.#handle?.datasync();
  }

  /** Delete the segments that none of `horizons` needs. */
  async prune(horizons: readonly Horizon[]): Promise<void> {
    for (const [segment, newest] of this.#index) {
      const needed = horizons.some(
        ({ segment: end, floors }) => segment <= end && newest.some((index, lane) => index >= floors[lane]),
      );
      if (needed || segment === this.#segment) continue;
      await removeFile(segmentPath(this.#directory, segment));
      this.#index.delete(segment);
    }
  }

  async close(): Promise<void> {
    try {
      await this.sync();
    } finally {
      await this.#handle?.close();
      this.#handle = undefined;
    }
  }
}

/**
 * Read every record up to `end`, in the order in which they were written. `visit` decides what to decode.
 * Throws ReplayError where anything before `end` is missing or damaged, with the file and the offset.
 */
export async function readSegments(
  options: { readonly directory: string; readonly lanes: number; readonly layout: StepLayout },
  end: LogPosition,
  visit: (header: RecordHeader, columns: () => Promise<Columns>) => Promise<void>,
): Promise<SegmentIndex> {
  const { directory, lanes, layout } = options;
  const index: SegmentIndex = new Map();
  const longest = maxPayload(layout);
  const segments = (await listSegments(directory)).filter((segment) => segment <= end.segment);
  if (end.segment > 0 && segments.at(-1) !== end.segment) {
    throw new ReplayError(`${segmentPath(directory, end.segment)} is missing; restore it or start a new run`);
  }
  for (const segment of segments) {
    const path = segmentPath(directory, segment);
    const newest = new Array<number>(lanes).fill(-1);
    const unreadable = (error: unknown) => new ReplayError(
      `${path} cannot be read (${error instanceof Error ? error.message : String(error)}); restore it or start a new run`, { cause: error },
    );
    const handle = await openRegularFile(path, { links: 'refuse' }).catch((error: Error) => {
      throw unreadable(error);
    });
    try {
      const { size } = await handle.stat();
      const limit = segment === end.segment ? end.offset : size;
      if (size < limit) {
        throw new ReplayError(
          `${path} is cut short: expected ${limit} bytes, got ${size}; restore it or start a new run`,
        );
      }
      for (let offset = 0; offset < limit; ) {
        const damaged = (why: string) =>
          new ReplayError(`${path} is damaged at byte ${offset} (${why}); restore it or start a new run`);
        if (offset + PREFIX_BYTES > limit) throw damaged('a record is cut short');
        const prefix = readPrefix(await readExactly(handle, offset, PREFIX_BYTES));
        if (!prefix) throw damaged('no record begins here');
        if (offset + PREFIX_BYTES + prefix.length > limit) throw damaged('a record is cut short');
        if (prefix.length > longest) throw damaged(`a record of ${prefix.length} bytes, at most ${longest} are written`);
        const payload = await readExactly(handle, offset + PREFIX_BYTES, prefix.length);
        if (crc32(payload) !== prefix.crc32) throw damaged('wrong checksum');
        try {
          const header = readHeader(payload, layout);
          if (header.lane >= lanes) throw new Error(`expected a lane below ${lanes}, got ${header.lane}`);
          await visit(header, () => readColumns(payload, header, layout));
          newest[header.lane] = header.first + header.count - 1;
        } catch (error) {
          throw error instanceof ReplayError ? error : damaged(error instanceof Error ? error.message : String(error));
        }
        offset += PREFIX_BYTES + prefix.length;
      }
    } catch (error) {
      throw error instanceof ReplayError ? error : unreadable(error);
    } finally {
      await handle.close();
    }
    index.set(segment, newest);
  }
  return index;
}

/**
 * Drop whatever was written behind `end`, a torn tail included. Nothing is changed that is not ours: links are deleted
 * or refused rather than followed, and folders stay.
 */
export async function cutSegments(directory: string, end: LogPosition): Promise<void> {
  for (const segment of await listSegments(directory)) {
    const path = segmentPath(directory, segment);
    if (segment > end.segment) await removeFile(path);
    else if (segment === end.segment) await cutFile(path, end.offset);
  }
}

async function cutFile(path: string, length: number): Promise<void> {
  const handle = await openRegularFile(path, { flags: constants.O_RDWR, links: 'refuse' });
  try {
    const { size } = await handle.stat();
    if (size > length) await handle.truncate(length);
  } finally {
    await handle.close();
  }
}

async function listSegments(directory: string): Promise<number[]> {
  const names = await readdir(directory).catch((error: Error) => {
    throw new ReplayError(`${directory} cannot be read (${error.message}); restore the folder or start a new run`);
  });
  const numbers = names.map((name) => Number(/^segment-(\d{6,})\.bin$/.exec(name)?.[1] ?? 0));
  // Only names that this program gives: it writes no more zeros than six digits need.
  return numbers.filter((number, i) => number > 0 && segmentName(number) === names[i]).sort((a, b) => a - b);
}

const segmentName = (segment: number): string => `segment-${String(segment).padStart(6, '0')}.bin`;
const segmentPath = (directory: string, segment: number): string => join(directory, segmentName(segment));

async function readExactly(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(buffer, done, length - done, position + done);
    if (bytesRead === 0) throw new Error(`expected ${length} bytes at ${position}, the file ends before`);
    done += bytesRead;
  }
  return buffer;
}
