/**
 * Checkpoints: everything about a run, or what acting and dreaming need of an agent, in one MessagePack file.
 * Outside stands `{ format, version, kind, crc32, body }`; the body, packed once more, holds configuration, counters,
 * arrays with their own checksums, and plain data. Data, never code.
 */
import { readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { addExtension, Packr, Unpackr } from 'msgpackr';
import { z } from 'zod';
import type { Groups, NdArray } from '../types.ts';
import { UserError } from '../user-error.ts';
import { arraySchema, decodeArray, encodeArray, type ArrayRecord } from './array-record.ts';
import { sweepTemporaries, writeAtomically } from './atomic-file.ts';
import { NEGATIVE_ZERO, walkMessagePack } from './messagepack-walk.ts';
import { findNotPlain, fromMaps, markZeros, NegativeZero } from './plain.ts';
import type { Plain } from './plain.ts';

/** The name of a checkpoint in the folder of its run. */
export const CHECKPOINT_FILE = 'checkpoint.dream';

const FORMAT = 'dreamtree';
const VERSION = 1;
/** The first key and value, as MessagePack writes short strings. */
const BEGINNING = Buffer.from('\xa6format\xa9dreamtree', 'latin1');
/** What Node reads in one piece; a file beyond it is not even opened. */
const MAX_BYTES = 2 ** 31 - 1;

export interface CheckpointContent {
  /** A run can be continued; an agent can act and dream. */
  readonly kind: 'run' | 'agent';
  /** The resolved configuration. */
  readonly config: Plain;
  readonly counters: Readonly<Record<string, number>>;
  /** Parameters, optimiser slots, running statistics … by group and name. */
  readonly arrays: Groups<NdArray>;
  /** Whatever else continuing takes: random streams, the driver's state, the replay's mark. */
  readonly extra: Plain;
  /** The command that made it. */
  readonly command: string;
}

export interface Checkpoint extends CheckpointContent {
  /** Name and version of the program that wrote it. */
  readonly createdBy: string;
}

/** What is wrong with a checkpoint, in one sentence with its path and what to do. */
export class CheckpointError extends UserError {
  override readonly name = 'CheckpointError';
}

addExtension({ Class: NegativeZero, type: NEGATIVE_ZERO, pack: () => Buffer.of(0), unpack: () => -0 });
const packr = new Packr({ moreTypes: true, useRecords: false });
// Maps rather than objects, so that every key is seen before it becomes a property.
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: false });

const number = z.custom<number>((value) => typeof value === 'number');
const plainSchema = z.record(z.string(), z.unknown());
/** More than any model has parameters; of a million wrong keys a million complaints would be made. */
const MOST_KEYS = 10_000;
/** A record of so many keys at most, which are counted before any is looked at. */
const recordOf = <T extends z.ZodType>(item: T) => z
  .custom<Record<string, unknown>>((value) => typeof value === 'object' && value !== null && Object.keys(value).length <= MOST_KEYS, `expected a record of at most ${MOST_KEYS} keys`)
  .pipe(z.record(z.string(), item));

const fileSchema = z.object({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  kind: z.enum(['run', 'agent']),
  crc32: number,
  body: z.instanceof(Uint8Array),
});

const bodySchema = z.object({
  config: plainSchema,
  counters: recordOf(number),
  arrays: recordOf(recordOf(arraySchema)),
  extra: plainSchema,
  createdBy: z.string(),
  command: z.string(),
});

/**
 * Write a checkpoint; an earlier one of that name stays until the new one is on disk as a whole.
 * With `half`, floats are kept in half precision where none would overflow. Throws TypeError where the content is not
 * plain data, CheckpointError where it cannot be written.
 */
export async function writeCheckpoint(
  path: string,
  content: CheckpointContent,
  options: { readonly half?: boolean } = {},
): Promise<void> {
  const { kind, config, counters, extra, command } = content;
  const found = findNotPlain({ config, counters, extra, command }, 'checkpoint') ?? findNotPlainKey(content.arrays);
  if (found) throw new TypeError(`${found}; a checkpoint takes plain data only`);
  const arrays = mapGroups(content.arrays, (array, name) => encodeArray(array, name, options.half ?? false));
  const room = takeRoom(arrays);
  packr.useBuffer(room);
  const body = packr.pack({ config, counters, arrays, extra: markZeros(extra), createdBy: programName(), command });
  walkMessagePack(body); // what could not be read again is not put in place of what can
  const file = packr.pack({ format: FORMAT, version: VERSION, kind, crc32: crc32(body), body });
  packr.useBuffer(Buffer.allocUnsafeSlow(SMALL_ROOM));
  if (file.length > MAX_BYTES) {
    throw new CheckpointError(
      `${path} would take ${file.length} bytes and could not be read again; use a smaller model`,
    );
  }
  try {
    await writeAtomically(path, [file]);
  } catch (error) {
    throw new CheckpointError(`${path} could not be written (${messageOf(error)}); make room or give another place`, {
      cause: error,
    });
  } finally {
    keptRoom = room;
  }
}

/**
 * Memory to pack checkpoints in, kept from one to the next unless it is in use: buffers of that size which come and go
 * tear holes into the heap, and a run would grow by one of them now and then. All packers of msgpackr share the buffer
 * that was used last, so they are given a small one afterwards.
 */
