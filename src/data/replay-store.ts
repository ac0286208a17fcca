/**
 * A replay's folder: segments of steps and, because stored latents, targets and priorities change, a whole file of
 * them at every flush.
 * Everything is written in the order in which it was asked for. A mark names a state of the folder that can be opened
 * again; what a mark needs is kept until a later one is committed.
 */
import { mkdir } from 'node:fs/promises';
import { z } from 'zod';
import { sweepTemporaries, syncDirectory } from './atomic-file.ts';
import { readContexts, removeContexts, writeContexts } from './context-file.ts';
import type { Columns, StepLayout } from './lane-buffer.ts';
import { formSchema } from './replay-form.ts';
import type { ReplayForm } from './replay-form.ts';
import { changingBytes } from './replay-memory.ts';
import type { ReplayMemory } from './replay-memory.ts';
import { NotRegularError, refuseOtherFolder } from './regular-file.ts';
import { encodeRecord } from './segment-record.ts';
import { cutSegments, readSegments, ReplayError, SegmentLog } from './segments.ts';
import type { Horizon, SegmentIndex } from './segments.ts';

const whole = z.number().int().nonnegative();

const markSchema = z.object({
  version: z.literal(1),
  form: formSchema,
  /** The end of the log; segment 0 where nothing was ever written. */
  segment: whole,
  offset: whole,
  /** Steps ever appended, by lane. */
  counts: z.array(whole),
  /** The first step that was not yet fed as a newest sequence, by lane. */
  fed: z.array(whole),
  /** The file of latents, targets and priorities; null where there is nothing to keep. */
  contexts: z.object({ number: whole, bytes: whole, crc32: whole }).nullable(),
});

/** A state of a replay on disk. Plain data, to be kept in a checkpoint. */
export type ReplayMark = z.infer<typeof markSchema>;

export interface StoreOptions {
  readonly directory: string;
  readonly form: ReplayForm;
  readonly layout: StepLayout;
  readonly segmentBytes: number;
}

/** In the order in which they are compared: how many steps fit follows from all the others. */
const FORM_KEYS = [
  'lanes',
  'imageShape',
  'actionSize',
  'contextShapes',
  'targetShapes',
  'priorities',
  'stepsPerLane',
] as const;

const OURS = /^(segment|contexts)-\d{6,}\.bin$/;

export class ReplayStore {
  readonly #options: StoreOptions;
  readonly #log: SegmentLog;
  /** Settles when everything asked for so far is done; never rejects. */
  #queue: Promise<unknown> = Promise.resolve();
  #failure: ReplayError | undefined;
  /** The mark that the last checkpoint is known to hold, and the newest, which a checkpoint may hold. */
  #committed: ReplayMark | undefined;
  #newest: ReplayMark | undefined;
  #contextsNumber: number;

  /** A store over a folder to `prepare`, or over what `readStore` found at `mark`. */
  constructor(options: StoreOptions, mark?: ReplayMark, index?: SegmentIndex) {
    this.#options = options;
    this.#log = new SegmentLog({ ...options, lanes: options.form.lanes }, mark, index);
    this.#committed = mark;
    this.#contextsNumber = mark?.contexts?.number ?? 0;
  }

  /** Make the folder, and delete what an earlier replay left in it. */
  prepare(): void {
    const { directory } = this.#options;
    this.#enqueue(async () => {
      await refuseOtherFolder(directory);
      await mkdir(directory, { recursive: true });
      await cutSegments(directory, { segment: 0, offset: 0 });
      await removeContexts(directory, []);
      await sweepTemporaries(directory, OURS);
    }).catch(() => {}); // kept in #failure, which the next call throws
  }

  /** Throws ReplayError if anything could not be written; nothing is written any more after that. */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  /** Write steps of a lane, from index `first` on. `oldest` is the index of the oldest step kept now, by lane. */
  append(lane: number, first: number, columns: Columns, oldest: readonly number[]): void {
    const count = columns.reward.length;
    this.#enqueue(async () => {
      const record = await encodeRecord({ lane, first, count, columns }, this.#options.layout);
      await this.#log.append(record, lane, first + count - 1);
      await this.#prune(oldest);
    }).catch(() => {}); // kept in #failure, which the next call throws
  }

  /** Make everything durable. `contexts`, the `changingBytes` of the memory, is handed over: the caller copies it. */
  flush(state: Pick<ReplayMark, 'counts' | 'fed'>, contexts: readonly Uint8Array[]): Promise<ReplayMark> {
    return this.#enqueue(async () => {
      const { directory, form } = this.#options;
      await this.#log.sync();
      await syncDirectory(directory);
      const file = contexts.length > 0 ? await writeContexts(directory, ++this.#contextsNumber, contexts) : null;
      const mark: ReplayMark = { version: 1, form, ...this.#log.position, ...state, contexts: file };
      this.#newest = mark;
      await this.#discardContexts();
      return mark;
    });
  }

  /** A checkpoint holds `mark` now, so what only older marks need may go. */
  commit(mark: ReplayMark, oldest: readonly number[]): Promise<void> {
    return this.#enqueue(async () => {
      this.#committed = mark;
      await this.#prune(oldest);
      await this.#discardContexts();
    });
  }

  /** Wait for what was asked for, and let go of the files. */
  async close(): Promise<void> {
    await this.#queue;
    await this.#log.close().catch((error: unknown) => this.#fail(error));
    this.check();
  }

  #enqueue<T>(job: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(async () => {
      this.check();
      try {
        return await job();
      } catch (error) {
        this.#fail(error);
        throw this.#failure;
      }
    });
    this.#queue = result.catch(() => {});
    return result;
  }

  /** The first failure is the one that is told: those after it follow from it. */
  #fail(error: unknown): void {
    this.#failure ??= new ReplayError(
      `the replay in ${this.#options.directory} could not be written (${messageOf(error)}); the last checkpoint is ` +
        `intact: ${remedyOf(error)}, then continue from it`,
      { cause: error },
    );
  }

  #prune(oldest: readonly number[]): Promise<void> {
    const marks = [this.#committed, this.#newest].filter((mark) => mark !== undefined);
    const horizons = marks.map((mark): Horizon => {
      const floors = mark.counts.map((count) => Math.max(0, count - mark.form.stepsPerLane));
      return { segment: mark.segment, floors };
    });
    return this.#log.prune([...horizons, { segment: Infinity, floors: oldest }]);
  }

  #discardContexts(): Promise<void> {
    const kept = [this.#committed, this.#newest].map((mark) => mark?.contexts?.number);
    return removeContexts(this.#options.directory, kept);
  }
}

