/** SAC on the world of four states: with discrete actions all expectations are exact, and are worked out by hand. */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import softActorCritic, { createSoftActorCritic, type SoftActorCriticOptions } from '../../src/behavior/soft-actor-critic.ts';
import { valueAndGradients } from '../../src/engine/gradients.ts';
import { float32, mapGroup, scalar, zeros } from '../../src/nd-array.ts';
import { branching } from '../../src/nn/branches.ts';
import type { Batch, Params } from '../../src/types.ts';
import { valuesIn } from '../contracts/listed.ts';
import { runBoth, worstError } from '../engine/parity.ts';
import { ACTIONS, oneHots, STATES, tableModel, tableParameters, UNIT } from '../data/table-model.ts';

/** e^k − 1 for k in 0..20, and their negatives. */
const BINS = 41;
const [BIN_OF_ZERO, BIN_OF_UNIT] = [20, 21];
const GAMMA = 0.75;
const { behavior: defaults } = valuesIn(softActorCritic);
const config: SoftActorCriticOptions = { ...defaults, units: 4, actorLayers: 0, criticLayers: 0, temperature: 0.5, targetEntropy: 0 };

/** What two critics say of both actions in a, b, c and d, in units; and their slow copies. */
const CRITICS = [[[0.2, 0.7], [0.3, 0.6], [0.5, 0.5], [0.4, 0.1]], [[0.4, 0.5], [0.1, 0.9], [0.6, 0.2], [0.3, 0.3]]];
const SLOW = [[[0.1, 0.8], [0.4, 0.5], [0.5, 0.6], [0.4, 0.1]], [[0.3, 0.6], [0.2, 0.7], [0.6, 0.2], [0.3, 0.3]]];
/** What the policy gives action 0 in each. */
const ACTOR = [0.75, 0.4, 0.9, 0.5];
const { log } = Math;

const kernel = (units: typeof CRITICS) => float32(units.flat(2).flatMap((value) => Array.from({ length: BINS }, (_, bin) => {
  if (bin === BIN_OF_ZERO) return log(1 - value);
  return bin === BIN_OF_UNIT ? log(value) : -30;
})), [2, STATES.length, ACTIONS * BINS]);
const crossEntropy = (target: number, said: number) => -(target * log(said) + (1 - target) * log(1 - said));

interface Setting {
  readonly observed: string;
  readonly action: number;
  readonly reward: number;
  readonly isTerminal?: boolean;
  readonly isFirst?: boolean;
  readonly options?: Partial<SoftActorCriticOptions>;
  /** What the critics say in place of the above, and that they also learn branches of one step, from the last state. */
  readonly imagining?: typeof CRITICS;
}

/** One step, from one state to another. */
async function lossOf({ observed, action, reward, isTerminal = false, isFirst = false, options, imagining }: Setting) {
  const behavior = createSoftActorCritic(
    { ...config, ...options }, { featureSize: STATES.length, actions: { kind: 'discrete', n: ACTIONS }, actionSize: ACTIONS, bins: BINS, horizonDiscount: 4 },
    imagining ? { branching: { options: { ...valuesIn(branching).branches, starts: 1, horizon: 1, realShare: 0.25 } } } : {},
  );
  const row = (value: number) => float32([0, value], [1, 2]);
  const inputs = {
    statistics: { 'branches/updates': scalar(0) },
    params: {
      ...tableParameters, 'critic/0/kernel': kernel(imagining ?? CRITICS), 'critic/0/bias': zeros([2, 1, ACTIONS * BINS]), 'temperature/log': zeros([1]),
      'actor/out/kernel': float32(ACTOR.flatMap((first) => [log(first), log(1 - first)]), [4, ACTIONS]), 'actor/out/bias': zeros([ACTIONS]),
    },
    slow: { 'critic/0/kernel': kernel(SLOW), 'critic/0/bias': zeros([2, 1, ACTIONS * BINS]) },
    batch: {
      state: oneHots(observed), action: float32([0, 0, Number(action === 0), Number(action === 1)], [1, 2, 2]),
      reward: row(reward * UNIT), isTerminal: row(Number(isTerminal)), isFirst: row(Number(isFirst)),
    },
  };
  const { compiled, expected } = await runBoth((v, noise) => {
    const { total, extras, gradients } = valueAndGradients(v.params as Params, () => {
      const { state, action: taken, reward: received, isTerminal: ends, isFirst: begins } = v.batch;
      const batch: Batch = { image: received, action: taken, reward: received, isFirst: begins, isTerminal: ends, weight: tf.ones([1]), context: {}, targets: {} };
      const input = { params: v.params, slow: v.slow, statistics: v.statistics, model: tableModel(), world: { latents: { state } }, batch, noise };
      const [critics, policy] = [behavior.loss(input), behavior.apart?.loss(input)];
      return { total: tf.add(critics.total, policy?.total ?? 0), extras: { parts: { ...critics.parts, ...policy?.parts } } };
    });
    return { gradients, parts: extras.parts, out: { total } };
  }, inputs);
  expect(worstError(compiled, expected).error).toBeLessThan(1e-4);
  return { parts: mapGroup(compiled.parts, ({ data }) => data[0]), gradients: mapGroup(compiled.gradients, ({ data }) => [...data]) };
}

