/** Q-learning on a world of four states (table-model.ts), with values that are rows of a matrix: every number is known. */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import qLearning, { createQLearning, type QLearningOptions } from '../../src/behavior/q-learning.ts';
import { compile } from '../../src/engine/compile.ts';
import { float32, mapGroup, scalar, specsOf, zeros } from '../../src/nd-array.ts';
import { branching } from '../../src/nn/branches.ts';
import { createRng } from '../../src/random.ts';
import type { Batch, ParamArrays } from '../../src/types.ts';
import { valuesIn } from '../contracts/listed.ts';
import { onnx, runBoth, worstError } from '../engine/parity.ts';
import { ACTIONS, oneHots, STATES, tableModel, tableParameters, UNIT } from '../data/table-model.ts';

const GAMMA = 0.75;
const { behavior: defaults } = valuesIn(qLearning);
const config: QLearningOptions = { ...defaults, criticLayers: 0, distributional: false, returnSteps: 1, units: 4, epsilon: 0.2 };
const shape = { featureSize: STATES.length, actionSize: ACTIONS, bins: 41, horizonDiscount: 4 };

/** Of a, b, c and d, what two actions are worth; and what the slow copy says. */
const Q = [[1, 2], [3, 0], [-1, 5], [7, 7]];
const SLOW = [[10, 20], [30, 40], [-10, 50], [70, 70]];

interface Setting {
  readonly observed: string;
  readonly actions: readonly number[];
  readonly reward: readonly number[];
  readonly isFirst?: readonly number[];
  readonly isTerminal?: readonly number[];
  readonly weight?: readonly number[];
  readonly options?: Partial<QLearningOptions>;
  /** In place of the matrices above. */
  readonly params?: ParamArrays;
  readonly slow?: ParamArrays;
  /** Branches of so many steps, from the last state of every sequence. */
  readonly branch?: number;
  readonly firstHorizon?: number;
}

async function lossOf({ observed, actions, options, weight, branch = 0, firstHorizon = 0, params, slow, ...given }: Setting) {
  const rows = observed.split(' ').length;
  const behavior = createQLearning({ ...config, ...options }, { ...shape, ...(branch > 0 ? { horizonDiscount: 5 } : {}) }, branch > 0
    ? { branching: { options: { ...valuesIn(branching).branches, starts: rows, horizon: branch, firstHorizon, realShare: 0.25 } } } : {});
  const states = oneHots(observed);
  const [B, T] = states.shape;
  const flags = (values?: readonly number[]) => (values ? float32(values, [B, T]) : zeros([B, T]));
  const inputs = {
    params: { ...tableParameters, ...(params ?? { 'critic/actions/kernel': float32(Q.flat(), [4, ACTIONS]), 'critic/actions/bias': zeros([ACTIONS]) }) },
    statistics: { 'branches/updates': scalar(0) },
    slow: slow ?? { 'critic/actions/kernel': float32(SLOW.flat(), [4, ACTIONS]), 'critic/actions/bias': zeros([ACTIONS]) },
    batch: {
      state: states, action: float32(actions.flatMap((action) => [Number(action === 0), Number(action === 1)]), [B, T, ACTIONS]),
      reward: flags(given.reward), isFirst: flags(given.isFirst), isTerminal: flags(given.isTerminal), weight: float32(weight ?? new Array<number>(B).fill(1), [B]),
    },
  };
  const { compiled, expected } = await runBoth((v, noise) => {
    const { state, action, reward, isFirst, isTerminal, weight: weights } = v.batch;
    const batch: Batch = { image: reward, action, reward, isFirst, isTerminal, weight: weights, context: {}, targets: {} };
    const { total, parts, priority } = behavior.loss({
      params: v.params, slow: v.slow, statistics: v.statistics, model: tableModel(), world: { latents: { state } }, batch, noise,
    });
    return { parts, out: { total, priority: priority ?? tf.zeros([B]) } };
  }, inputs);
  expect(worstError(compiled, expected).error).toBeLessThan(1e-4);
  return { parts: mapGroup(compiled.parts, ({ data }) => data[0]), total: compiled.out.total.data[0], priority: [...compiled.out.priority.data] };
}

const huber = (x: number): number => (Math.abs(x) <= 1 ? x ** 2 / 2 : Math.abs(x) - 0.5);
/** Actions of index 0 led nowhere. */
const walk = { observed: 'abc', actions: [0, 1, 0], reward: [0, 0.5, 0.25] };

