/**
 * TensorBoard event files: records of TFRecord framing that hold `tensorflow.Event` messages (tensorflow/core/util/
 * event.proto, framework/summary.proto, framework/tensor.proto; the numbers below are their field numbers).
 */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { crc32c } from '@node-rs/crc32';
import { PbfWriter } from 'pbf';

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

/** Begin a new event file in `directory`; every start of a process has its own, and TensorBoard joins them. */
export function openEvents(directory: string, wallSeconds: number): EventWriter {
  mkdirSync(directory, { recursive: true });
  const stem = `events.out.tfevents.${Math.floor(wallSeconds)}.${hostname()}.${process.pid}`;
  const { file, path } = openNew(join(directory, stem));
  const append = (event: (pbf: PbfWriter) => void): void => {
    const pbf = new PbfWriter();
    event(pbf);
    writeSync(file, frameRecord(pbf.finish()));
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

/** A record: length, masked CRC-32C of the length, data, masked CRC-32C of the data; little-endian. */
export function frameRecord(data: Uint8Array): Uint8Array {
  const record = Buffer.alloc(data.length + 16);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(maskedCrc(record.subarray(0, 8)), 8);
  record.set(data, 12);
  record.writeUInt32LE(maskedCrc(record.subarray(12, 12 + data.length)), 12 + data.length);
  return record;
}

/** Masked so that the CRC of data that itself holds CRCs stays good (TensorFlow, lib/hash/crc32c.h). */
export function maskedCrc(data: Uint8Array): number {
  const crc = crc32c(data);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
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

/** Open `<stem>.0`, or the first number that is free. */
function openNew(stem: string): { file: number; path: string } {
  for (let i = 0; ; i++) {
    const path = `${stem}.${i}`;
    try {
      return { file: openSync(path, 'wx'), path };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
}
