/**
 * TensorBoard event files: records of TFRecord framing that hold `tensorflow.Event` messages (tensorflow/core/util/
 * event.proto, framework/summary.proto, framework/tensor.proto; the numbers below are their field numbers).
 */
import { closeSync, mkdirSync, openSync, readdirSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { PbfWriter } from 'pbf';
import { UserError } from '../user-error.ts';
import { cutEvents, EVENT_FILE, maskedCrc, secondsOf, WRITER } from './cut-events.ts';

/** `wallSeconds` is Unix time, given by the caller. */
export interface EventWriter {
  readonly path: string;
  scalars(wallSeconds: number, step: number, values: Readonly<Record<string, number>>): void;
  /** Markdown. */
  text(wallSeconds: number, step: number, tag: string, text: string): void;
  /** A PNG or an (animated) GIF; TensorBoard shows no WebP. */
  image(wallSeconds: number, step: number, tag: string, image: EventImage): void;
  close(): void;
}

export interface EventImage {
  readonly width: number;
  readonly height: number;
  readonly bytes: Uint8Array;
}

/**
 * Begin a new event file in `directory`; every start of a process has its own, and TensorBoard reads them in the order
 * of their names, which is that of their starts. What earlier starts wrote is cut first: records of steps beyond
 * `resumeFrom`, all of them where it is absent, and one that a crash has torn; so steps never go down. Only files that
 * we began are touched.
 */
export function openEvents(directory: string, wallSeconds: number, resumeFrom = -1): EventWriter {
  mkdirSync(directory, { recursive: true });
  const earlier = readdirSync(directory).filter((name) => EVENT_FILE.test(name)).sort();
  for (const name of earlier) cutEvents(join(directory, name), resumeFrom);
  const { file, path } = openNew(directory, wallSeconds, earlier.at(-1) ?? '');
  const append = (event: (pbf: PbfWriter) => void): void => {
    const pbf = new PbfWriter();
    event(pbf);
    const record = frameRecord(pbf.finish());
    for (let at = 0; at < record.length; ) at += writeSync(file, record, at);
  };
  const summary = (wall: number, step: number, values: readonly ((pbf: PbfWriter) => void)[]): void => {
    append((pbf) => {
      pbf.writeDoubleField(1, wall);
      pbf.writeVarintField(2, step);
      pbf.writeMessage(5, (all, summaryPbf) => {
        for (const value of all) summaryPbf.writeMessage(1, (write, valuePbf) => write(valuePbf), value);
      }, values);
    });
  };

  append((pbf) => {
    pbf.writeDoubleField(1, wallSeconds);
    pbf.writeStringField(3, 'brain.Event:2');
    pbf.writeMessage(10, (name, source) => source.writeStringField(1, name), WRITER); // source_metadata
  });
  return {
    path,
    scalars(wall, step, values) {
      summary(wall, step, Object.entries(values).map(([tag, value]) => (pbf) => {
        pbf.writeStringField(1, tag);
        pbf.writeFloatField(2, value);
      }));
    },
    text(wall, step, tag, text) {
      summary(wall, step, [(pbf) => {
        pbf.writeStringField(1, tag);
        pbf.writeMessage(8, writeTextTensor, text);
        pbf.writeMessage(9, writeTextMetadata, undefined);
      }]);
    },
    image(wall, step, tag, image) {
      summary(wall, step, [(pbf) => {
        pbf.writeStringField(1, tag);
        pbf.writeMessage(4, writeImage, image);
      }]);
    },
    close: () => closeSync(file),
  };
}

export { maskedCrc } from './cut-events.ts';

/** A record: length, masked CRC-32C of the length, data, masked CRC-32C of the data; little-endian. */
export function frameRecord(data: Uint8Array): Uint8Array {
  const record = Buffer.alloc(data.length + 16);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(maskedCrc(record.subarray(0, 8)), 8);
  record.set(data, 12);
  record.writeUInt32LE(maskedCrc(record.subarray(12, 12 + data.length)), 12 + data.length);
  return record;
}

function writeTextTensor(text: string, pbf: PbfWriter): void {
  pbf.writeVarintField(1, 7); // DT_STRING
  pbf.writeMessage(2, () => undefined, undefined); // TensorShapeProto of a scalar
  pbf.writeBytesField(8, Buffer.from(text)); // string_val
}

function writeTextMetadata(_: undefined, pbf: PbfWriter): void {
  pbf.writeMessage(1, (name, plugin) => plugin.writeStringField(1, name), 'text');
}

function writeImage({ width, height, bytes }: EventImage, pbf: PbfWriter): void {
  pbf.writeVarintField(1, height);
  pbf.writeVarintField(2, width);
  pbf.writeVarintField(3, 3); // RGB
  pbf.writeBytesField(4, bytes);
}

/** Open the first file that is free and whose name comes after `last`, that of the files before it. */
function openNew(directory: string, wallSeconds: number, last: string): { file: number; path: string } {
  // Clocks are set back, and numbers of processes are no order: then the second is later than it is.
  const second = Math.max(Math.floor(wallSeconds), secondsOf(last));
  const names = [second, second + 1].flatMap((when) =>
    Array.from({ length: 10 }, (_, i) => `events.out.tfevents.${when}.${hostname()}.${process.pid}.${i}`));
  const [first, ...others] = names.filter((name) => name > last).map((name) => join(directory, name));
  for (const path of [first, ...others]) {
    try {
      return { file: openSync(path, 'wx'), path };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
  throw new UserError(`${first} is there already, and so are the names after it: move the event files elsewhere`);
}