describe('what values learn', () => {
  it('is the reward and, double, what the slow copy says of the action that the critic likes best', async () => {
    const { total, parts: { targetValue, imaginedValue } } = await lossOf(walk);
    // a −1→ b, where 0 is liked best: 0.5 + γ·30. b −0→ c, where 1 is: 0.25 + γ·50. Nothing was done at c.
    const goals = [0.5 + GAMMA * 30, 0.25 + GAMMA * 50];
    expect(total).toBeCloseTo((huber(2 - goals[0]) + huber(3 - goals[1])) / 3, 4);
    expect(targetValue).toBeCloseTo((goals[0] + goals[1] + 50) / 3, 4);
    expect(imaginedValue).toBeCloseTo((2 + 3 + 5) / 3, 5);
  });

  it('is what the slow copy likes best where it is not double', async () => {
    const { total } = await lossOf({ ...walk, options: { double: false } });
    expect(total).toBeCloseTo((huber(2 - (0.5 + GAMMA * 40)) + huber(3 - (0.25 + GAMMA * 50))) / 3, 4);
  });

  it('is the return of several steps', async () => {
    const { total } = await lossOf({ ...walk, options: { returnSteps: 2 } });
    const [late, early] = [0.25 + GAMMA * 50, 0.5 + GAMMA * (0.25 + GAMMA * 50)];
    expect(total).toBeCloseTo((huber(2 - early) + huber(3 - late)) / 3, 4);
  });

  it('is the reward alone at an end, and nothing from one episode to the next', async () => {
    expect((await lossOf({ ...walk, isTerminal: [0, 1, 0], isFirst: [0, 0, 1] })).total).toBeCloseTo(huber(2 - 0.5) / 3, 5);
    expect((await lossOf({ ...walk, isFirst: [1, 1, 1] })).total).toBe(0);
  });

  it('weighs each sequence, and says how much there was to learn from it', async () => {
    const two = { observed: 'ab ba', actions: [0, 1, 0, 0], reward: [0, 0, 0, 1], weight: [1, 0.5] };
    const [first, second] = [2 - GAMMA * 30, 3 - (1 + GAMMA * 20)];
    const { total, priority } = await lossOf(two);
    expect(total).toBeCloseTo((huber(first) + 0.5 * huber(second)) / 4, 4);
    expect(priority[0]).toBeCloseTo(Math.abs(first) / 2, 4);
    expect(priority[1]).toBeCloseTo(Math.abs(second) / 2, 4);
  });
});

describe('values that are distributions of all that follows', () => {
  const BINS = 41;
  const UNITS = 20;
  /** What is certain to be one unit or nothing: by state, how probable the unit is for each of two actions. */
  const kernel = (chances: readonly (readonly number[])[]) => float32(chances.flat().flatMap((chance) => Array.from({ length: BINS }, (_, bin) =>
    // What it begins with, of 30 at the ends, is taken out.
    (bin === UNITS ? Math.log(1 - chance) : bin === UNITS + 1 ? Math.log(chance) : -30) + (30 * Math.abs(bin - UNITS)) / UNITS)), [4, ACTIONS * BINS]);

  it.each([false, true])('begin near zero (duelling: %s)', async (dueling) => {
    const nothing = { 'critic/actions/kernel': zeros([4, ACTIONS * BINS]), 'critic/actions/bias': zeros([ACTIONS * BINS]) };
    const critic = { ...nothing, ...(dueling ? { 'critic/state/kernel': zeros([4, BINS]), 'critic/state/bias': zeros([BINS]) } : {}) };
    const { total } = await lossOf({
      observed: 'ab', actions: [0, 0], reward: [0, 0], isTerminal: [0, 1], options: { distributional: true, projected: true, dueling }, params: critic, slow: critic,
    });
    // Of the one step that was made: −log of what zero has at first, of e^(−1.5 k) at k bins from there on either side.
    const all = Array.from({ length: BINS }, (_, bin) => Math.exp(-1.5 * Math.abs(bin - UNITS))).reduce((sum, each) => sum + each, 0);
    expect(total).toBeCloseTo(Math.log(all) / 2, 4);
  });

  it('move their atoms by what was received (C51)', async () => {
    const critic = (chances: readonly (readonly number[])[]) =>
      ({ 'critic/actions/kernel': kernel(chances), 'critic/actions/bias': zeros([ACTIONS * BINS]) });
    const { total } = await lossOf({
      observed: 'ab', actions: [0, 0], reward: [0, 0.5 * UNIT], options: { distributional: true, projected: true },
      params: critic([[0.7, 0.1], [0.2, 0.9], [0.5, 0.5], [0.5, 0.5]]), slow: critic([[0.5, 0.5], [0.1, 0.6], [0.5, 0.5], [0.5, 0.5]]),
    });
    // In b action 1 is liked best, of which the slow copy says 0.6: half a unit with 0.4, and 1.25 units with 0.6.
    const over = (0.25 * UNIT) / (Math.E ** 2 - Math.E);
    const goal = [0.4 * 0.5, 0.4 * 0.5 + 0.6 * (1 - over), 0.6 * over];
    expect(total).toBeCloseTo(-(goal[0] * Math.log(0.3) + goal[1] * Math.log(0.7) + goal[2] * -30) / 2, 3);
  });
});

