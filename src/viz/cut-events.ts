/** Event files of an earlier start of a run, cut back to the step from which it goes on. */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { crc32c } from '@node-rs/crc32';
import { PbfReader } from 'pbf';

/** What the names of event files are, ours and those of others. */
export const EVENT_FILE = /^events\.out\.tfevents\.(\d+)\..+\.\d+\.\d+$/;

/** When the file of this name was begun, in Unix time; 0 where it is no name of an event file. */
export const secondsOf = (name: string): number => Number(EVENT_FILE.exec(name)?.[1] ?? 0);

/** Who wrote a file, in its first record: what others wrote is left alone. */
export const WRITER = 'dreamtree';

/** Masked so that the CRC of data that itself holds CRCs stays good (TensorFlow, lib/hash/crc32c.h). */
export function maskedCrc(data: Uint8Array): number {
  const crc = crc32c(data);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/**
 * Cut one event file behind its last whole record of a step ≤ `resumeFrom`. A file that is no plain one, or was not
 * begun by us, stays as it is.
 */
export function cutEvents(path: string, resumeFrom: number): void {
  // Neither is a link followed nor a pipe waited for.
  const file = openOwn(path);
  if (file === undefined) return;
  try {
    const { size } = fstatSync(file);
    let end = 0;
    for (let at = 0; ; ) {
      const data = readRecord(file, at, size);
      const event = data && eventOf(data);
      if (at === 0 && event?.writer !== WRITER) return;
      if (!data || !event || (at > 0 && event.step > resumeFrom)) break;
      at += data.length + 16;
      end = at;
    }
    if (end < size) ftruncateSync(file, end);
  } finally {
    closeSync(file);
  }
}

function openOwn(path: string): number | undefined {
  try {
    const file = openSync(path, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    if (fstatSync(file).isFile()) return file;
    closeSync(file);
  } catch {
    // A link, a folder or somebody else's: pictures of a run are no reason to end it.
  }
  return undefined;
}

/** The data of the record at `at`; undefined where there is none, or not a whole one. */
function readRecord(file: number, at: number, size: number): Buffer | undefined {
  const head = readBytes(file, at, 12, size);
  if (!head || head.readUInt32LE(8) !== maskedCrc(head.subarray(0, 8))) return undefined;
  const body = readBytes(file, at + 12, Number(head.readBigUInt64LE(0)) + 4, size);
  const data = body?.subarray(0, -4);
  return body && data && body.readUInt32LE(data.length) === maskedCrc(data) ? data : undefined;
}

function readBytes(file: number, at: number, length: number, size: number): Buffer | undefined {
  if (at + length > size) return undefined;
  const bytes = Buffer.alloc(length);
  return readSync(file, bytes, 0, length, at) === length ? bytes : undefined;
}

interface EventHead {
  step: number;
  /** Who wrote it, where it says so. */
  writer?: string;
}

/** What a `tensorflow.Event` says of itself; undefined where it is none. */
function eventOf(data: Uint8Array): EventHead | undefined {
  try {
    return new PbfReader(data).readFields<EventHead>((tag, head, pbf) => {
      if (tag === 2) head.step = pbf.readVarint(true);
      if (tag === 10) pbf.readMessage((field, into, source) => {
        if (field === 1) into.writer = source.readString();
      }, head);
    }, { step: 0 });
  } catch {
    return undefined;
  }
}
