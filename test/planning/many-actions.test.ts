/** More actions than a function takes arguments: what is done for each of them must not be spread. */
import { describe, expect, it } from 'vitest';
import { float32 } from '../../src/nd-array.ts';
import { gumbelMuzeroPolicy } from '../../src/planning/gumbel-muzero-policy.ts';
import { largest } from '../../src/planning/largest.ts';
import { muzeroPolicy } from '../../src/planning/muzero-policy.ts';
import { sampleActions } from '../../src/planning/root-noise.ts';
import type { SearchInput } from '../../src/planning/types.ts';
import { createRng } from '../../src/random.ts';

/** One root whose every action pays its number as a share of all; the model says nothing of them. */
function levers(actions: number, numSimulations: number): SearchInput {
  return {
    root: { priorLogits: new Float32Array(actions), value: Float32Array.of(0.5), embedding: { at: float32([0], [1]) } },
    recurrent: async (embedding, chosen) => ({
      reward: Float32Array.from(chosen, (action) => action / actions), discount: Float32Array.of(0), value: Float32Array.of(0),
      priorLogits: new Float32Array(actions), embedding,
    }),
    numSimulations, rng: createRng(3),
  };
}

describe.each([['muzero', muzeroPolicy], ['gumbel', gumbelMuzeroPolicy]] as const)('%s', (_, policy) => {
  it.each([1, 2, 200_000])('searches %d actions', async (actions) => {
    const { action, actionWeights } = await policy(levers(actions, 4));
    expect(action[0]).toBeGreaterThanOrEqual(0);
    expect(action[0]).toBeLessThan(actions);
    expect(actionWeights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 3);
  });
});

describe('the largest', () => {
  it('of any number of numbers', () => {
    const many = new Float64Array(300_000);
    many[250_000] = 7;
    expect(largest(many)).toBe(7);
    expect(largest([])).toBe(-Infinity);
    expect(largest([1, Number.NaN, 2])).toBeNaN();
  });

  it('is taken where a temperature is too small to be divided by', () => {
    for (const temperature of [0, 5e-324, 1e-308, 1e-3]) {
      expect([...sampleActions(Float32Array.of(0.2, 0.7, 0.1), 3, temperature, createRng(0))]).toEqual([1]);
    }
  });
});
