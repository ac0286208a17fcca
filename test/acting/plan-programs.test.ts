/** What plans are worth in imagination, in a latent world whose returns can be worked out by hand. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { compileOwn, compileWorth } from '../../src/acting/plan-programs.ts';
import { float32 } from '../../src/nd-array.ts';
import { createRng } from '../../src/random.ts';
import type { Agent, Distribution, Dynamics, Representation } from '../../src/types.ts';

const sure = (value: Tensor): Distribution => ({
  predict: () => value, sample: () => value, logProb: () => tf.zerosLike(value), entropy: () => tf.zerosLike(value),
});

/** s' = s + a + u with u in [0, 1) where there is noise; arriving at s pays s² and is gone on from with 1 − s/10; V(s) = 100·s. */
const dynamics: Dynamics = {
  parameters: {}, latentShapes: { s: [1] },
  imagine: (_, { s }, action, noise) => ({ s: tf.add(tf.add(s, action), noise ? noise.uniform(s.shape) : 0) }),
  outcome: (_, { s }) => {
    const flat = tf.squeeze(s, [-1]);
    return { reward: sure(tf.square(flat)), discount: sure(tf.sub(1, tf.div(flat, 10))) };
  },
};
const representation: Representation = {
  parameters: {}, carryShapes: {}, contextShapes: {}, blindSteps: 0, featureSize: 1,
  encode: (_, image) => image, observe: (_, carry) => ({ carry, latent: carry }), filter: (_, { context }) => context, features: ({ s }) => s,
};
const agent: Agent = {
  parameters: {}, representation, dynamics, stages: [], targetShapes: {},
  prediction: { parameters: {}, predict: (_, features) => ({ policy: sure(tf.mul(features, 0.5)), value: sure(tf.mul(100, tf.squeeze(features, [-1]))) }) },
};

const STARTS = [1, -1];
const PLANS = [[[0.5, 1], [0, 0], [-1, 0.5]], [[1, 1], [0.25, -0.5], [0, 2]]];
const returnOf = (start: number, [a, b]: readonly number[], value: boolean, [u, v] = [0, 0]): number => {
  const first = start + a + u;
  const second = first + b + v;
  return first ** 2 + (1 - first / 10) * (second ** 2 + (value ? (1 - second / 10) * 100 * second : 0));
};

const setting = { agent, dynamics, lanes: 2, horizon: 2, actionSize: 1 };
const SETTINGS = { terminal: 'critic', particles: 0, risk: 0, penalty: 0, adaptive: false, exploration: 0, own: 0 } as const;
const inputs = {
  params: {}, latent: { s: float32(STARTS, [2, 1]) }, plans: { plans: float32(PLANS.flat(2), [2, 3, 2, 1]) },
};
const worthsOf = async (settings: Partial<Parameters<typeof compileWorth>[0]['settings']>, slopes = false) => {
  const program = await compileWorth({ ...setting, count: 3, settings: { ...SETTINGS, ...settings }, slopes });
  const { found } = await program.run(inputs, createRng(7));
  await program.dispose();
  return found;
};
const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 3));