describe('what values learn from branches', () => {
  /** c −0→ b −0→ a; nothing is left to chance. */
  const back = { observed: 'cba', actions: [0, 0, 0], reward: [0, 0.5, 0.25], options: { epsilon: 0 } };
  const real = (huber(-1 - (0.5 + 0.8 * 30)) + huber(3 - (0.25 + 0.8 * 20))) / 3;

  it('ends in what the slow copy says of the last state', async () => {
    const { total, parts } = await lossOf({ ...back, branch: 1 });
    // a −1→ c, where it goes on with 0.4
    expect(parts.imagined).toBeCloseTo(huber(2 - (0.4 * UNIT + 0.4 * 50)), 3);
    expect(parts.value).toBeCloseTo(real, 4);
    expect(total).toBeCloseTo(0.25 * real + 0.75 * parts.imagined, 3);
  });

  it('is the return of all steps up to there, from each of them as far as it is alive', async () => {
    const { parts } = await lossOf({ ...back, branch: 2 });
    // a −1→ c −1→ d, which is the end; c is alive with 0.4 / 0.8
    expect(parts.imagined).toBeCloseTo((huber(2 - (0.4 + 0.4 * 0.6) * UNIT) + 0.5 * huber(5 - 0.6 * UNIT)) / 2, 3);
    expect(parts.branchLength).toBeCloseTo(1.5, 5);
  });

  it('is that of a shorter branch where it has not grown to its length', async () => {
    const [short, young] = [await lossOf({ ...back, branch: 1 }), await lossOf({ ...back, branch: 3, firstHorizon: 1 })];
    expect(young.parts.imagined).toBeCloseTo(short.parts.imagined, 4);
    expect(young.total).toBeCloseTo(short.total, 4);
  });
});

describe('the policy of values', () => {
  const predicted = async (options: Partial<QLearningOptions>, params: Record<string, ReturnType<typeof float32>>) => {
    const behavior = createQLearning({ ...config, ...options }, shape);
    const inputs = { params, in: { features: float32([1, 0, 0, 0, 0, 0, 1, 0], [2, 4]) } };
    const program = await compile('predict', (v) => {
      const { policy, value, q = [] } = behavior.prediction.predict(v.params, v.in.features);
      return { out: { chances: tf.exp(policy.logProbs ?? tf.zeros([2, 2])), best: policy.predict(), value: value?.predict() ?? tf.zeros([2]), q: q[0] } };
    }, specsOf(inputs), { engine: onnx });
    const { out } = await program.run(inputs, createRng(0));
    await program.dispose();
    return mapGroup(out, ({ data }) => [...data].map((value) => Number(value.toFixed(4))));
  };
  const actions = { 'critic/actions/kernel': float32(Q.flat(), [4, ACTIONS]), 'critic/actions/bias': zeros([ACTIONS]) };

  it('takes the best action, but for a share of random ones', async () => {
    expect(await predicted({}, actions)).toEqual({ chances: [0.1, 0.9, 0.1, 0.9], best: [0, 1, 0, 1], value: [2, 5], q: [1, 2, -1, 5] });
  });

  it('adds what an action is better than the mean of all to what a state is worth, duelling', async () => {
    const state = { 'critic/state/kernel': float32([100, 200, 300, 400], [4, 1]), 'critic/state/bias': zeros([1]) };
    expect((await predicted({ dueling: true }, { ...actions, ...state })).q).toEqual([99.5, 100.5, 297, 303]);
  });
});
