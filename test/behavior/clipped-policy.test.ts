/** PPO on the world of four states, where probabilities and values are rows of matrices: every number is worked out by hand. */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import clippedPolicy, { createClippedPolicy, type ClippedPolicyOptions } from '../../src/behavior/clipped-policy.ts';
import { valueAndGradients } from '../../src/engine/gradients.ts';
import { float32, mapGroup, zeros } from '../../src/nd-array.ts';
import type { Batch, Params } from '../../src/types.ts';
import { valuesIn } from '../contracts/listed.ts';
import { ACTIONS, oneHots, STATES, tableModel, UNIT } from '../data/table-model.ts';
import { runBoth } from '../engine/parity.ts';

const BINS = 41;
const [BIN_OF_ZERO, BIN_OF_UNIT] = [20, 21];
const { log, exp } = Math;
const { behavior: defaults } = valuesIn(clippedPolicy);
const config: ClippedPolicyOptions = { ...defaults, units: 4, actorLayers: 0, criticLayers: 0, entropy: 0, scales: { policy: 1, value: 0 }, lambda: 0.95 };

interface Setting {
  /** Chances of action 0 in a, b, c and d, and values in units. */
  readonly chances?: readonly number[];
  readonly values: readonly number[];
  readonly observed: string;
  /** On arriving at each, in units. */
  readonly reward: readonly number[];
  readonly isFirst?: readonly number[];
  readonly isTerminal?: readonly number[];
  /** How probable action 0 was when it was taken at each; it is always the one. */
  readonly was?: readonly number[];
  readonly horizonDiscount?: number;
  readonly options?: Partial<ClippedPolicyOptions>;
}

async function lossOf({ chances = [0.5, 0.5, 0.5, 0.5], values, observed, reward, was, horizonDiscount = 100, options, ...given }: Setting) {
  const behavior = createClippedPolicy(
    { ...config, ...options }, { featureSize: STATES.length, actions: { kind: 'discrete', n: ACTIONS }, bins: BINS, horizonDiscount },
  );
  const states = oneHots(observed);
  const [B, T] = states.shape;
  const row = (numbers?: readonly number[]) => (numbers ? float32(numbers, [B, T]) : zeros([B, T]));
  const bins = values.flatMap((value) => Array.from({ length: BINS }, (_, bin) =>
    (bin === BIN_OF_ZERO ? log(1 - value) : bin === BIN_OF_UNIT ? log(value) : -30)));
  const inputs = {
    params: {
      'actor/out/kernel': float32(chances.flatMap((chance) => [log(chance), log(1 - chance)]), [4, ACTIONS]), 'actor/out/bias': zeros([ACTIONS]),
      'critic/logits/kernel': float32(bins, [4, BINS]), 'critic/logits/bias': zeros([BINS]),
    },
    batch: {
      state: states, action: float32(Array.from({ length: B * T }, () => [1, 0]).flat(), [B, T, ACTIONS]),
      reward: row(reward.map((units) => units * UNIT)), isFirst: row(given.isFirst), isTerminal: row(given.isTerminal),
      was: row((was ?? [...observed.replace(' ', '')].map((state) => chances[STATES.indexOf(state)])).map(log)),
    },
  };
  const { compiled, expected } = await runBoth((v, noise) => {
    const { total, extras, gradients } = valueAndGradients(v.params as Params, () => {
      const { state, action, reward: received, isTerminal, isFirst, was: logProb } = v.batch;
      const batch: Batch = { image: received, action, reward: received, isFirst, isTerminal, weight: tf.ones([B]), context: {}, targets: { logProb } };
      const found = behavior.loss({ params: v.params, slow: {}, statistics: {}, model: tableModel(), world: { latents: { state } }, batch, noise });
      return { total: found.total, extras: { parts: found.parts } };
    });
    return { gradients, parts: extras.parts, out: { total } };
  }, inputs);
  expect(Math.abs(compiled.out.total.data[0] - expected.out.total.data[0])).toBeLessThan(1e-4);
  return { total: compiled.out.total.data[0], parts: mapGroup(compiled.parts, ({ data }) => data[0]), gradients: mapGroup(compiled.gradients, ({ data }) => [...data]) };
}

/** Advantages of three steps, as the loss normalises them. */
function normalised(advantages: readonly number[]): number[] {
  const mean = advantages.reduce((sum, value) => sum + value, 0) / advantages.length;
  const centred = advantages.map((value) => value - mean);
  const deviation = Math.sqrt(centred.reduce((sum, value) => sum + value ** 2, 0) / centred.length);
  return centred.map((value) => value / deviation);
}