const entropyOf = (first: number) => -(first * log(first) + (1 - first) * log(1 - first));

describe('the critics of SAC', () => {
  it('learn the reward, the smaller word of their slow copies under the policy, and its entropy', async () => {
    const { parts } = await lossOf({ observed: 'ab', action: 1, reward: 0.1 });
    // In b the policy gives 0.4 and 0.6; the smaller words are 0.2 and 0.5. A nat is worth half a point, which is 0.5/UNIT units.
    const beyond = 0.4 * 0.2 + 0.6 * 0.5 + (0.5 * entropyOf(0.4)) / UNIT;
    const target = 0.1 + GAMMA * beyond;
    expect(parts.targetValue / UNIT).toBeCloseTo(target, 4);
    expect(parts.value).toBeCloseTo((crossEntropy(target, 0.7) + crossEntropy(target, 0.5)) / 2, 4);
  });

  it('learn the reward alone at an end, and nothing of another episode', async () => {
    expect((await lossOf({ observed: 'ad', action: 0, reward: 0.6, isTerminal: true })).parts.targetValue / UNIT).toBeCloseTo(0.6, 5);
    expect((await lossOf({ observed: 'ad', action: 0, reward: 0.6, isFirst: true })).parts.value).toBeCloseTo(0, 6);
  });
});

describe('the policy of SAC', () => {
  it('climbs the smaller of both critics, and keeps its choices open', async () => {
    const { parts } = await lossOf({ observed: 'ab', action: 1, reward: 0 });
    // In a: 0.75·0.2 + 0.25·0.5 units, and half a point for each nat.
    expect(parts.policy).toBeCloseTo(-((0.75 * 0.2 + 0.25 * 0.5) * UNIT + 0.5 * entropyOf(0.75)), 4);
    expect(parts.entropy).toBeCloseTo(entropyOf(0.75), 5);
    expect(parts.temperature).toBeCloseTo(0.5, 6);
  });

  it('cools where it is more open than is wanted, and warms where it is less', async () => {
    const slope = async (targetEntropy: number) => (await lossOf({ observed: 'ab', action: 1, reward: 0, options: { targetEntropy } })).gradients['temperature/log'][0];
    // The entropy in a is 0.81 of the most; what is minimised falls with log α by what is missing.
    expect(await slope(0.5)).toBeCloseTo(entropyOf(0.75) - 0.5 * log(2), 5);
    expect(await slope(0.95)).toBeCloseTo(entropyOf(0.75) - 0.95 * log(2), 5);
    expect(await slope(0.5)).toBeGreaterThan(0);
    expect(await slope(0.95)).toBeLessThan(0);
  });
});

it('learns imagined steps in their share, and nothing beyond an end', async () => {
  const inD = [[0.4, 0.4], [0.3, 0.3]];
  const imagining = CRITICS.map((critic, which) => [...critic.slice(0, 3), inD[which]]);
  const { parts } = await lossOf({ observed: 'bd', action: 0, reward: 0.5, isTerminal: false, imagining });
  // Whatever is done in d leads to d, for 0.6 units; both critics say the same of both actions there.
  expect(parts.imagined).toBeCloseTo((crossEntropy(0.6, 0.4) + crossEntropy(0.6, 0.3)) / 2, 3);
  expect(parts.branchLength).toBe(1);
});
