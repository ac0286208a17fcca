import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { PbfReader } from 'pbf';
import { afterAll, expect, test } from 'vitest';
import { frameRecord, maskedCrc, openEvents } from '../../src/viz/tensorboard.ts';

const folder = mkdtempSync(join(tmpdir(), 'events-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** CRC-32C bit by bit, by its reversed polynomial: slow, short, and not the library's. */
function crc32c(data: Uint8Array): number {
  let crc = ~0;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}

const unmask = (masked: number): number => {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
};

type Fields = Map<number, (number | Uint8Array)[]>;

/** The fields of a message by number, as protobuf's wire types give them. */
function fields(bytes: Uint8Array): Fields {
  const found: Fields = new Map();
  new PbfReader(bytes).readFields((tag, into, pbf) => {
    const value =
      pbf.type === 0 ? pbf.readVarint()
      : pbf.type === 1 ? pbf.readDouble()
      : pbf.type === 5 ? pbf.readFloat()
      : pbf.readBytes();
    into.set(tag, [...(into.get(tag) ?? []), value]);
  }, found);
  return found;
}

const message = (from: Fields, tag: number): Fields => {
  const [value] = from.get(tag) ?? [];
  if (!(value instanceof Uint8Array)) throw new TypeError(`expected field ${tag} to be a message`);
  return fields(value);
};

const text = (from: Fields, tag: number): string => Buffer.from(from.get(tag)?.[0] as Uint8Array).toString();

/** The events of a file; every checksum is verified. */
function readEvents(path: string): Fields[] {
  const file = readFileSync(path);
  const events: Fields[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    expect(unmask(file.readUInt32LE(at + 8))).toBe(crc32c(file.subarray(at, at + 8)));
    const data = file.subarray(at + 12, at + 12 + length);
    expect(unmask(file.readUInt32LE(at + 12 + length))).toBe(crc32c(data));
    events.push(fields(data));
    at += 16 + length;
  }
  return events;
}

test('the checksum is CRC-32C, masked', () => {
  const check = Buffer.from('123456789');
  expect(crc32c(check)).toBe(0xe3069283);
  expect(unmask(maskedCrc(check))).toBe(0xe3069283);
  // 0xe3069283 rotated right by 15 is 0x2507c60d; plus 0xa282ead8.
  expect(maskedCrc(check)).toBe(0xc78ab0e5);
});

test('a record is length, checksum, data, checksum', () => {
  const record = Buffer.from(frameRecord(Uint8Array.of(7, 8)));
  expect([record.length, record.readBigUInt64LE(0), record[12], record[13]]).toEqual([18, 2n, 7, 8]);
});

test('scalars, text and images are read back', () => {
  const writer = openEvents(folder, 1_700_000_000.5);
  writer.scalars(1_700_000_001.25, 5_000_000_000, { 'loss/image': 0.5, 'loss/dyn': -2 });
  writer.text(1_700_000_002, 3, 'config', '# λ');
  writer.image(1_700_000_003, 4, 'dream', { width: 30, height: 20, bytes: Uint8Array.of(9, 8, 7) });
  writer.close();
  const [version, scalars, config, dream] = readEvents(writer.path);

  expect(version.get(1)).toEqual([1_700_000_000.5]);
  expect(text(version, 3)).toBe('brain.Event:2');

  expect([scalars.get(1), scalars.get(2)]).toEqual([[1_700_000_001.25], [5_000_000_000]]);
  const values = (message(scalars, 5), fields(scalars.get(5)?.[0] as Uint8Array).get(1) ?? []);
  const read = values.map((value) => fields(value as Uint8Array)).map((value) => [text(value, 1), value.get(2)?.[0]]);
  expect(read).toEqual([['loss/image', 0.5], ['loss/dyn', -2]]);

  const tensor = message(message(message(config, 5), 1), 8);
  expect([tensor.get(1), text(tensor, 8)]).toEqual([[7], '# λ']);
  expect(text(message(message(message(message(config, 5), 1), 9), 1), 1)).toBe('text');

  const image = message(message(message(dream, 5), 1), 4);
  expect([image.get(1), image.get(2), image.get(3), image.get(4)]).toEqual([[20], [30], [3], [Buffer.of(9, 8, 7)]]);
});

test('every start has a file of its own, in the same second too', () => {
  const paths = [openEvents(folder, 1_800_000_000), openEvents(folder, 1_800_000_000)].map((writer) => {
    writer.scalars(1_800_000_000, 1, { a: 1 });
    writer.close();
    return writer.path;
  });
  expect(new Set(paths).size).toBe(2);
  for (const path of paths) {
    expect(readEvents(path).length).toBe(2);
    expect(readdirSync(folder)).toContain(basename(path));
    expect(basename(path)).toMatch(/^events\.out\.tfevents\.1800000000\./);
  }
});
