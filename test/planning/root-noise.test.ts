import { describe, expect, it } from 'vitest';
import { addDirichletNoise, gumbelDeviate, logGammaDeviate, sampleActions } from '../../src/planning/root-noise.ts';
import { createRng } from '../../src/random.ts';

const COUNT = 20_000;

function moments(draw: () => number): { mean: number; variance: number } {
  const values = Array.from({ length: COUNT }, draw);
  const mean = values.reduce((sum, value) => sum + value, 0) / COUNT;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / COUNT };
}

describe('deviates', () => {
  // Mean and variance of a gamma deviate are both α.
  it.each([0.3, 1, 2.5])('gamma with shape %f', (alpha) => {
    const rng = createRng(1);
    const { mean, variance } = moments(() => Math.exp(logGammaDeviate(alpha, rng)));
    expect(Math.abs(mean - alpha)).toBeLessThan(0.05);
    expect(Math.abs(variance / alpha - 1)).toBeLessThan(0.1);
  });

  it('Gumbel: mean 0.5772, variance π²/6', () => {
    const rng = createRng(2);
    const { mean, variance } = moments(() => gumbelDeviate(rng));
    expect(mean).toBeCloseTo(0.5772, 1);
    expect(Math.abs(variance - Math.PI ** 2 / 6)).toBeLessThan(0.1);
  });
});

/** A stream whose next uniform number is the smallest that there is. */
const withZero = () => ({ ...createRng(1), uniform: () => 0, normal: () => 0 });

it('is finite at the end of the range', () => {
  expect(gumbelDeviate(withZero())).toBeCloseTo(-Math.log(25 * Math.LN2), 6);
  expect(logGammaDeviate(0.5, withZero())).toBeCloseTo(Math.log(1.5 - 1 / 3) - 50 * Math.LN2, 6);
});

describe('addDirichletNoise', () => {
  it('mixes in a distribution, and leaves out what has no probability', () => {
    const probs = Float32Array.of(0.5, 0.5, 0, 0.2, 0.3, 0.5);
    for (const alpha of [0.001, 0.3, 10]) {
      const mixed = addDirichletNoise(probs, 3, { alpha, fraction: 0.25, rng: createRng(3) }).map(Math.exp);
      expect(mixed[0] + mixed[1]).toBeCloseTo(1, 5);
      expect(mixed[2]).toBe(0);
      expect(mixed[3] + mixed[4] + mixed[5]).toBeCloseTo(1, 5);
      mixed.forEach((prob, i) => expect(prob).toBeGreaterThanOrEqual(0.75 * probs[i] - 1e-6));
      expect([...mixed]).not.toEqual([...probs]);
    }
  });

  it('has the spread that alpha asks for: variance of one of two is 1 / (4 (2α + 1))', () => {
    const rng = createRng(4);
    const probs = Float32Array.of(0.5, 0.5);
    const noise = { alpha: 0.5, fraction: 1, rng };
    const { mean, variance } = moments(() => Math.exp(addDirichletNoise(probs, 2, noise)[0]));
    expect(mean).toBeCloseTo(0.5, 1);
    expect(Math.abs(variance - 1 / 8)).toBeLessThan(0.005);
  });
});

describe('sampleActions', () => {
  const weights = Float32Array.of(0.1, 0.6, 0.3, 0, 0.5, 0.5);

  it('takes the first of the largest at temperature 0', () => {
    expect([...sampleActions(weights, 3, 0, createRng(5))]).toEqual([1, 1]);
  });

  it('never takes what has no weight', () => {
    expect([...sampleActions(Float32Array.of(0, 0, 1, 0), 4, 1, withZero())]).toEqual([2]);
  });

  // Weights 1 : 6 : 3 become 1 : 36 : 9 at temperature ½.
  it.each([
    [1, [0.1, 0.6, 0.3]],
    [0.5, [1 / 46, 36 / 46, 9 / 46]],
  ])('follows weights at temperature %f', (temperature, shares) => {
    const rng = createRng(6);
    const counts = [0, 0, 0];
    for (let i = 0; i < COUNT; i++) {
      const [first, second] = sampleActions(weights, 3, temperature, rng);
      counts[first]++;
      expect(second).toBeGreaterThan(0);
    }
    counts.forEach((count, action) => expect(Math.abs(count / COUNT - shares[action])).toBeLessThan(0.02));
  });
});
