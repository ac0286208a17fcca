import { describe, expect, it } from 'vitest';
import { shiftPictures } from '../../src/data/random-shift.ts';
import { createRng } from '../../src/random.ts';
import type { Rng } from '../../src/types.ts';

/** Draws these, one after the other. */
const drawing = (...numbers: number[]): Rng => ({ ...createRng(0), int: () => numbers.shift() ?? 0 });

describe('random shifts', () => {
  it('move a picture, and repeat its border', () => {
    const data = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    shiftPictures({ data, shape: [1, 1, 3, 3, 1] }, 1, drawing(2, 1)); // one down
    expect([...data]).toEqual([1, 2, 3, 1, 2, 3, 4, 5, 6]);
    shiftPictures({ data, shape: [1, 1, 3, 3, 1] }, 1, drawing(1, 0)); // one to the left
    expect([...data]).toEqual([2, 3, 3, 2, 3, 3, 5, 6, 6]);
  });

  it('keep colours together', () => {
    const data = Uint8Array.from([1, 2, 3, 4, 5, 6]);
    shiftPictures({ data, shape: [1, 1, 1, 2, 3] }, 1, drawing(1, 2));
    expect([...data]).toEqual([1, 2, 3, 1, 2, 3]);
  });

  it('move all pictures of a sequence alike, and sequences apart', () => {
    const [batch, length, side] = [40, 3, 5];
    const data = new Uint8Array(batch * length * side * side);
    // One bright pixel in the middle of the first picture, and one further to the right in each after it.
    for (let i = 0; i < batch * length; i++) data[i * side * side + 12 + (i % length) - 1] = 255;
    shiftPictures({ data, shape: [batch, length, side, side, 1] }, 1, createRng(3));
    const places = Array.from({ length: batch * length }, (_, i) => data.subarray(i * side * side, (i + 1) * side * side).indexOf(255));
    for (let row = 0; row < batch; row++) {
      const [first, second, third] = places.slice(row * length, (row + 1) * length);
      expect([second - first, third - first]).toEqual([1, 2]);
    }
    const offsets = new Set(places.filter((_, i) => i % length === 0).map((place) => place - 11));
    expect(offsets).toEqual(new Set([-6, -5, -4, -1, 0, 1, 4, 5, 6]));
  });

  it('leave pictures as they are where they are not asked for', () => {
    const data = Uint8Array.from([1, 2, 3, 4]);
    shiftPictures({ data, shape: [1, 1, 2, 2, 1] }, 0, createRng(0));
    expect([...data]).toEqual([1, 2, 3, 4]);
  });
});
