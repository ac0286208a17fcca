/** NdArray: plain memory with a shape. Making arrays, cutting and joining their rows, and groups of them. */
import type { DType, Group, Groups, NdArray, Rng, TensorSpec } from './types.ts';

/** What holds the numbers of each type. */
export const MEMORY = {
  float32: Float32Array, int32: Int32Array, uint8: Uint8Array, bool: Uint8Array,
} as const satisfies Readonly<Record<DType, unknown>>;

/** The bytes of an array's numbers, in the same memory. */
export const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** How many numbers an array of this shape has. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, side) => size * side, 1);

export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((side, axis) => side === b[axis]);

export function float32(data: Float32Array | readonly number[], shape: readonly number[]): NdArray {
  return checked({ data: data instanceof Float32Array ? data : Float32Array.from(data), shape, dtype: 'float32' });
}

export function int32(data: Int32Array | readonly number[], shape: readonly number[]): NdArray {
  return checked({ data: data instanceof Int32Array ? data : Int32Array.from(data), shape, dtype: 'int32' });
}

export function uint8(data: Uint8Array | readonly number[], shape: readonly number[]): NdArray {
  return checked({ data: data instanceof Uint8Array ? data : Uint8Array.from(data), shape, dtype: 'uint8' });
}

export const scalar = (value: number): NdArray => float32([value], []);

export function zeros(shape: readonly number[], dtype: DType = 'float32'): NdArray {
  return { data: new MEMORY[dtype](sizeOf(shape)), shape, dtype };
}

/** Standard normal numbers. */
export function normalArray(shape: readonly number[], rng: Rng): NdArray {
  const data = new Float32Array(sizeOf(shape));
  rng.fillNormal(data);
  return { data, shape, dtype: 'float32' };
}

/** The same numbers, in the same memory, in another shape. */
export const reshaped = ({ data, dtype }: NdArray, shape: readonly number[]): NdArray => checked({ data, shape, dtype });

/** `count` rows of [B, …] from row `first` on, in the same memory. */
export function rowsOf({ data, shape, dtype }: NdArray, first: number, count: number): NdArray {
  const [batch, ...rest] = shape;
  if (!(first >= 0 && count >= 0 && first + count <= batch)) {
    throw new RangeError(`expected rows of [${shape.join(', ')}], got ${count} from row ${first} on`);
  }
  const size = sizeOf(rest);
  return { data: data.subarray(first * size, (first + count) * size), shape: [count, ...rest], dtype };
}

/** The same in memory of its own: a view that crosses to another thread takes all the memory along that it looks at. */
export function copyRows(array: NdArray, first: number, count: number): NdArray {
  const { data, ...rows } = rowsOf(array, first, count);
  return { ...rows, data: data.slice() };
}

/** One row of [B, …] as […], in the same memory. */
export function rowOf(array: NdArray, index: number): NdArray {
  const { data, shape: [, ...shape], dtype } = rowsOf(array, index, 1);
  return { data, shape, dtype };
}

/** Copy row `indices[i]` of [B, …] to row i of `into`, which is new where it is not given. */
export function gatherRows(
  array: NdArray,
  indices: ArrayLike<number>,
  into = zeros([indices.length, ...array.shape.slice(1)], array.dtype),
): NdArray {
  const [batch, ...rest] = array.shape;
  const size = sizeOf(rest);
  for (let row = 0; row < indices.length; row++) {
    const from = indices[row] * size;
    if (!(from >= 0 && indices[row] < batch)) {
      throw new RangeError(`expected a row of [${array.shape.join(', ')}], got ${indices[row]}`);
    }
    into.data.set(array.data.subarray(from, from + size), row * size);
  }
  return into;
}

/** Arrays [Bᵢ, …] of one dtype, one below the other, in memory of their own. */
export function concatRows(parts: readonly NdArray[]): NdArray {
  const [{ shape: [, ...rest], dtype }] = parts;
  const all = zeros([parts.reduce((sum, { shape: [count] }) => sum + count, 0), ...rest], dtype);
  let offset = 0;
  for (const part of parts) {
    if (part.dtype !== dtype || !sameShape(part.shape.slice(1), rest)) {
      throw new Error(`expected rows of ${describe({ shape: rest, dtype })}, got ${describe(part)}`);
    }
    all.data.set(part.data, offset);
    offset += part.data.length;
  }
  return all;
}

/** The shape and dtype of every array of every group. */
export function specsOf(groups: Groups<NdArray>): Groups<TensorSpec> {
  return mapGroups(groups, ({ shape, dtype }) => ({ shape, dtype }));
}

export function mapGroup<A, B>(group: Group<A>, fn: (value: A, key: string) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(group).map(([key, value]) => [key, fn(value, key)]));
}

export function mapGroups<A, B>(groups: Groups<A>, fn: (value: A, name: string) => B): Groups<B> {
  return mapGroup(groups, (group, name) => mapGroup(group, (value, key) => fn(value, `${name}/${key}`)));
}

export const describe = ({ dtype, shape }: TensorSpec): string => `${dtype} [${shape.join(', ')}]`;

function checked(array: NdArray): NdArray {
  if (array.data.length !== sizeOf(array.shape)) {
    throw new Error(`expected ${sizeOf(array.shape)} values for ${describe(array)}, got ${array.data.length}`);
  }
  return array;
}