describe('advantages', () => {
  /** In units: what was received on arriving at b, c and d, and what is expected at a, b, c and d. */
  const walk: Setting = { observed: 'abcd', reward: [0, 1, 0, 1], values: [0.5, 0.4, 0.3, 0.2] };

  it('are the generalised ones: 1.593, 0.742 and 0.898', async () => {
    // δ = 0.896, −0.103, 0.898; A = δ + 0.99 · 0.95 · A′
    const returns = [1.593 + 0.5, 0.742 + 0.4, 0.898 + 0.3];
    const { parts, gradients } = await lossOf({ ...walk, was: [0.5, 0.5, 0.5, 0.5] });
    expect(parts.targetValue / UNIT).toBeCloseTo(returns.reduce((sum, value) => sum + value, 0) / 3, 3);
    // With a ratio of 1 the gradient of log π is the advantage times (1 − π): for action 0, of each of three steps.
    const [a, b, c] = normalised([1.593, 0.742, 0.898]);
    const kernel = gradients['actor/out/kernel'];
    [a, b, c].forEach((advantage, state) => expect(kernel[state * ACTIONS]).toBeCloseTo((-advantage * 0.5) / 3, 3));
    expect(kernel.slice(6)).toEqual([0, 0]);
    expect(parts.clipped).toBe(0);
    expect(parts.divergence).toBeCloseTo(0, 6);
  });

  it('end where an episode does: with nothing where it terminated, with what is expected where time ran out', async () => {
    const cut = await lossOf({ ...walk, observed: 'abab', reward: [0, 1, 0, 1], isFirst: [0, 0, 1, 0] });
    // a → b: 1 + 0.99 · 0.4; b, the last of its episode, is left out; a → b again.
    expect(cut.parts.targetValue / UNIT).toBeCloseTo(1.396, 3);
    const ended = await lossOf({ ...walk, observed: 'abab', reward: [0, 1, 0, 1], isFirst: [0, 0, 1, 0], isTerminal: [0, 1, 0, 0] });
    expect(ended.parts.targetValue / UNIT).toBeCloseTo((1 + 1.396) / 2, 3);
  });
});

describe('the policy', () => {
  const two: Setting = { observed: 'ab cb', reward: [0, 1, 0, 0], values: [0.2, 0.1, 0.2, 0.1] };

  it('gains nothing by going further than it may', async () => {
    // a was good and is already half as probable again; c was bad and half as probable: both are beyond 0.2.
    const { gradients, parts } = await lossOf({ ...two, chances: [0.6, 0.5, 0.2, 0.5], was: [0.4, 1, 0.4, 1] });
    expect(gradients['actor/out/kernel'].every((value) => Math.abs(value) < 1e-7)).toBe(true);
    expect(parts.clipped).toBe(1);
    // min(1.5, 1.2) · 1 and min(0.5 · −1, 0.8 · −1)
    expect(parts.policy).toBeCloseTo(-(1.2 - 0.8) / 2, 4);
    expect(parts.divergence).toBeCloseTo((0.5 - log(1.5) - 0.5 - log(0.5)) / 2, 4);
  });

  it('may always come back', async () => {
    // a was good and has become less probable; c was bad and has become more so.
    const { gradients } = await lossOf({ ...two, chances: [0.2, 0.5, 0.6, 0.5], was: [0.4, 1, 0.4, 1] });
    // −A · ratio · (1 − π) / 2
    expect(gradients['actor/out/kernel'][0]).toBeCloseTo(-(0.5 * 0.8) / 2, 4);
    expect(gradients['actor/out/kernel'][4]).toBeCloseTo((1.5 * 0.4) / 2, 4);
  });

  it('is kept open by the entropy, and its critic learns the returns', async () => {
    const open = await lossOf({ ...two, options: { entropy: 0.5 } });
    expect(open.parts.policy).toBeCloseTo(-0.5 * log(2), 5);
    const { total, parts } = await lossOf({ ...two, options: { scales: { policy: 0, value: 1 } } });
    // Returns of 1 + 0.099 and of 0.099 units; e² − 1 is the bin after one unit.
    const over = (0.099 * UNIT) / (exp(2) - exp(1));
    const loss = [-(1 - over) * log(0.2) - over * (-30 - 0), -(0.099 * log(0.2) + 0.901 * log(0.8))];
    expect(total).toBeCloseTo(parts.value, 5);
    expect(parts.value).toBeCloseTo((loss[0] + loss[1]) / 2, 3);
  });
});
