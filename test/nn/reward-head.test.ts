import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { float32, mapGroup, zeros } from '../../src/nd-array.ts';
import { initParameters } from '../../src/nn/parameters.ts';
import { eachReward, outcomeRules, valuePrefix, type RewardHead } from '../../src/nn/reward-head.ts';
import { createRng } from '../../src/random.ts';
import type { Group, Groups, Latent, NdArray, ParamArrays } from '../../src/types.ts';
import { fixedNoise, normals, runBoth } from '../engine/parity.ts';

const SHAPE = { hidden: 2, units: 3, rewardLayers: 1, bins: 9, support: 20, unroll: 2 };

/** Heads that begin at zero would say the same of everything. */
const awake = (params: ParamArrays): ParamArrays =>
  mapGroup(params, (array, name) => (name.endsWith('logits/kernel') ? normals(array.shape, 9) : array));
const paramsOf = (head: RewardHead) => awake(initParameters(head.parameters, createRng(3)));

async function run(fn: Parameters<typeof runBoth>[0], inputs: Groups<NdArray>): Promise<Group<NdArray>> {
  const { compiled, expected } = await runBoth(fn, inputs);
  for (const [name, { data }] of Object.entries(expected.out)) {
    data.forEach((value, i) => expect(Math.abs(compiled.out[name].data[i] - value), name).toBeLessThan(1e-3));
  }
  return compiled.out;
}

const close = (actual: NdArray, expected: readonly number[], digits = 3) => {
  expect(actual.data).toHaveLength(expected.length);
  expected.forEach((value, i) => expect(actual.data[i]).toBeCloseTo(value, digits));
};

describe('each reward by itself', () => {
  it('adds nothing to the latent, and is judged by every reward', async () => {
    const each = eachReward(SHAPE);
    expect(each.shapes).toEqual({});
    const arrival = normals([4, 2]);
    const out = await run(({ params, x }) => {
      const latent = { arrival: x.arrival };
      expect(each.step(params, latent, x.arrival)).toEqual({});
      return {
        out: {
          loss: each.loss(params, latent, x.rewards),
          logProb: each.apply(params, latent).logProb(tf.tensor1d([1, 2, -4, 0.5])),
        },
      };
    }, { params: paramsOf(each), x: { arrival, rewards: float32([1, 2, -4, 0.5], [2, 2]) } });
    expect(out.loss.shape).toEqual([2, 2]);
    close(out.loss, [...out.logProb.data].map((value) => -value), 5);
  });
});