let keptRoom: Buffer | undefined;
const SMALL_ROOM = 8192;
/** Larger ones are left to the packer: they are mapped and unmapped by themselves. */
const LARGEST_KEPT_ROOM = 2 ** 26;
/** For names, configuration and the like; more is taken where it does not do. */
const ROOM_BESIDE_ARRAYS = 2 ** 18;

/** Enough for the body and, behind it, the file that holds it. */
function takeRoom(arrays: Groups<ArrayRecord>): Buffer {
  const bytes = Object.values(arrays).flatMap((group) => Object.values(group)).reduce((sum, array) => sum + array.bytes.length, 0);
  const needed = 2 * (bytes + ROOM_BESIDE_ARRAYS);
  const size = needed <= LARGEST_KEPT_ROOM ? needed : SMALL_ROOM;
  const room = keptRoom && keptRoom.length >= size ? keptRoom : Buffer.allocUnsafeSlow(size);
  keptRoom = undefined;
  return room;
}

/**
 * Read a checkpoint. A file longer than `maxBytes` is not opened. Throws CheckpointError where it is missing, foreign,
 * damaged, cut short, too large, or of a later version.
 */
export async function readCheckpoint(path: string, options: { readonly maxBytes?: number } = {}): Promise<Checkpoint> {
  const bytes = await readBytes(path, options.maxBytes ?? MAX_BYTES);
  if (!beginsLikeOurs(bytes)) {
    throw new CheckpointError(`${path} is not a dreamtree checkpoint; give a run folder or a file ${CHECKPOINT_FILE}`);
  }
  try {
    const outside = fromMaps(unpack(bytes), 'checkpoint');
    refuseLaterVersion(path, outside);
    const file = fileSchema.parse(outside);
    if (crc32(file.body) !== file.crc32) throw new Error('wrong checksum');
    const body = bodySchema.parse(fromMaps(unpack(file.body), 'checkpoint'));
    const found = findNotPlain({ config: body.config, extra: body.extra }, 'checkpoint');
    if (found) throw new Error(found);
    return { ...body, kind: file.kind, arrays: mapGroups(body.arrays, decodeArray) };
  } catch (error) {
    if (error instanceof CheckpointError) throw error;
    throw new CheckpointError(`${path} is damaged or cut short (${messageOf(error)}); use another copy of it`, {
      cause: error,
    });
  }
}

function unpack(bytes: Uint8Array): unknown {
  walkMessagePack(bytes);
  return unpackr.unpack(bytes);
}

/** Delete what killed writers left beside the checkpoint of a run; for the process that writes it, at its start. */
export async function sweepCheckpoints(directory: string): Promise<void> {
  await sweepTemporaries(directory, /^checkpoint\.dream$/);
}

async function readBytes(path: string, maxBytes: number): Promise<Buffer> {
  const wrong = (why: string) => new CheckpointError(`${path} ${why}`);
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) throw wrong(`is a folder; give the file ${CHECKPOINT_FILE} in it`);
    if (!stats.isFile()) throw wrong('is not a regular file; give a checkpoint file');
    if (stats.size === 0) throw wrong('is empty; use another copy of it');
    if (stats.size > maxBytes) {
      throw wrong(`is too large: ${stats.size} bytes, at most ${maxBytes} are read; check the path`);
    }
    return await readFile(path);
  } catch (error) {
    if (error instanceof CheckpointError) throw error;
    throw wrong(`cannot be read (${messageOf(error)}); check the path`);
  }
}

/** Told apart by its first key and value, so that a foreign file is not called a damaged one. */
function beginsLikeOurs(bytes: Buffer): boolean {
  return bytes.subarray(0, 32).includes(BEGINNING);
}

function refuseLaterVersion(path: string, outside: unknown): void {
  const { data } = z.object({ version: number }).safeParse(outside);
  if (data && data.version > VERSION) {
    throw new CheckpointError(
      `${path} has format version ${data.version}, this program reads version ${VERSION}; update dreamtree`,
    );
  }
}

function findNotPlainKey(arrays: Groups<NdArray>): string | undefined {
  const keys = [arrays, ...Object.values(arrays)].flatMap((group) => Object.keys(group));
  return keys.includes('__proto__') ? 'checkpoint.arrays has a key __proto__' : undefined;
}

function mapGroups<A, B>(groups: Groups<A>, map: (item: A, name: string) => B): Record<string, Record<string, B>> {
  return Object.fromEntries(
    Object.entries(groups).map(([group, items]) => [
      group,
      Object.fromEntries(Object.entries(items).map(([name, item]) => [name, map(item, `${group} ${name}`)])),
    ]),
  );
}

function programName(): string {
  const { name, version } = z
    .object({ name: z.string(), version: z.string() })
    .parse(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')));
  return `${name} ${version}`;
}

/** One line; of many complaints about a file's form the first. */
function messageOf(error: unknown): string {
  if (error instanceof z.ZodError) {
    const [issue] = error.issues;
    return `${issue.path.join('.')}: ${issue.message}`;
  }
  return error instanceof Error ? error.message : String(error);
}
