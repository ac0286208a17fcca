/**
 * One array in a checkpoint: its bytes with what is needed to check them and to read them back.
 */
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { MEMORY, sizeOf } from '../nd-array.ts';
import type { DType, NdArray } from '../types.ts';
import { fromHalf, toHalf } from './half.ts';

/** How numbers are written: bytes each, and the kinds of array that may be written so. */
const ENCODINGS = {
  float32: { itemBytes: 4, dtypes: ['float32'] },
  float16: { itemBytes: 2, dtypes: ['float32'] },
  int32: { itemBytes: 4, dtypes: ['int32'] },
  uint8: { itemBytes: 1, dtypes: ['uint8', 'bool'] },
} as const satisfies Record<string, { itemBytes: number; dtypes: readonly DType[] }>;

/** More than any array here has. */
const MAX_AXES = 32;

const encodingSchema = z.enum(['float32', 'float16', 'int32', 'uint8']);

export const arraySchema = z.object({
  dtype: z.enum(['float32', 'int32', 'uint8', 'bool']),
  // Its length comes first: a list of a million mistakes makes as many complaints.
  shape: z.custom<unknown[]>((value) => Array.isArray(value) && value.length <= MAX_AXES, `expected at most ${MAX_AXES} sizes`)
    .pipe(z.array(z.number().int().nonnegative())),
  encoding: encodingSchema,
  /** Row-major, little-endian. */
  bytes: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
  crc32: z.number().int().nonnegative(),
});

export type ArrayRecord = z.infer<typeof arraySchema>;

/** From here on a finite float32 would become infinite in half precision. */
const HALF_OVERFLOW = 65520;

/**
 * The record of an array; with `half`, floats are rounded to 16 bits unless that would make one infinite.
 * The bytes may be a view of the array. Throws TypeError where data, dtype and shape disagree.
 */
export function encodeArray(array: NdArray, name: string, half: boolean): ArrayRecord {
  const { data, shape, dtype } = array;
  const size = sizeOf(shape);
  const expected = MEMORY[dtype];
  if (!(data instanceof expected) || data.length !== size) {
    throw new TypeError(
      `expected ${name} to be a ${expected.name} of length ${size} for ${dtype} [${shape.join(', ')}], ` +
        `got a ${data.constructor.name} of length ${data.length}`,
    );
  }
  const isHalf = half && data instanceof Float32Array && fitsHalf(data);
  const memory = isHalf ? toHalf(data) : data;
  // A Buffer is written as plain MessagePack bytes, which any reader of the format understands.
  const bytes = Buffer.from(memory.buffer, memory.byteOffset, memory.byteLength);
  const encoding = isHalf ? 'float16' : dtype === 'bool' ? 'uint8' : dtype;
  return { dtype, shape: [...shape], encoding, bytes, crc32: crc32(bytes) };
}

/** The array of a record, in memory of its own. Throws where the record is damaged or contradicts itself. */
export function decodeArray(record: ArrayRecord, name: string): NdArray {
  const { dtype, shape, encoding, bytes } = record;
  const { itemBytes, dtypes } = ENCODINGS[encoding];
  if (!dtypes.some((allowed) => allowed === dtype)) {
    throw new Error(`${name} claims to be ${dtype} kept as ${encoding}`);
  }
  if (itemBytes * sizeOf(shape) !== bytes.length) {
    throw new Error(`${name} has ${bytes.length} bytes for ${encoding} [${shape.join(', ')}]`);
  }
  if (crc32(bytes) !== record.crc32) throw new Error(`wrong checksum of ${name}`);
  const { buffer } = new Uint8Array(bytes); // a copy, so that it is aligned and does not keep the file in memory
  if (encoding === 'float16') return { data: fromHalf(new Uint16Array(buffer)), shape, dtype };
  return { data: new MEMORY[dtype](buffer), shape, dtype };
}

function fitsHalf(data: Float32Array): boolean {
  return data.every((value) => Math.abs(value) < HALF_OVERFLOW || !Number.isFinite(value));
}