describe('value prefixes', () => {
  const params = paramsOf(valuePrefix(SHAPE));
  const root = { arrival: zeros([1, 2]), memory: zeros([1, 3]), before: zeros([1, 1]), age: zeros([1, 1]) };
  const arrivals = Object.fromEntries([1, 2, 3, 4, 5].map((step) => [`${step}`, normals([1, 2], step)]));

  /** Five steps from the root; of each its latent, the reward it says, and the prefix behind that. */
  const steps = () => run(({ params: p, root: r, arrivals: a }) => {
    const prefix = valuePrefix(SHAPE);
    const out: Record<string, tf.Tensor> = {};
    let latent: Latent = r;
    for (const step of Object.keys(a)) {
      latent = { arrival: a[step], ...prefix.step(p, latent, a[step]) };
      out[`memory${step}`] = latent.memory;
      out[`before${step}`] = latent.before;
      out[`age${step}`] = latent.age;
      out[`reward${step}`] = prefix.apply(p, latent).predict();
      out[`prefix${step}`] = prefix.apply(p, { ...latent, before: tf.zerosLike(latent.before) }).predict();
    }
    out.again = prefix.step(p, r, a['3']).memory;
    return { out };
  }, { params, root, arrivals });

  it('remember the way from a root on, the prefix before and how many steps it was', () => {
    const { shapes, parameters } = valuePrefix(SHAPE);
    expect(shapes).toEqual({ memory: [3], before: [1], age: [1] });
    expect(mapGroup(parameters, ({ shape }) => shape)).toEqual({
      'prefix/gate/kernel': [5, 3], 'prefix/gate/bias': [3], 'prefix/candidate/kernel': [5, 3], 'prefix/candidate/bias': [3],
      'reward/0/kernel': [3, 3], 'reward/0/bias': [3], 'reward/0/norm/scale': [3],
      'reward/logits/kernel': [3, 9], 'reward/logits/bias': [9],
    });
  });

  it('give rewards as their differences', async () => {
    const out = await steps();
    const [first, second] = [out.prefix1.data[0], out.prefix2.data[0]];
    expect(Math.abs(first - second)).toBeGreaterThan(0.01);
    close(out.reward1, [first]);
    close(out.before2, [first]);
    close(out.reward2, [second - first]);
  });

  it('begin again from zero after as many steps as were learned', async () => {
    const out = await steps();
    expect([1, 2, 3, 4, 5].map((step) => out[`age${step}`].data[0])).toEqual([1, 2, 1, 2, 1]);
    expect([1, 3, 5].map((step) => out[`before${step}`].data[0] + 0)).toEqual([0, 0, 0]);
    close(out.reward3, [out.prefix3.data[0]]);
    close(out.reward4, [out.prefix4.data[0] - out.prefix3.data[0]]);
    // The third step is as a first one: nothing is remembered of the two before.
    close(out.memory3, [...out.again.data], 6);
    expect(out.memory4.data).not.toEqual(out.memory3.data);
  });

  it('depend on the way there, not on the last step alone', async () => {
    const out = await run(({ params: p, root: r, arrivals: a }) => {
      const prefix = valuePrefix(SHAPE);
      const after = (one: string) => {
        const before = { arrival: a[one], ...prefix.step(p, r, a[one]) };
        return prefix.apply(p, prefix.step(p, before, a['2'])).predict();
      };
      return { out: { one: after('1'), other: after('3') } };
    }, { params, root, arrivals });
    expect(Math.abs(out.one.data[0] - out.other.data[0])).toBeGreaterThan(0.01);
  });

  it('are judged by the sums of rewards since the root', async () => {
    const memory = normals([6, 3], 4);
    const out = await run(({ params: p, x }) => {
      const prefix = valuePrefix(SHAPE);
      const latent = { memory: x.memory, before: tf.fill([6, 1], 99), age: tf.ones([6, 1]) };
      const alone = prefix.apply(p, { ...latent, before: tf.zeros([6, 1]) });
      return {
        out: {
          loss: prefix.loss(p, latent, x.rewards),
          // 1, 1 + 2, 1 + 2 − 4 | 0.5, 0.5 + 0, 0.5 + 0 + 3
          logProb: alone.logProb(tf.tensor1d([1, 3, -1, 0.5, 0.5, 3.5])),
          // That of a reward, given what was there before.
          shifted: prefix.apply(p, { ...latent, before: tf.fill([6, 1], 2) })
            .logProb(tf.tensor1d([-1, 1, -3, -1.5, -1.5, 1.5])),
        },
      };
    }, { params, x: { memory, rewards: float32([1, 2, -4, 0.5, 0, 3], [2, 3]) } });
    expect(out.loss.shape).toEqual([2, 3]);
    close(out.loss, [...out.logProb.data].map((value) => -value), 5);
    close(out.shifted, [...out.logProb.data], 5);
  });

  it('draw rewards as they say them, however latents are laid out', async () => {
    const out = await run(({ params: p, x }) => {
      const reward = valuePrefix(SHAPE).apply(p, { memory: x.memory, before: x.before, age: tf.onesLike(x.before) });
      const sums = valuePrefix(SHAPE).apply(p, { memory: x.memory, before: tf.zerosLike(x.before), age: tf.onesLike(x.before) });
      // The same draw of a prefix, which is one step's sum.
      const draws = () => fixedNoise([0.1, 0.3, 0.5, 0.6, 0.8, 0.9]);
      return {
        out: {
          said: reward.predict(), drawn: reward.sample(draws()), entropy: reward.entropy(),
          sum: sums.predict(), sumDrawn: sums.sample(draws()), sumEntropy: sums.entropy(),
        },
      };
    }, { params, x: { memory: normals([2, 1, 3, 3], 4), before: float32([1, 2, 3, 4, 5, 6], [2, 1, 3, 1]) } });
    for (const { shape } of Object.values(out)) expect(shape).toEqual([2, 1, 3]);
    close(out.said, [...out.sum.data].map((sum, i) => sum - (i + 1)));
    close(out.drawn, [...out.sumDrawn.data].map((sum, i) => sum - (i + 1)));
    expect(new Set(out.sumDrawn.data).size).toBeGreaterThan(3);
    close(out.entropy, [...out.sumEntropy.data]);
  });
});

describe('both', () => {
  it('stand on the arrival or on what is remembered of it, and say zero at first', async () => {
    const shapesOf = ({ parameters }: RewardHead) => Object.fromEntries(
      Object.entries(parameters).filter(([name]) => name.startsWith('reward/')).map(([name, { shape }]) => [name, shape]),
    );
    expect(shapesOf(eachReward(SHAPE))).toEqual({
      'reward/0/kernel': [2, 3], 'reward/0/bias': [3], 'reward/0/norm/scale': [3],
      'reward/logits/kernel': [3, 9], 'reward/logits/bias': [9],
    });
    expect(shapesOf(valuePrefix(SHAPE))).toMatchObject({ 'reward/0/kernel': [3, 3], 'reward/logits/kernel': [3, 9] });
    const each = eachReward(SHAPE);
    const out = await run(({ params, x }) => ({ out: { said: each.apply(params, x).predict() } }), {
      params: initParameters(each.parameters, createRng(0)), x: { arrival: normals([4, 2]) },
    });
    expect([...out.said.data].map(Math.abs)).toEqual([0, 0, 0, 0]);
  });

  it('need a bin for zero', () => {
    expect(outcomeRules({ bins: 15 })).toEqual([]);
    expect(outcomeRules({ bins: 16 })).toEqual([{ key: 'model.bins', expected: 'expected an odd number' }]);
  });
});
