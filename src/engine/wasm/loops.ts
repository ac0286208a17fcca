/**
 * Loops over arrays in memory. All of them write in the order of addresses, and four numbers at a time: where a row's
 * length is no multiple of four, the last store of a row runs into the next one, which is written after it. So every
 * array has room for `PADDING` more bytes at its end, and no node writes over what it reads.
 */
import {
  below, get, i32, load, loadSplat, plus, repeatWhile, set, splat, store, tee, type Code, type FunctionBuilder,
} from './assembler.ts';

/** Of a float32. */
export const BYTES = 4;
/** Of a vector. */
export const VECTOR_BYTES = 16;
export const PADDING = VECTOR_BYTES;

/** Vectors that hold so many numbers. */
export const vectorsOf = (count: number): number => Math.ceil(count / 4);

/** Where a kernel finds the numbers of an array: in memory, or in its own code where all are equal. */
export type Operand = { readonly address: number } | { readonly uniform: number };

/** An array as a loop walks over it: how many numbers lie between its neighbours along each axis, 0 where it repeats. */
export interface Walked {
  readonly operand: Operand;
  readonly strides: readonly number[];
}

/** A place in memory: what a local holds, and an offset from there. */
export interface Place {
  readonly base: Code;
  readonly offset: number;
}

/** The place so many bytes further on. */
export const further = ({ base, offset }: Place, bytes: number): Place => ({ base, offset: offset + bytes });
/** The place so many bytes further on as an i32 says. */
export const furtherBy = ({ base, offset }: Place, bytes: Code): Place => ({ base: plus(base, bytes), offset });

/** Repeat `body` for `count` steps of a local that begins at 0 and grows by `step`. */
export function repeat(fn: FunctionBuilder, count: number, step: number, body: (at: Code) => Code): Code {
  if (count === 1) return body(i32(0));
  const at = fn.local('i32');
  const next = tee(at, plus(get(at), i32(step)));
  return [...set(at, i32(0)), ...repeatWhile(body(get(at)), below(next, i32(count * step)))];
}

/**
 * Repeat `body` for every index of `sides`, the last axis fastest, with the place that each of `walked` is at. An
 * operand that is not in memory has no place.
 */
export function nest(
  fn: FunctionBuilder,
  sides: readonly number[],
  walked: readonly Walked[],
  body: (places: readonly (Place | undefined)[]) => Code,
): Code {
  const start = walked.map(({ operand, strides }) => {
    if (!('address' in operand)) return undefined;
    // The sum of base and offset does not wrap, so a base that shrinks has to hold the address itself.
    const { address } = operand;
    return strides.some((stride) => stride < 0) ? { base: i32(address), offset: 0 } : { base: i32(0), offset: address };
  });
  const level = (axis: number, places: readonly (Place | undefined)[]): Code => {
    if (axis === sides.length) return body(places);
    if (sides[axis] === 1) return level(axis + 1, places);
    // Operands that move along this axis have a local of their own for it.
    const moving = places.map((place, i) =>
      place && walked[i].strides[axis] !== 0 ? { place, local: fn.local('i32'), step: walked[i].strides[axis] * BYTES } : undefined);
    const inner = places.map((place, i) => {
      const moved = moving[i];
      return moved ? { base: get(moved.local), offset: moved.place.offset } : place;
    });
    return [
      ...moving.flatMap((each) => (each ? set(each.local, each.place.base) : [])),
      ...repeat(fn, sides[axis], 1, () => [
        ...level(axis + 1, inner),
        ...moving.flatMap((each) => (each ? set(each.local, plus(get(each.local), i32(each.step))) : [])),
      ]),
    ];
  };
  return level(0, start);
}

/** So few vectors are written out one by one instead of in a loop. */
const MOST_UNROLLED = 4;

/** Repeat `body` for every vector of a row of `count` numbers; it gets a function from a row's place to the vector's. */
export function alongRow(fn: FunctionBuilder, count: number, body: (at: (row: Place) => Place) => Code): Code {
  const vectors = vectorsOf(count);
  if (vectors <= MOST_UNROLLED) {
    return Array.from({ length: vectors }, (_, i) => body((row) => further(row, i * VECTOR_BYTES))).flat();
  }
  return repeat(fn, vectors, VECTOR_BYTES, (bytes) => body((row) => furtherBy(row, bytes)));
}

export const loadAt = ({ base, offset }: Place): Code => load(base, offset);
export const loadSplatAt = ({ base, offset }: Place): Code => loadSplat(base, offset);
export const storeAt = ({ base, offset }: Place, value: Code): Code => store(base, offset, value);

/** The place of an operand that has to be in memory. */
export function placeOf(place: Place | undefined): Place {
  if (place === undefined) throw new Error('expected numbers in memory');
  return place;
}

/** A vector of an operand whose innermost stride is 0 or 1. */
export function loadOperand(
  { operand, strides }: Walked,
  row: Place | undefined,
  at: (row: Place) => Place,
): Code {
  if ('uniform' in operand) return splat(operand.uniform);
  const place = placeOf(row);
  return strides[strides.length - 1] === 0 ? loadSplatAt(place) : loadAt(at(place));
}

/** Strides of a dense array of this shape. */
export function denseStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1] * shape[axis + 1];
  return strides;
}

/** Strides of an array that is repeated to `shape` by NumPy's broadcasting. */
export function broadcastStrides(own: readonly number[], shape: readonly number[]): number[] {
  const missing = shape.length - own.length;
  const dense = denseStrides(own);
  return shape.map((_, axis) => (axis < missing || own[axis - missing] === 1 ? 0 : dense[axis - missing]));
}

/** The same walk over fewer axes: those of length 1 vanish, and neighbours that all arrays cross alike become one. */
export function merged(sides: readonly number[], walked: readonly Walked[]): { sides: number[]; walked: Walked[] } {
  const kept: number[] = [];
  const strides: number[][] = walked.map(() => []);
  sides.forEach((side, axis) => {
    if (side === 1) return;
    const last = kept.length - 1;
    const joins = last >= 0 && walked.every((each, i) => strides[i][last] === each.strides[axis] * side);
    if (joins) {
      kept[last] *= side;
      walked.forEach((each, i) => (strides[i][last] = each.strides[axis]));
    } else {
      kept.push(side);
      walked.forEach((each, i) => strides[i].push(each.strides[axis]));
    }
  });
  // Even a single number is a row.
  if (kept.length === 0) {
    kept.push(1);
    walked.forEach((each, i) => strides[i].push(each.strides[each.strides.length - 1] ?? 0));
  }
  return { sides: kept, walked: walked.map(({ operand }, i) => ({ operand, strides: strides[i] })) };
}
