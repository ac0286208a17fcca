/** NdArray: plain memory with a shape, and the checks at the border between memory and programs. */
import { sameShape } from './graph.ts';
import type { DType, Group, Groups, NdArray, Rng, TensorSpec } from '../types.ts';

export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, side) => size * side, 1);

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
  const size = sizeOf(shape);
  if (dtype === 'float32') return { data: new Float32Array(size), shape, dtype };
  if (dtype === 'int32') return { data: new Int32Array(size), shape, dtype };
  return { data: new Uint8Array(size), shape, dtype };
}

/** Standard normal numbers. */
export function normalArray(shape: readonly number[], rng: Rng): NdArray {
  const data = new Float32Array(sizeOf(shape));
  rng.fillNormal(data);
  return { data, shape, dtype: 'float32' };
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

/** A check of what a program is given; it throws an Error naming the program, the input and both shapes. */
export function inputCheck(program: string, specs: Groups<TensorSpec>): (arrays: Groups<NdArray>) => void {
  const expected = Object.entries(specs).flatMap(([group, members]) =>
    Object.entries(members).map(([key, spec]) => ({ group, key, spec })));
  return (arrays) => {
    for (const { group, key, spec } of expected) {
      const came = arrays[group]?.[key];
      if (came === undefined) {
        throw new Error(`${program}: input ${group}/${key} is missing, expected ${describe(spec)}`);
      }
      if (came.dtype !== spec.dtype || !sameShape(came.shape, spec.shape)) {
        throw new Error(`${program}: input ${group}/${key} expected ${describe(spec)}, got ${describe(came)}`);
      }
    }
  };
}

function checked(array: NdArray): NdArray {
  if (array.data.length !== sizeOf(array.shape)) {
    throw new Error(`expected ${sizeOf(array.shape)} values for ${describe(array)}, got ${array.data.length}`);
  }
  return array;
}