/**
 * Fill `memory`, which is empty and begins at the mark's counts, with what the folder held at `mark`, and drop
 * whatever was written after it, unless the folder is only read. Nothing is deleted before everything has been read.
 * Throws ReplayError where the mark is of another form, or where anything is missing or damaged.
 */
export async function readStore(
  options: StoreOptions,
  mark: ReplayMark,
  memory: ReplayMemory,
  readOnly = false,
): Promise<ReplayStore> {
  const { directory, layout } = options;
  const { lanes, priorities } = memory;
  await refuseOtherFolder(directory).catch((error: unknown) => {
    throw new ReplayError(`${directory} cannot be read (${messageOf(error)}); restore the folder or start a new run`, { cause: error });
  });
  // The first step of every lane that is still to come.
  const next = lanes.map((lane) => lane.oldest);
  const index = await readSegments({ directory, lanes: lanes.length, layout }, mark, async (header, columns) => {
    const lane = lanes[header.lane];
    const end = Math.min(header.first + header.count, lane.count);
    const first = next[header.lane];
    if (end <= first || header.first > first) return; // evicted, or behind a gap, which is seen below
    lane.restore(first, end - first, await columns(), first - header.first);
    next[header.lane] = end;
  });
  for (const [number, lane] of lanes.entries()) {
    if (next[number] === lane.count) continue;
    throw new ReplayError(
      `${directory} lacks step ${next[number]} of lane ${number}; restore its segment files or start a new run`,
    );
  }
  if (mark.contexts) await readContexts(directory, mark.contexts, changingBytes(memory));
  priorities?.rebuild();
  if (!readOnly) try {
    await cutSegments(directory, mark);
    await removeContexts(directory, [mark.contexts?.number]);
    await sweepTemporaries(directory, OURS);
  } catch (error) {
    throw new ReplayError(
      `what was written in ${directory} after the checkpoint cannot be deleted (${messageOf(error)}); ${remedyOf(error)}, then try again`,
      { cause: error },
    );
  }
  return new ReplayStore(options, mark, index);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What to do about a failure of the file system. */
function remedyOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return 'make the folder writable';
  if (cause instanceof NotRegularError) return 'move it away';
  return 'make room on the disk';
}

/** Has it about as many values as a mark of so many lanes may have? */
function isSmall(mark: unknown, lanes: number): boolean {
  let left = 1000 + 4 * lanes;
  const within = (value: unknown): boolean => {
    if (--left < 0) return false;
    return typeof value !== 'object' || value === null || Object.values(value).every(within);
  };
  return within(mark);
}

/** Check that a checkpoint's mark belongs to a replay of this form. Throws ReplayError, naming the first difference. */
export function parseMark(mark: unknown, form: ReplayForm): ReplayMark {
  // A mark with a million mistakes would be a million complaints.
  const parsed = markSchema.safeParse(isSmall(mark, form.lanes) ? mark : undefined);
  if (!parsed.success) throw new ReplayError("the checkpoint's replay mark is not one that this version wrote");
  const stored = parsed.data.form;
  for (const key of FORM_KEYS) {
    const [expected, got] = [JSON.stringify(form[key]), JSON.stringify(stored[key])];
    if (expected === got) continue;
    throw new ReplayError(
      `the replay on disk has ${key} ${got}, the configuration asks for ${expected}; ` +
        'continue with the configuration of the run or start a new one',
    );
  }
  if (parsed.data.counts.length !== form.lanes || parsed.data.fed.length !== form.lanes) {
    throw new ReplayError(`the checkpoint's replay mark does not speak of ${form.lanes} lanes`);
  }
  const { counts, fed } = parsed.data;
  const lane = counts.findIndex((count, i) => fed[i] > count);
  if (lane >= 0) {
    throw new ReplayError(`the checkpoint's replay mark has fed step ${fed[lane]} of lane ${lane}, of which there are ${counts[lane]}`);
  }
  return parsed.data;
}
