import { describe, expect, it } from 'vitest';
import { float32, mapGroup, zeros } from '../../src/nd-array.ts';
import { initParameters } from '../../src/nn/parameters.ts';
import { headRules, policyHead } from '../../src/nn/policy-head.ts';
import { createRng } from '../../src/random.ts';
import type { ActionSpace, Distribution, Group, NdArray } from '../../src/types.ts';
import { evaluate, fixedNoise, normals } from '../engine/parity.ts';

const discrete: ActionSpace = { kind: 'discrete', n: 3 };
const continuous: ActionSpace = { kind: 'continuous', low: [-2, 0], high: [2, 10] };

/** The only place that knows how the head is made: from two features, without hidden layers unless asked. */
const headOf = (actions: ActionSpace, { actorLayers = 0, units = 2 } = {}) =>
  policyHead('actor', 2, actions, { units, actorLayers, minStd: 0.2, maxStd: 0.8 });

/** What the head says of features [1, 2] when its matrix is `kernel`, row after row. */
function said(
  actions: ActionSpace, kernel: readonly number[], what: (policy: Distribution) => ReturnType<Distribution['predict']>,
): Promise<number[]> {
  const head = headOf(actions);
  const params = mapGroup(head.parameters, ({ shape }, name): NdArray =>
    (name.endsWith('kernel') ? float32(kernel, shape) : zeros(shape)));
  return evaluate(({ x, ...weights }) => what(head.apply(weights, x)), { ...params, x: float32([1, 2], [1, 2]) });
}

function expectClose(found: readonly number[], expected: readonly number[]): void {
  expect(found.length).toBe(expected.length);
  expected.forEach((value, i) => expect(found[i]).toBeCloseTo(value, 5));
}

describe('the policy head', () => {
  it('has one logit for each discrete action', async () => {
    // 1 · [0, 1, 2] + 2 · [0, −½, −1] = 0 throughout, so a third each; with log 2 more for the last, a half.
    const kernel = [0, 1, 2 + Math.log(2), 0, -0.5, -1];
    expectClose(await said(discrete, kernel, (policy) => policy.logProbs!), [0.25, 0.25, 0.5].map(Math.log));
    expect(await said(discrete, kernel, (policy) => policy.predict())).toEqual([0, 0, 1]);
    // −2 · ¼ log ¼ − ½ log ½ = 1.5 log 2
    expectClose(await said(discrete, kernel, (policy) => policy.entropy()), [1.5 * Math.LN2]);
  });

  it('has the means of continuous actions first and their deviations behind them', async () => {
    // Means: tanh(1 + 0) and tanh(0 − 2 · ½). Logits of deviations: −2 and −2 + log 2, to which 2 is added.
    const kernel = [1, 0, -2, -2 + Math.log(2), 0, -0.5, 0, 0];
    const [mean, other] = [Math.tanh(1), Math.tanh(-1)];
    expectClose(await said(continuous, kernel, (policy) => policy.predict()), [mean, other]);
    // 0.2 + 0.6 · ½ = 0.5 and 0.2 + 0.6 · ⅔ = 0.6: drawn one deviation above and two below
    expectClose(await said(continuous, kernel, (policy) => policy.sample(fixedNoise([1, -2]))), [mean + 0.5, other - 1.2]);
    const constant = Math.log(2 * Math.PI * Math.E) / 2;
    expectClose(await said(continuous, kernel, (policy) => policy.entropy()), [Math.log(0.5) + Math.log(0.6) + 2 * constant]);
  });

  it('has the parameters that it is asked for, and begins all but undecided', async () => {
    const head = headOf(discrete, { actorLayers: 2, units: 64 });
    const shapes: Group<readonly number[]> = mapGroup(head.parameters, ({ shape }) => shape);
    expect(shapes).toEqual({
      'actor/0/kernel': [2, 64], 'actor/0/bias': [64], 'actor/0/norm/scale': [64],
      'actor/1/kernel': [64, 64], 'actor/1/bias': [64], 'actor/1/norm/scale': [64],
      'actor/out/kernel': [64, 3], 'actor/out/bias': [3],
    });
    const bare = mapGroup(headOf(continuous).parameters, ({ shape }) => shape);
    expect(bare).toEqual({ 'actor/out/kernel': [2, 4], 'actor/out/bias': [4] });
    const params = initParameters(head.parameters, createRng(0));
    const probs = await evaluate(({ x, ...weights }) => head.apply(weights, x).logProbs!, { ...params, x: normals([5, 2]) });
    for (const logProb of probs) expect(Math.abs(logProb - Math.log(1 / 3))).toBeLessThan(0.05);
    expect(new Set(probs).size).toBeGreaterThan(5);
  });

  it('refuses a smallest deviation above the largest', () => {
    expect(headRules({ minStd: 0.5, maxStd: 0.5 })).toEqual([]);
    expect(headRules({ minStd: 0.6, maxStd: 0.5 })).toEqual([
      { key: 'behavior.minStd', expected: 'expected at most behavior.maxStd = 0.5' },
    ]);
  });
});
