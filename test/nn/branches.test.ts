/** Branches in the world of four states (table-model.ts): where they lead, what they bring, and how far each is trusted. */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { float32, scalar, zeros } from '../../src/nd-array.ts';
import { branching, branchOff, grown, sharedLoss, type BranchOptions } from '../../src/nn/branches.ts';
import type { Judge } from '../../src/nn/judge.ts';
import { valuesIn } from '../contracts/listed.ts';
import { ACTIONS, oneHots, STATES, tableModel, tableParameters, UNIT } from '../data/table-model.ts';
import { runBoth, worstError } from '../engine/parity.ts';

const { branches: defaults } = valuesIn(branching);
const LONGEST = 0.8;

interface Setting extends Partial<BranchOptions> {
  readonly observed?: string;
  readonly isTerminal?: readonly number[];
  readonly weight?: readonly number[];
  readonly updates?: number;
  readonly judge?: Judge;
}

/** Action 1 is taken everywhere but in b: a → c, b → d, c → d, d → d. */
async function branchesOf({ observed = 'ba', isTerminal, weight, updates = 0, judge, ...options }: Setting) {
  const states = oneHots(observed);
  const [B, T] = states.shape;
  const inputs = {
    params: tableParameters, statistics: { 'branches/updates': scalar(updates) }, states: { states },
    batch: { isTerminal: isTerminal ? float32(isTerminal, [B, T]) : zeros([B, T]), weight: float32(weight ?? new Array<number>(B).fill(1), [B]) },
  };
  const { compiled, expected } = await runBoth(({ params, statistics, states: { states: state }, batch: { isTerminal: ends, weight: weights } }, noise) => {
    const found = branchOff({ options: { ...defaults, starts: 1, horizon: 3, ...options }, ...(judge ? { judge } : {}) }, {
      params, statistics, model: tableModel(), latents: { state }, batch: { isTerminal: ends, weight: weights }, noise, discount: LONGEST,
      act: (features) => tf.concat([tf.slice(features, [0, 1], [-1, 1]), tf.sub(1, tf.slice(features, [0, 1], [-1, 1]))], 1),
    });
    const { parts, statistics: next, ...rest } = found;
    return { out: { ...rest }, parts, next };
  }, inputs);
  expect(worstError(compiled, expected).error).toBeLessThan(1e-5);
  const { out, next } = compiled;
  const letters = Array.from({ length: out.features.shape[0] }, (_, row) =>
    STATES[out.features.data.subarray(row * STATES.length, (row + 1) * STATES.length).findIndex((value) => value === 1)]).join('');
  const numbers = (name: keyof typeof out) => Array.from(out[name].data, (value) => Number(value.toFixed(4)));
  return {
    letters, reward: numbers('reward').map((value) => Number((value / UNIT).toFixed(3))), discount: numbers('discount'),
    weight: numbers('weight'), actions: out.actions.shape, updates: next['branches/updates'].data[0],
  };
}

describe('a branch', () => {
  it('leads on from the last state of a sequence, as the agent acts', async () => {
    const { letters, reward, discount, weight, actions, updates } = await branchesOf({});
    expect(letters).toBe('acdd');
    expect(reward.slice(1)).toEqual([0.4, 0.6, 0.6]);
    expect(discount.slice(1)).toEqual([0.4, 0, 0]);
    // It goes on from c with a probability of 0.4 / 0.8, and from d never.
    expect(weight).toEqual([1, 0.5, 0]);
    expect(actions).toEqual([1, 4, ACTIONS]);
    expect(updates).toBe(1);
  });

  it('begins at as many of the last states as are asked for, and at none where an episode has ended', async () => {
    const { letters, weight } = await branchesOf({ observed: 'cba bac', starts: 4, horizon: 1, isTerminal: [0, 0, 1, 0, 0, 0] });
    expect(letters).toBe('bdacaccd');
    expect(weight).toEqual([1, 0, 1, 1]);
  });

  it('counts as much as its sequence', async () => {
    expect((await branchesOf({ observed: 'ba ab', starts: 2, horizon: 1, weight: [0.5, 1] })).weight).toEqual([0.5, 1]);
  });

  it('stops before what is not known, and takes what it is told for the reward', async () => {
    const judge: Judge = ({ reward }) => ({ reward: tf.mul(reward.predict(), 2), known: tf.tensor1d([0, 1, 0, 1]) });
    const { reward, weight } = await branchesOf({ judge });
    expect(reward.slice(1)).toEqual([0.8, 1.2, 1.2]);
    expect(weight).toEqual([1, 0, 0]);
  });

  it('grows with the updates', async () => {
    const growing = { observed: 'ab', horizon: 3, firstHorizon: 1, growth: 10 };
    expect((await branchesOf({ ...growing, observed: 'ba', updates: 3 })).weight).toEqual([1, 0, 0]);
    expect((await branchesOf({ ...growing, observed: 'ba', updates: 4 })).weight).toEqual([1, 0.5, 0]);
  });
});

it('has the length that the schedule of the paper gives', () => {
  // MBPO's of the hopper, [20, 150, 1, 15], at epochs 20 + 0, 10, 65 and 130.
  const schedule = { ...defaults, firstHorizon: 1, horizon: 15, growth: 130 };
  expect([0, 9, 10, 65, 130, 500].map((updates) => grown(schedule, tf.scalar(updates)).dataSync()[0])).toEqual([1, 1, 2, 8, 15, 15]);
});

it('takes real and imagined steps in the share that is asked for', () => {
  expect(sharedLoss({ ...defaults, realShare: 0.05 }, tf.scalar(2), tf.scalar(4)).dataSync()[0]).toBeCloseTo(0.1 + 3.8, 6);
});