describe('the worth of a plan', () => {
  it.each(['critic', 'none'] as const)('is the sum of its rewards, each weighed by the discounts before it, and of what lies beyond: %s', async (terminal) => {
    const { worth } = await worthsOf({ terminal });
    expect(worth.shape).toEqual([2, 3]);
    expect([...worth.data]).toEqual(close(PLANS.flatMap((plans, lane) => plans.map((plan) => returnOf(STARTS[lane], plan, terminal === 'critic')))));
  });

  it('changes with each action as its slope says', async () => {
    const { slope, worth } = await worthsOf({}, true);
    expect([...worth.data]).toEqual([...(await worthsOf({})).worth.data]);
    const step = 1e-4;
    const expected = PLANS.flatMap((plans, lane) => plans.flatMap((plan) => plan.map((_, at) => {
      const moved = (by: number) => returnOf(STARTS[lane], plan.map((action, i) => action + (i === at ? by : 0)), true);
      return (moved(step) - moved(-step)) / (2 * step);
    })));
    expect([...slope.data]).toEqual(expected.map((value) => expect.closeTo(value, 2)));
  });

  it('is that of each plan, and of no other, however many particles it has', async () => {
    const still = { ...dynamics, imagine: (...[params, latent, action]: Parameters<Dynamics['imagine']>) => dynamics.imagine(params, latent, action) };
    const program = await compileWorth({ ...setting, dynamics: still, count: 3, settings: { ...SETTINGS, particles: 4, risk: 1 }, slopes: false });
    const { found: { worth } } = await program.run(inputs, createRng(7));
    await program.dispose();
    expect([...worth.data].map((value) => value.toFixed(2))).toEqual([...(await worthsOf({})).worth.data].map((value) => value.toFixed(2)));
  });

  it('is the mean over particles, which are the same for all plans of a lane, less some of their deviations', async () => {
    const mean = [...(await worthsOf({ particles: 1 })).worth.data];
    expect(mean).not.toEqual([...(await worthsOf({})).worth.data]);
    // Equal plans of a lane meet equal chances: none of them wins by luck.
    const program = await compileWorth({ ...setting, count: 3, settings: { ...SETTINGS, particles: 4 }, slopes: false });
    const same = { ...inputs, plans: { plans: float32([0.5, 1, 0.5, 1, 0.5, 1, 1, 1, 1, 1, 1, 1], [2, 3, 2, 1]) } };
    const { found: { worth } } = await program.run(same, createRng(7));
    await program.dispose();
    expect(new Set([...worth.data].slice(0, 3)).size).toBe(1);
    expect(new Set([...worth.data].slice(3)).size).toBe(1);
    const [careless, careful, twice] = await Promise.all([0, 1, 2].map(async (risk) => [...(await worthsOf({ particles: 8, risk })).worth.data]));
    careless.forEach((value, i) => {
      expect(careful[i]).toBeLessThan(value);
      expect(value - twice[i]).toBeCloseTo(2 * (value - careful[i]), 1);
    });
  });
});

describe('the worth of a plan of which little is known', () => {
  /** Disagreement about a step is |s| on arriving, and what is up to 1.2 is known. */
  const doubtful: Dynamics = {
    ...dynamics,
    outcome: (params, latent) => {
      const disagreement = tf.abs(tf.squeeze(latent.s, [-1]));
      return { ...dynamics.outcome(params, latent), disagreement, known: tf.cast(tf.lessEqual(disagreement, 1.2), 'float32') };
    },
  };
  const worthsIn = async (settings: Partial<typeof SETTINGS> | object) => {
    const program = await compileWorth({ ...setting, dynamics: doubtful, count: 3, settings: { ...SETTINGS, ...settings }, slopes: false });
    const { found } = await program.run(inputs, createRng(7));
    await program.dispose();
    return [...found.worth.data];
  };
  /** By lane and plan: s after each step. */
  const states = PLANS.flatMap((plans, lane) => plans.map(([a, b]) => [STARTS[lane] + a, STARTS[lane] + a + b]));

  it('is less by the penalty, for each unit of disagreement', async () => {
    const [free, fined] = [await worthsIn({}), await worthsIn({ penalty: 3 })];
    expect(fined).toEqual(close(states.map(([first, second], i) => free[i] - 3 * (Math.abs(first) + (1 - first / 10) * Math.abs(second)))));
  });

  it('ends before the first step that is not known in what the critic says, and never before the first of all', async () => {
    expect(await worthsIn({ adaptive: true })).toEqual(close(states.map(([first, second]) => {
      const beyond = Math.abs(second) <= 1.2 ? second ** 2 + (1 - second / 10) * 100 * second : 100 * first;
      return first ** 2 + (1 - first / 10) * beyond;
    })));
  });

  it('is that of as many steps as are known, where there is no critic', async () => {
    expect(await worthsIn({ adaptive: true, terminal: 'none' })).toEqual(close(states.map(([first, second]) =>
      (Math.abs(second) <= 1.2 ? first ** 2 + (1 - first / 10) * second ** 2 : 2 * first ** 2))));
  });
});

it('plans of the agent are what its policy does in its imagination', async () => {
  const program = await compileOwn({ ...setting, count: 2 });
  const { own } = await program.run({ params: {}, latent: inputs.latent }, createRng(1));
  await program.dispose();
  const { plans } = own;
  expect(plans.shape).toEqual([2, 2, 2, 1]);
  // a = s/2, cut at ±1, and noise moves s before the second.
  expect([plans.data[0], plans.data[2], plans.data[4], plans.data[6]]).toEqual([0.5, 0.5, -0.5, -0.5]);
  expect(plans.data[1]).toBeGreaterThanOrEqual(0.75);
});
