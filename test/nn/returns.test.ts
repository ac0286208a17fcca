import { describe, expect, it } from 'vitest';
import { cumulativeProduct, lambdaReturns, nStepReturns, quantile } from '../../src/nn/returns.ts';
import { float32 } from '../../src/nd-array.ts';
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

  it.each([0, 0.3, 1])('%f of one number is that number', async (fraction) => {
    expect(await evaluate(({ x }) => quantile(x, fraction), { x: float32([2.5], [1]) })).toEqual([2.5]);
  });
});

it('cumulativeProduct multiplies along time', async () => {
  const products = await evaluate(({ x }) => cumulativeProduct(x), { x: float32([2, 3, 4, 1, 0, 5], [2, 3]) });
  expect(products).toEqual([2, 6, 24, 1, 0, 0]);
});

describe('nStepReturns', () => {
  // Row 0 terminates at index 3, row 1 meets a time limit at index 2; another episode begins behind each.
  const inputs = {
    reward: float32([9, 1, 2, 3, 9, 5, 9, 1, 2, 9, 1, 2], [2, 6]),
    value: float32([10, 20, 30, 40, 50, 60, 10, 20, 30, 40, 50, 60], [2, 6]),
    isTerminal: float32([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], [2, 6]),
    isLast: float32([0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0], [2, 6]),
  };
  const returns = (steps: number, changed: Partial<typeof inputs> = {}, discount = 0.5) => evaluate(({ reward, value, isTerminal, isLast }) =>
    nStepReturns({ reward, value, isTerminal, isLast }, { steps, discount }), { ...inputs, ...changed });

  it('are the next reward and half the next value for one step', async () => {
    // 1 + 20/2, 2 + 30/2, 3 + 0, the end, 5 + 60/2, v | 1 + 20/2, 2 + 30/2, v, 1 + 50/2, 2 + 60/2, v
    expect(await returns(1)).toEqual([11, 17, 3, 0, 35, 60, 11, 17, 30, 26, 32, 60]);
  });

  it('look two steps ahead', async () => {
    // 1 + (2 + 30/2)/2, 2 + 3/2, … | 1 + (2 + 30/2)/2, 2 + 30/2 as it is cut there, …, 1 + (2 + 60/2)/2, …
    expect(await returns(2)).toEqual([9.5, 3.5, 3, 0, 35, 60, 9.5, 17, 30, 17, 32, 60]);
  });

  it('turn the sign at every step of a game for two', async () => {
    // 1 − (2 − 3/2)/2, 2 − 3/2, 3, the end, 5 − 60/2, v | 1 − (2 − 30/2)/2, 2 − 30/2, v, 1 − (2 − 60/2)/2, 2 − 60/2, v
    expect(await returns(5, {}, -0.5)).toEqual([0.75, 0.5, 3, 0, -25, 60, 7.5, -13, 30, 15, -28, 60]);
  });

  it('end where the episode or the sequence does, however far they look', async () => {
    // 1 + (2 + 3/2)/2: nothing of what lies behind the border
    expect(await returns(5)).toEqual([2.75, 3.5, 3, 0, 35, 60, 9.5, 17, 30, 17, 32, 60]);
    expect(await returns(50)).toEqual(await returns(5));
  });

  it('end with nothing where the last step of the sequence is terminal', async () => {
    const ending = await returns(5, { isTerminal: float32([0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1], [2, 6]) });
    expect(ending).toEqual([2.75, 3.5, 3, 0, 5, 0, 9.5, 17, 30, 2, 2, 0]);
  });
});
