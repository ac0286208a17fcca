/** The check at the border between memory and programs. */
import { describe, sameShape } from '../nd-array.ts';
import type { Groups, NdArray, TensorSpec } from '../types.ts';

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
