/** Ways in which files are damaged, seeded: by a disk, and by somebody who repairs the checksums afterwards. */
import { crc32 } from 'node:zlib';
import { Packr, Unpackr } from 'msgpackr';
import { fromMaps } from '../../src/data/plain.ts';
import { PREFIX_BYTES, readPrefix } from '../../src/data/segment-record.ts';
import type { Rng } from '../../src/types.ts';

/** A changed file; `repaired` where its checksums are right again, so that it may be in order as another file. */
export interface Mutation {
  readonly bytes: Buffer;
  readonly repaired: boolean;
}

type Items = Record<string, unknown>;

const pick = <T>(rng: Rng, from: readonly T[]): T => from[rng.int(from.length)];
const packr = new Packr({ moreTypes: true, useRecords: false });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: false });
const pack = (value: unknown): Buffer => Buffer.from(packr.pack(value));
const unpack = (bytes: Uint8Array, name: string): unknown => fromMaps(unpackr.unpack(bytes), name);
const isItems = (value: unknown): value is Items => typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);

/** Lengths and counts as they stand in files, large ones above all. */
const LENGTHS = [0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0xffff, 0x10000, 0xffffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];
/** What begins a value in MessagePack, whatever anyone has ever thought of. */
const TOKENS = [
  0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xcb, 0xcf, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8,
  0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xff, 0x62, 0x65, 0x69, 0x70, 0x72, 0x73, 0x74, 0x78,
];

/** Change some bytes, wherever. */
export function damage(bytes: Buffer, rng: Rng): Buffer {
  const copy = Buffer.from(bytes);
  if (copy.length === 0) return Buffer.of(rng.int(256));
  const at = rng.int(copy.length);
  const length = 1 + rng.int(Math.min(64, copy.length));
  switch (rng.int(9)) {
    case 0: case 1:
      for (let i = 0; i <= rng.int(4); i++) copy[rng.int(copy.length)] ^= 1 << rng.int(8);
      return copy;
    case 2: return copy.subarray(0, at);
    case 3: return Buffer.concat([copy.subarray(0, at), Buffer.from(Array.from({ length }, () => rng.int(256))), copy.subarray(at)]);
    case 4: return Buffer.concat([copy.subarray(0, at), copy.subarray(at + length)]);
    case 5: {
      const other = rng.int(copy.length - Math.min(length, copy.length) + 1);
      const block = Buffer.from(copy.subarray(other, other + length));
      copy.copy(copy, other, at, at + block.length);
      block.copy(copy, at);
      return copy;
    }
    case 6: return copy.fill(pick(rng, [0, 0xff, 0x91, 0xd6]), at, Math.min(at + length, copy.length));
    case 7: copy[at] = pick(rng, TOKENS); return copy;
    default: {
      const size = Math.min(pick(rng, [1, 2, 4]), copy.length - at);
      const value = pick(rng, LENGTHS) % 2 ** (8 * size);
      return rng.int(2) === 0 ? (copy.writeUIntBE(value, at, size), copy) : (copy.writeUIntLE(value, at, size), copy);
    }
  }
}

export function mutateCheckpoint(bytes: Buffer, rng: Rng): Mutation {
  const kind = rng.int(4);
  if (kind === 0) return { bytes: damage(bytes, rng), repaired: false };
  const outside = unpack(bytes, 'outside') as Items;
  const body = Buffer.from(outside.body as Uint8Array);
  if (kind === 1) return { bytes: enclosed(outside, damage(body, rng)), repaired: true };
  const inside = unpack(body, 'inside') as Items;
  if (kind === 2) return { bytes: enclosed(outside, pack(withOdd(inside, rng))), repaired: true };
  // An array of another content, with its own checksum right as well.
  const groups = Object.values(inside.arrays as Items).filter((group) => Object.keys(group as Items).length > 0);
  const record = pick(rng, Object.values(pick(rng, groups) as Items)) as Items;
  const changed = damage(record.bytes as Buffer, rng);
  Object.assign(record, { bytes: changed, crc32: crc32(changed) });
  if (rng.int(3) === 0) record.shape = [changed.length / 4];
  return { bytes: enclosed(outside, pack(inside)), repaired: true };
}

function enclosed(outside: Items, body: Buffer): Buffer {
  return pack({ ...outside, crc32: crc32(body), body });
}

const ODD: readonly unknown[] = [
  null, undefined, true, 0, -0, -1, 0.5, NaN, Infinity, 1e15, 2 ** 53, -(2 ** 31), 1e308, '', 'x', '__proto__', 'ä'.repeat(1000), [], {}, [[[]]],
  [1e15, -1], { length: 3 }, new Float32Array(3), new Uint8Array(5), new BigInt64Array(1), Buffer.from('bytes'), new Array(2000).fill(-1),
];

/** Plain data with one value in it replaced, taken away, or given another name or place. */
export function withOdd<T>(value: T, rng: Rng): T {
  const places: { readonly items: Items; readonly key: string }[] = [];
  const visit = (items: Items): void => {
    for (const [key, item] of Object.entries(items)) {
      places.push({ items, key });
      if (isItems(item)) visit(item);
    }
  };
  const copy = structuredClone(value);
  if (isItems(copy)) visit(copy);
  const { items, key } = pick(rng, places);
  const kind = rng.int(6);
  if (kind < 4) items[key] = pick(rng, ODD);
  else if (Array.isArray(items)) items.push(items[0]);
  else if (kind === 4) delete items[key];
  else items[`${key}x`] = items[key];
  return copy;
}

/** A segment file, a log of records. */
export function mutateSegment(bytes: Buffer, rng: Rng): Mutation {
  const kind = rng.int(4);
  if (kind === 0) return { bytes: damage(bytes, rng), repaired: false };
  const payloads = payloadsOf(bytes);
  const at = rng.int(payloads.length);
  const payload = payloads[at];
  const end = 2 + payload.readUInt16LE(0);
  if (kind === 1) payloads[at] = damage(payload, rng);
  else if (kind === 2) {
    // Of the same length where that can be, so that what follows the header is what it was.
    const header = pack(withOdd(unpack(payload.subarray(2, end), 'header') as Items, rng));
    const length = Buffer.alloc(2);
    length.writeUInt16LE(header.length % 65536);
    payloads[at] = Buffer.concat([length, header, payload.subarray(end)]);
  } else payloads.splice(at, 1, ...pick(rng, [[], [payload, payload], [pick(rng, payloads), payload]]));
  return { bytes: Buffer.concat(payloads.map(asRecord)), repaired: true };
}

function payloadsOf(bytes: Buffer): Buffer[] {
  const payloads: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = readPrefix(bytes.subarray(at, at + PREFIX_BYTES))?.length ?? NaN;
    payloads.push(bytes.subarray(at + PREFIX_BYTES, at + PREFIX_BYTES + length));
    at += PREFIX_BYTES + length;
  }
  return payloads;
}

function asRecord(payload: Buffer): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.write('DREC', 'latin1');
  prefix.writeUInt32LE(payload.length, 4);
  prefix.writeUInt32LE(crc32(payload), 8);
  return Buffer.concat([prefix, payload]);
}
