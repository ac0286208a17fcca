import { describe, expect, test } from 'vitest';
import {
  concatRows, copyRows, float32, gatherRows, int32, reshaped, rowOf, rowsOf, sameShape, sizeOf, uint8, zeros,
} from '../src/nd-array.ts';

const three = () => float32([1, 2, 3, 4, 5, 6], [3, 2]);

describe('shapes', () => {
  test('a scalar has one number, an empty axis none', () => {
    expect([sizeOf([]), sizeOf([2, 3, 4]), sizeOf([2, 0])]).toEqual([1, 24, 0]);
  });

  test('shapes are the same where all their sides are', () => {
    expect([sameShape([2, 3], [2, 3]), sameShape([2, 3], [3, 2]), sameShape([2], [2, 1])]).toEqual([true, false, false]);
  });

  test('numbers that do not fill a shape are refused', () => {
    expect(() => reshaped(three(), [4])).toThrow('expected 4 values for float32 [4], got 6');
    expect(reshaped(three(), [1, 6])).toEqual(float32([1, 2, 3, 4, 5, 6], [1, 6]));
  });
});

describe('rows', () => {
  test('a view is the same memory, a copy is not', () => {
    const array = three();
    const view = rowsOf(array, 1, 2);
    const copy = copyRows(array, 1, 2);
    array.data[2] = 9;
    expect(view).toEqual(float32([9, 4, 5, 6], [2, 2]));
    expect(copy).toEqual(float32([3, 4, 5, 6], [2, 2]));
    expect(copy.data.buffer.byteLength).toBe(16);
  });

  test('one row loses its axis, a row of a vector becomes a scalar', () => {
    expect(rowOf(three(), 2)).toEqual(float32([5, 6], [2]));
    expect(rowOf(int32([7, 8], [2]), 1)).toEqual(int32([8], []));
  });

  test('rows that are not there are refused, instead of being cut short', () => {
    expect(() => rowsOf(three(), 2, 2)).toThrow('expected rows of [3, 2], got 2 from row 2 on');
    expect(() => rowsOf(three(), -1, 1)).toThrow(RangeError);
    expect(() => rowOf(three(), 3)).toThrow(RangeError);
    expect(() => rowOf(float32([1], []), 0)).toThrow(RangeError);
    expect(() => gatherRows(three(), [0, 3])).toThrow(RangeError);
  });

  test('rows are gathered by index into new memory, or into what is given', () => {
    const into = zeros([2, 2]);
    expect(gatherRows(three(), [2, 2, 0])).toEqual(float32([5, 6, 5, 6, 1, 2], [3, 2]));
    expect(gatherRows(three(), Int32Array.of(1, 0), into)).toBe(into);
    expect(into).toEqual(float32([3, 4, 1, 2], [2, 2]));
  });

  test('arrays are joined one below the other, however many rows each has', () => {
    const [a, b] = [uint8([1, 2], [1, 2]), uint8([3, 4, 5, 6], [2, 2])];
    expect(concatRows([a, b])).toEqual(uint8([1, 2, 3, 4, 5, 6], [3, 2]));
    expect(concatRows([rowsOf(three(), 0, 1), rowsOf(three(), 1, 2)])).toEqual(three());
    expect(() => concatRows([a, int32([3, 4], [1, 2])])).toThrow('expected rows of uint8 [2], got int32 [1, 2]');
  });
});
