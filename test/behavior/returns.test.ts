import { describe, expect, it } from 'vitest';
import { cumulativeProduct, lambdaReturns, quantile } from '../../src/behavior/returns.ts';
import { float32 } from '../../src/engine/nd-array.ts';
import { evaluate } from '../engine/parity.ts';

const row = (...values: number[]) => float32(values, [1, values.length]);

describe('lambdaReturns', () => {
  const inputs = { r: row(99, 1, 2, 3), g: row(99, 0.9, 0.5, 0.8), v: row(99, 10, 20, 30) };
  const returns = (lambda: number[]) =>
    evaluate(({ r, g, v, l }) => lambdaReturns(r, g, v, l), { ...inputs, l: row(...lambda) });

  it('is the one-step target for λ = 0', async () => {
    // 1 + 0.9·10, 2 + 0.5·20, 3 + 0.8·30
    (await returns([0, 0, 0, 0])).forEach((value, i) => expect(value).toBeCloseTo([10, 12, 27][i], 5));
  });

  it('is the discounted sum for λ = 1', async () => {
    // R₂ = 3 + 0.8·30 = 27, R₁ = 2 + 0.5·27 = 15.5, R₀ = 1 + 0.9·15.5
    (await returns([1, 1, 1, 1])).forEach((value, i) => expect(value).toBeCloseTo([14.95, 15.5, 27][i], 5));
  });

  it('mixes both step by step', async () => {
    // R₂ = 27; R₁ = 2 + 0.5(0.5·20 + 0.5·27) = 13.75; R₀ = 1 + 0.9(0.75·10 + 0.25·13.75)
    (await returns([9, 0.25, 0.5, 0.5])).forEach((value, i) => expect(value).toBeCloseTo([10.84375, 13.75, 27][i], 5));
  });
});

describe('quantile', () => {
  // numpy.percentile(values, [0, 5, 50, 95, 100]) with its default, linear interpolation
  const values = float32([3, -1, 4, 1, -5, 9, 2.5], [7]);
  it.each([[0, -5], [0.05, -3.8], [0.5, 2.5], [0.95, 7.5], [1, 9]])('%f', async (fraction, expected) => {
    expect((await evaluate(({ x }) => quantile(x, fraction), { x: values }))[0]).toBeCloseTo(expected, 5);
  });
});

it('cumulativeProduct multiplies along time', async () => {
  const products = await evaluate(({ x }) => cumulativeProduct(x), { x: float32([2, 3, 4, 1, 0, 5], [2, 3]) });
  expect(products).toEqual([2, 6, 24, 1, 0, 0]);
});
