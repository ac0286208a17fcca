/** Probabilistic members: their likelihood by number, and what becomes of futures that follow them. */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { compile } from '../../../src/engine/compile.ts';
import { boundedLogVariance, gaussianLoss, withGaussianEnsemble } from '../../../src/models/parts/gaussian-ensemble.ts';
import { float32, mapGroup, specsOf, zeros } from '../../../src/nd-array.ts';
import { rollout } from '../../../src/nn/rollout.ts';
import { createRng } from '../../../src/random.ts';
import { evaluate, onnx } from '../../engine/parity.ts';
import { numberWorld } from './number-world.ts';

const MEMBERS = 5;
const ROWS = 400;
const HORIZON = 3;

/** Member e moves the state by e, whatever is done, with no noise worth the name, and a reward of e. */
function futures(propagation: 'ts-infinity' | 'ts1' | 'mean') {
  const model = withGaussianEnsemble(
    numberWorld, { members: MEMBERS, units: 4, layers: 1, bootstrap: 1, quantile: 0.9, propagation }, { actionSize: 1, horizonDiscount: 10 },
  );
  // Of each member: mean of the change and of symlog(reward), their raw log variances, and a logit.
  const biases = Array.from({ length: MEMBERS }, (_, member) => [member, Math.log1p(member), -40, -40, 2]).flat();
  const params = {
    ...mapGroup(model.dynamics.parameters, ({ shape }) => zeros(shape)),
    'ensemble/1/bias': float32(biases, [MEMBERS, 1, 5]),
  };
  return async (noisy: boolean) => {
    const inputs = { params, do: { actions: zeros([ROWS, HORIZON, 1]) }, from: { state: zeros([ROWS, 1]) } };
    const program = await compile('futures', (v, noise) => {
      const start = { state: v.from.state, ...mapGroup(model.dynamics.latentShapes, (shape, leaf) => (leaf === 'state' ? v.from.state : tf.zeros([ROWS, ...shape]))) };
      const { latents } = rollout(model.dynamics, v.params, start, { actions: v.do.actions, gradients: 'none', ...(noisy ? { noise } : {}) });
      const last = mapGroup(latents, (leaf) => tf.squeeze(tf.slice(leaf, [0, HORIZON, 0], [-1, 1, -1]), [1]));
      const { reward, discount } = model.dynamics.outcome(v.params, last);
      return { out: { state: last.state, reward: reward.predict(), discount: discount.predict(), disagreement: last.disagreement } };
    }, specsOf(inputs), { engine: onnx });
    const { out } = await program.run(inputs, createRng(4));
    await program.dispose();
    return mapGroup(out, ({ data }) => [...data]);
  };
}

const moments = (values: readonly number[]) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length };
};

describe('futures of an ensemble', () => {
  it('follow one member to the end: TS∞', async () => {
    const { state, reward } = await futures('ts-infinity')(true);
    // Exactly e·H apart, but for a deviation of e^(−5).
    expect(new Set(state.map((value) => (Math.round(value * 10) / 10).toFixed(1)))).toEqual(new Set(['0.0', '3.0', '6.0', '9.0', '12.0']));
    state.forEach((value, row) => expect(reward[row]).toBeCloseTo(Math.round(value / HORIZON), 3));
    const { mean } = moments(state);
    expect(Math.abs(mean - 2 * HORIZON)).toBeLessThan(0.8);
  });

  it('follow another one at every step: TS1', async () => {
    const { mean, variance } = moments((await futures('ts1')(true)).state);
    // H draws of mean 2 and variance 2; the bounds are four standard errors.
    expect(Math.abs(mean - 2 * HORIZON)).toBeLessThan(0.5);
    expect(Math.abs(variance - 2 * HORIZON)).toBeLessThan(2);
  });

  it('follow the mean of all, and so do those without noise', async () => {
    for (const [propagation, noisy] of [['mean', true], ['ts1', false], ['ts-infinity', false]] as const) {
      const { state, discount, disagreement } = await futures(propagation)(noisy);
      expect(Math.max(...state.map((value) => Math.abs(value - 6)))).toBeLessThan(1e-4);
      expect(discount[0]).toBeCloseTo(1 / (1 + Math.exp(-2)), 5);
      // 0, 1, 2, 3, 4 deviate by √2.
      expect(disagreement[0]).toBeCloseTo(Math.SQRT2, 5);
    }
  });
});

it('bounds log variances softly', async () => {
  const values = await evaluate(({ x }) => boundedLogVariance(x), { x: float32([-20, -10, -1, 0, 0.5, 5], [6]) });
  expect(values.map((value) => value.toFixed(3))).toEqual(['-10.000', '-9.307', '-1.201', '-0.474', '-0.193', '0.489']);
});

it('has the likelihood of a normal', async () => {
  const values = await evaluate(({ y, v }) => gaussianLoss(tf.zeros([2]), v, y), { y: float32([0, 1], [2]), v: float32([0, Math.log(4)], [2]) });
  expect(values.map((value) => value.toFixed(3))).toEqual(['0.000', (0.25 + 1.3863).toFixed(3)]);
});
