import { describe, expect, it } from 'vitest';
import catchWorld from '../../envs/catch.ts';
import { evaluateControl } from '../../eval/control.ts';
import { bootstrapInterval95, interquartileMean, mean, normalizedScore, referenceOf } from '../../eval/statistics.ts';
import { randomPolicy } from '../../src/policies/random.ts';
import { createRng } from '../../src/random.ts';
import type { Environment, Policy } from '../../src/types.ts';

describe('bootstrapInterval95', () => {
  it('is about ±1.96 standard errors for many values', () => {
    const rng = createRng(0);
    const values = Array.from({ length: 400 }, () => 5 + 2 * rng.normal());
    const [low, high] = bootstrapInterval95(values, createRng(1));
    expect(mean(values) - low).toBeCloseTo(0.196, 1);
    expect(high - mean(values)).toBeCloseTo(0.196, 1);
  });

  it('stays among the values, and is a point where they are equal', () => {
    const [low, high] = bootstrapInterval95([1, 1, 1, 1, -1], createRng(0));
    expect(low).toBeGreaterThanOrEqual(-1);
    expect(high).toBe(1);
    expect(bootstrapInterval95([3, 3], createRng(0))).toEqual([3, 3]);
  });
});

it('the interquartile mean cuts a quarter at either end', () => {
  expect(interquartileMean([100, 1, 2, 3, 4, 5, 6, -100])).toBe(3.5);
  expect(interquartileMean([1, 2, 6])).toBe(3); // too few to cut any
});

it('a normalised score is 0 for random actions and 1 for the best player, whatever the sign of returns', () => {
  const scores = (reference: { random: number; expert: number }, values: readonly number[]) =>
    values.map((value) => normalizedScore(reference, value));
  expect(scores({ random: -0.5, expert: 1.5 }, [-0.5, 1.5, 0.5, 2.5, -1])).toEqual([0, 1, 0.5, 1.5, -0.25]);
  expect(scores({ random: -1200, expert: -200 }, [-1200, -200, -450])).toEqual([0, 1, 0.75]);
});

it('a game for two has no reference for one side', () => {
  const reference = { random: 0, expert: 1 };
  expect([referenceOf({ reference }), referenceOf({ reference, toMove: () => 0 })]).toEqual([reference, undefined]);
});

describe('evaluateControl', () => {
  const environment = catchWorld as Environment;
  const evaluate = (policy: Policy, episodes: number, world = environment) =>
    evaluateControl({ environment: world, policy, episodes, size: 16, rng: createRng(3) });

  it('plays as many episodes as asked, the same ones again for the same seed', async () => {
    const result = await evaluate(randomPolicy(environment.actions), 60);
    expect(result.returns.length).toBe(60);
    expect(result.lengthMean).toBe(9);
    expect(result.returnMean).toBe(mean(result.returns));
    const { returns } = await evaluate(randomPolicy(environment.actions), 60);
    expect(returns).toEqual(result.returns);
    expect(Math.abs(result.returnMean + 0.6)).toBeLessThan(0.35); // three standard errors
  });

  it('scores the mean and its interval between random and expert, where the world knows both', async () => {
    const policy = randomPolicy(environment.actions);
    const { returnMean, returnCi95, score, scoreCi95 } = await evaluate(policy, 20);
    expect(score).toBeCloseTo((returnMean + 0.6) / 1.6, 9);
    expect(scoreCi95?.[0]).toBeCloseTo((returnCi95[0] + 0.6) / 1.6, 9);
    expect(scoreCi95?.[1]).toBeCloseTo((returnCi95[1] + 0.6) / 1.6, 9);
    for (const reference of [undefined, { random: 1, expert: 1 }]) {
      const result = await evaluate(policy, 2, { ...environment, reference });
      expect([result.score, result.scoreCi95]).toEqual([undefined, undefined]);
    }
  });
});
