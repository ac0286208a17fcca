import { describe, expect, it } from 'vitest';
import { fromHalf, toHalf } from '../../src/data/half.ts';

describe('half precision', () => {
  // Bits from the tables of IEEE 754-2008, binary16; ties worked out by hand.
  it.each([
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [0.5, 0x3800],
    [65504, 0x7bff], // the largest
    [65519.996, 0x7bff], // just below the middle between 65504 and 65536
    [65520, 0x7c00], // the middle: up, to infinity
    [1e10, 0x7c00],
    [Infinity, 0x7c00],
    [-Infinity, 0xfc00],
    [2 ** -14, 0x0400], // the smallest normal
    [2 ** -14 - 2 ** -24, 0x03ff], // the largest subnormal
    [2 ** -14 - 2 ** -26, 0x0400], // rounds up into the normals
    [2 ** -24, 0x0001], // the smallest
    [1.5 * 2 ** -24, 0x0002], // tie between 1 and 2: even
    [2.5 * 2 ** -24, 0x0002], // tie between 2 and 3: even
    [2 ** -25, 0x0000], // tie between 0 and 1: even
    [2 ** -25 + 2 ** -40, 0x0001],
    [-(2 ** -25) - 2 ** -40, 0x8001],
    [1e-45, 0x0000],
    [1 + 2 ** -11, 0x3c00], // tie between 1 and 1 + 2^-10: even
    [1 + 3 * 2 ** -11, 0x3c02], // tie between 1 + 2^-10 and 1 + 2^-9: even
    [1 + 2 ** -11 + 2 ** -20, 0x3c01],
    [2 - 2 ** -11, 0x4000], // carries into the exponent
    [1 / 3, 0x3555],
  ])('%f is written as bits %i', (value, bits) => {
    expect(toHalf(Float32Array.of(value))[0]).toBe(bits);
  });

  it('reads literal bits', () => {
    const bits = Uint16Array.of(0x0001, 0x03ff, 0x0400, 0x3555, 0x7bff, 0xc500, 0x7c00, 0xfc00, 0x8000);
    expect([...fromHalf(bits)]).toEqual([
      2 ** -24, 1023 * 2 ** -24, 2 ** -14, 0.333251953125, 65504, -5, Infinity, -Infinity, -0,
    ]);
  });

  it('keeps every half and every NaN a NaN', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
    const values = fromHalf(all);
    const back = toHalf(values);
    const isNaNBits = (bits: number) => (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;
    const wrong = all.filter((bits) =>
      isNaNBits(bits) ? !Number.isNaN(values[bits]) || !isNaNBits(back[bits]) : back[bits] !== bits,
    );
    expect([...wrong]).toEqual([]);
  });

  it('rounds every middle between two neighbours to the even one', () => {
    const low = Uint16Array.from({ length: 0x7bff }, (_, bits) => bits);
    const [below, above] = [fromHalf(low), fromHalf(low.map((bits) => bits + 1))];
    const middles = below.map((value, i) => (value + above[i]) / 2);
    expect([...toHalf(middles)]).toEqual([...low.map((bits) => bits + (bits & 1))]);
  });

  it('writes into a given part of an array, from a view that is not at its start', () => {
    const out = new Uint16Array(4);
    toHalf(Float32Array.of(9, 1, -2).subarray(1), out.subarray(2));
    expect([...out]).toEqual([0, 0, 0x3c00, 0xc000]);
    expect(() => toHalf(new Float32Array(3), out)).toThrow('expected out of length 3, got 4');
    expect(() => fromHalf(out, new Float32Array(3))).toThrow('expected out of length 4, got 3');
  });
});
