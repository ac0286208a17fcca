/**
 * TD-MPC2's behaviour on the world of four states (table-model.ts): what its critics learn and where its policy climbs,
 * by numbers worked out by hand. Critics and actor have no hidden layers.
 */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { createTdLearning, type TdLearningOptions } from '../../src/behavior/td-learning.ts';
import tdLearning from '../../src/behavior/td-learning.ts';
import { valueAndGradients } from '../../src/engine/gradients.ts';
import { float32, mapGroup, scalar, zeros } from '../../src/nd-array.ts';
import type { Batch, Group, NdArray, Noise, Params } from '../../src/types.ts';
import { valuesIn } from '../contracts/listed.ts';
import { runBoth, worstError } from '../engine/parity.ts';
import { ACTIONS, oneHots, STATES, tableModel, UNIT } from '../data/table-model.ts';

/** e^k − 1 for k in 0..20, and their negatives. */
const BINS = 41;
const [BIN_OF_ZERO, BIN_OF_UNIT] = [20, 21];
/** γ = 1 − 1/4 */
const GAMMA = 0.75;

const { behavior: defaults } = valuesIn(tdLearning);
const config: TdLearningOptions = {
  ...defaults, units: 4, actorLayers: 0, criticLayers: 0, critics: 3, decay: 0.5, entropy: 0, returnRate: 0, returnLimit: 0.01,
  scales: { policy: 1, value: 1 },
};

/** What three critics say of the states, in units, whatever is done there; and their slow copies. */
const CRITICS = [[0.2, 0.7, 0.3, 0.6], [0.4, 0.5, 0.1, 0.2], [0.6, 0.3, 0.8, 0.4]];
const SLOW = [[0.4, 0.1, 0.7, 0.25], [0.3, 0.6, 0.2, 0.5], [0.9, 0.8, 0.6, 0.7]];
const { log } = Math;
const crossEntropy = (target: number, said: number) => -(target * log(said) + (1 - target) * log(1 - said));

function criticKernels(units: readonly (readonly number[])[], ofActions: readonly number[] = [0, 0]): NdArray {
  const row = (value: number) => Array.from({ length: BINS }, (_, bin) => {
    if (bin === BIN_OF_ZERO) return log(1 - value);
    return bin === BIN_OF_UNIT ? log(value) : -30;
  });
  const rows = units.flatMap((each) => [...each.map(row), ...ofActions.map((more) => row(0.5).map((_, bin) => (bin === BIN_OF_UNIT ? more : 0)))].flat());
  return float32(rows, [units.length, STATES.length + ACTIONS, BINS]);
}

interface Setting {
  readonly observed: string;
  readonly reward: readonly number[];
  readonly isFirst?: readonly number[];
  readonly isTerminal?: readonly number[];
  /** Chances of each critic: those of the two largest are asked. */
  readonly drawn: readonly number[];
  readonly ofActions?: readonly number[];
  readonly options?: Partial<TdLearningOptions>;
}

async function lossOf({ observed, drawn, ofActions, options, ...given }: Setting) {
  const model = tableModel();
  const behavior = createTdLearning(
    { ...config, ...options },
    { featureSize: STATES.length, actions: { kind: 'discrete', n: ACTIONS }, actionSize: ACTIONS, bins: BINS, horizonDiscount: 4 },
  );
  const states = oneHots(observed);
  const [B, T] = states.shape;
  const flags = (values?: readonly number[]) => (values ? float32(values, [B, T]) : zeros([B, T]));
  const weights = {
    'critic/0/kernel': criticKernels(CRITICS, ofActions), 'critic/0/bias': zeros([3, 1, BINS]),
    'slow/critic/0/kernel': criticKernels(SLOW), 'slow/critic/0/bias': zeros([3, 1, BINS]),
    'actor/out/kernel': zeros([4, ACTIONS]), 'actor/out/bias': zeros([ACTIONS]), 'world/state': states,
  };
  const inputs = {
    weights, statistics: { returnLow: scalar(0), returnHigh: scalar(UNIT) },
    batch: { reward: flags(given.reward.map((units) => units * UNIT)), isFirst: flags(given.isFirst), isTerminal: flags(given.isTerminal) },
    chances: { critics: float32(drawn, [3]) },
  };
  const { compiled, expected } = await runBoth((v) => {
    const { total, extras, gradients } = valueAndGradients(v.weights as Params, () => {
      const { reward, isFirst, isTerminal } = v.batch;
      const batch: Batch = {
        reward, isFirst, isTerminal, image: reward, action: tf.zeros([B, T, ACTIONS]), weight: tf.ones([B]), context: {}, targets: {},
      };
      // Whoever draws one number for each critic draws critics; all others draw actions.
      const noise: Noise = {
        uniform: (shape) => (shape.length === 1 ? v.chances.critics : tf.fill(shape as number[], 0.3)), normal: (shape) => tf.zeros(shape as number[]),
      };
      const slow = Object.fromEntries(Object.entries(v.weights).filter(([name]) => name.startsWith('slow/')).map(([name, tensor]) => [name.slice(5), tensor]));
      const input = { params: v.weights, slow, statistics: v.statistics, model, world: { latents: { state: v.weights['world/state'] } }, batch, noise };
      const [critics, policy] = [behavior.loss(input), behavior.apart?.loss(input)];
      return { total: tf.add(critics.total, policy?.total ?? 0), extras: { parts: { ...critics.parts, ...policy?.parts } } };
    });
    return { gradients, parts: extras.parts, sum: { total } };
  }, inputs);
  expect(worstError(compiled, expected).error).toBeLessThan(1e-4);
  return { parts: mapGroup(compiled.parts, ({ data }) => data[0]), gradients: compiled.gradients as Group<NdArray> };
}

describe('the critics', () => {
  it('learn the reward, and on from there the smaller word of two slow copies that are drawn', async () => {
    // From a, b comes with 0.2 units: the second and third copies say 0.6 and 0.8 of b, the first 0.1.
    const { parts } = await lossOf({ observed: 'ab', reward: [0, 0.2], drawn: [0.1, 0.5, 0.9] });
    const target = 0.2 + GAMMA * 0.6;
    expect(parts.targetValue / UNIT).toBeCloseTo(target, 5);
    expect(parts.value).toBeCloseTo((crossEntropy(target, 0.2) + crossEntropy(target, 0.4) + crossEntropy(target, 0.6)) / 3, 5);
    // Those of 0.2, 0.4 and 0.6 units deviate by √(0.08/3).
    expect(parts.criticSpread / UNIT).toBeCloseTo(Math.sqrt(0.08 / 3), 4);
    const other = await lossOf({ observed: 'ab', reward: [0, 0.2], drawn: [0.9, 0.5, 0.1] });
    expect(other.parts.targetValue / UNIT).toBeCloseTo(0.2 + GAMMA * 0.1, 5);
  });

  it('learn the reward alone where the episode ended', async () => {
    const { parts } = await lossOf({ observed: 'ad', reward: [0, 0.6], isTerminal: [0, 1], drawn: [0.1, 0.5, 0.9] });
    expect(parts.targetValue / UNIT).toBeCloseTo(0.6, 5);
  });

  it('learn nothing of a step on which another episode began', async () => {
    const { parts, gradients } = await lossOf({ observed: 'ab', reward: [0, 0.2], isFirst: [1, 1], drawn: [0.1, 0.5, 0.9] });
    expect(parts.value).toBeCloseTo(0, 6);
    expect([...gradients['critic/0/kernel'].data].every((slope) => slope === 0)).toBe(false); // the policy's, which is another stage's
  });
});

describe('the policy', () => {
  it('climbs the mean of the critics, and no gradient of it reaches what was observed', async () => {
    const { parts, gradients } = await lossOf({ observed: 'ab', reward: [0, 0], drawn: [0.1, 0.5, 0.9], ofActions: [0, 1], options: { scales: { policy: 1, value: 0 } } });
    expect(parts.imaginedValue).toBeGreaterThan(0);
    const [first, second] = gradients['actor/out/bias'].data;
    expect(second).toBeLessThan(0); // its loss falls as the better action gets likelier
    expect(first).toBeCloseTo(-second, 5);
    expect([...gradients['world/state'].data].every((slope) => slope === 0)).toBe(true);
  });

  it('is divided by the range of returns', async () => {
    const one = await lossOf({ observed: 'ab', reward: [0, 0], drawn: [0.1, 0.5, 0.9] });
    expect(one.parts.returnScale / UNIT).toBeCloseTo(1, 5);
    // Said of a and b: means of 0.4 and 0.5 units; the later one counts half.
    expect(one.parts.policy).toBeCloseTo(-(0.4 + 0.5 * 0.5) / 2, 4);
  });
});
