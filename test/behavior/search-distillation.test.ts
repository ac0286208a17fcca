import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import efficientzero from '../../src/agents/efficientzero.ts';
import { createSearchDistillation } from '../../src/behavior/search-distillation.ts';
import { optionsOf, type Behavior } from '../../src/config/index.ts';
import { compile } from '../../src/engine/compile.ts';
import { float32, mapGroup, specsOf, uint8, zeros } from '../../src/nd-array.ts';
import { createMuzero } from '../../src/models/muzero.ts';
import { initParameters } from '../../src/nn/parameters.ts';
import { createRng } from '../../src/random.ts';
import { configure } from '../../src/train/configure.ts';
import type { Batch, Group, LatentModel, NdArray, ParamArrays, WorldShape } from '../../src/types.ts';
import { ACTIONS, oneHots, tableModel } from '../data/table-model.ts';
import { normals, onnx, runBoth, uniforms } from '../engine/parity.ts';

const [FRAMES, UNROLL, T, A, BINS] = [2, 3, 8, 3, 5];
/** Sequences have the starts 1 to 4: no rollout begins at index 5 or later. */
const STARTS = T - UNROLL - (FRAMES - 1);
const GAMMA = 0.75;

interface Setting {
  readonly model: LatentModel;
  readonly behavior: Behavior;
  readonly params: ParamArrays;
}

/** EfficientZero's model and behaviour: the only place that knows how they are made. */
async function setting(overrides: readonly string[] = [], rules: Pick<WorldShape, 'takesTurns'> = {}): Promise<Setting> {
  const { config } = await configure({
    world: 'catch', preset: 'debug', agent: 'efficientzero',
    overrides: [
      `model.frames=${FRAMES}`, `model.unroll=${UNROLL}`, `train.batchLength=${T}`, `model.bins=${BINS}`,
      'model.support=15', 'model.horizonDiscount=4', 'model.decoder=recon', 'search.returnSteps=2', ...overrides,
    ],
  });
  const { model: modelOptions, behavior: behaviorOptions, search } = optionsOf(config, efficientzero);
  const world = {
    actions: { kind: 'discrete' as const, n: A }, actionSize: A, ...rules, image: { size: config.env.size, channels: 3 },
  };
  const model = createMuzero(modelOptions, world);
  const { featureSize } = model.representation;
  const behavior = createSearchDistillation({ behavior: behaviorOptions, search }, { ...world, ...modelOptions, featureSize });
  const params = initParameters({ ...model.parameters, ...behavior.prediction.parameters }, createRng(0));
  // Heads that begin at zero would hide what goes into them.
  const awake = mapGroup(params, (array, name) =>
    (/(logits|actor\/out)\/kernel/.test(name) ? normals(array.shape, 5) : array));
  return { model, behavior, params: awake };
}

type Data = Readonly<Record<Exclude<keyof Batch, 'context' | 'targets'> | 'searchPolicy' | 'searchValue', NdArray>>;

const size = 16;

/** One sequence whose searches all found the same policy. */
const plain: Data = {
  image: uint8(Uint8Array.from(uniforms([1, T, size, size, 3], 0, 256).data), [1, T, size, size, 3]),
  action: uniforms([1, T, A], 0, 1), reward: normals([1, T]), isFirst: zeros([1, T]), isTerminal: zeros([1, T]),
  searchPolicy: float32(Array.from({ length: T }, () => [0.5, 0.25, 0.25]).flat(), [1, T, A]),
  searchValue: normals([1, T], 7), weight: float32([1], [1]),
};

/** The same with `change` of every number at the given indices. */
function changeAt(array: NdArray, indices: readonly number[], change: (value: number) => number): NdArray {
  const perStep = array.data.length / T;
  const data = array.data.map((value, i) => (indices.includes(Math.floor(i / perStep)) ? change(value) : value));
  return { ...array, data };
}
const mark = (indices: readonly number[]) => changeAt(zeros([1, T]), indices, () => 1);

/** One sequence above the other. */
const stacked = (one: Data, other: Data): Data => mapGroup(one, (array, name) => {
  const data = [...array.data, ...other[name as keyof Data].data];
  const shape = [2, ...array.shape.slice(1)];
  return array.dtype === 'uint8' ? uint8(Uint8Array.from(data), shape) : float32(data, shape);
}) as Data;

/** All losses of both, by name, the behaviour's own sum, and the priority of the first sequence. */
async function lossesOf(of: Setting) {
  const run = await allOf(of, plain);
  return async (weights: ParamArrays, data: Data): Promise<Record<string, number>> =>
    mapGroup(await run(weights, data), ({ data: values }) => values[0]);
}

/** The same as arrays, of batches such as `like`. */
async function allOf({ model, behavior, params }: Setting, like: Data) {
  const program = await compile('losses', ({ params: p, data }, noise) => {
    const { image, action, reward, isFirst, isTerminal, searchPolicy, searchValue, weight } = data;
    const batch: Batch = {
      image, action, reward, isFirst, isTerminal, weight, context: {}, targets: { searchPolicy, searchValue },
    };
    const world = model.loss(p, batch, noise);
    const { parts, priority, total } = behavior.loss({ params: p, slow: {}, statistics: {}, model, world, batch, noise });
    const own: Group<Tensor> = priority ? { priority } : {};
    return { out: { ...world.parts, ...parts, ...own, acting: total, total: tf.add(world.total, total) } };
  }, specsOf({ params, data: { ...like } }), { engine: onnx });
  return async (weights: ParamArrays, data: Data): Promise<Group<NdArray>> =>
    (await program.run({ params: weights, data: { ...data } })).out;
}

const ofInterest = [
  'image', 'reward', 'continue', 'consistency', 'policy', 'value', 'valueError', 'priority', 'total',
] as const;

describe('search distillation', async () => {
  const { params } = await setting();
  /** Made by each test, so that it is known which of them pass over a line. */
  const whole = async () => lossesOf(await setting());

  const same = (one: Record<string, number>, other: Record<string, number>) => {
    for (const name of ofInterest) expect(other[name], name).toBeCloseTo(one[name], 5);
  };

  it('learns nothing from behind the border of an episode', async () => {
    const losses = await whole();
    // Whatever begins before index 5 is cut there, and nothing begins later.
    const behind = [5, 6, 7];
    const changed = (data: Data): Data => ({
      ...data,
      image: changeAt(data.image, behind, (value) => 255 - value),
      action: changeAt(data.action, behind, (value) => 1 - value),
      reward: changeAt(data.reward, behind, (value) => value + 3), isTerminal: mark([7]),
      searchPolicy: changeAt(data.searchPolicy, behind, (value) => (value === 0.5 ? 0 : 0.5)),
      searchValue: changeAt(data.searchValue, behind, (value) => value - 5),
    });
    const bordered = { ...plain, isFirst: mark([5]) };
    const [before, after] = [await losses(params, bordered), await losses(params, changed(bordered))];
    same(before, after);
    const [open, openChanged] = [await losses(params, plain), await losses(params, changed(plain))];
    for (const name of ofInterest) expect(Math.abs(openChanged[name] - open[name]), name).toBeGreaterThan(1e-4);
    // What stands right before the border does count.
    const near = await losses(params, { ...bordered, reward: changeAt(plain.reward, [4], (value) => value + 3) });
    expect(Math.abs(near.value - before.value)).toBeGreaterThan(1e-3);
  });

  it('learns values of returns whose sign turns at every step, where two players act in turn', async () => {
    const losses = await whole();
    const [reward, value] = [plain.reward.data, plain.searchValue.data];
    // Two steps, or fewer at the end of the sequence, then what a search found.
    const mean = (discount: number) => {
      const returns = Array.from({ length: T }, (_, t) => {
        if (t === T - 1) return value[t];
        return reward[t + 1] + discount * (t + 2 < T ? reward[t + 2] + discount * value[t + 2] : value[t + 1]);
      });
      return returns.reduce((sum, each) => sum + each) / T;
    };
    expect((await losses(params, plain)).targetValue).toBeCloseTo(mean(GAMMA), 5);
    const game = await setting([], { takesTurns: true });
    expect((await (await lossesOf(game))(game.params, plain)).targetValue).toBeCloseTo(mean(-GAMMA), 5);
  });

  it('wants no decision, and no value, where the world has ended', async () => {
    const losses = await whole();
    const over = { ...plain, isFirst: mark([5]), isTerminal: mark([4]) };
    const otherSearch = {
      searchPolicy: changeAt(plain.searchPolicy, [4], (value) => (value === 0.5 ? 0 : 0.5)),
      searchValue: changeAt(plain.searchValue, [4], (value) => value + 5),
    };
    const before = await losses(params, over);
    same(before, await losses(params, { ...over, ...otherSearch }));
    // At a time limit both count.
    const limit = { ...plain, isFirst: mark([5]) };
    const [cut, otherwise] = [await losses(params, limit), await losses(params, { ...limit, ...otherSearch })];
    expect(Math.abs(otherwise.policy - cut.policy)).toBeGreaterThan(1e-3);
    expect(Math.abs(otherwise.value - cut.value)).toBeGreaterThan(1e-3);
  });

  it('counts the first step as much as all that were imagined, and a sequence by its weight', async () => {
    const losses = await whole();
    // Heads that know nothing lose ln 5 on every value and ln 3 on every policy.
    const blank = mapGroup(params, (array, name) =>
      (/^(critic\/logits|actor\/out)/.test(name) ? zeros(array.shape) : array));
    const once = await losses(blank, plain);
    expect(once.value).toBeCloseTo(2 * Math.log(BINS), 5);
    expect(once.policy).toBeCloseTo(2 * Math.log(A), 5);
    expect(once.entropy).toBeCloseTo(Math.log(A), 5);
    expect(once.searchedShare).toBe(1);
    // Steps before the border: 3, 2, 1 and 0 of the three that follow starts 1 to 4.
    const bordered = await losses(blank, { ...plain, isFirst: mark([5]) });
    expect(bordered.value).toBeCloseTo((1 + (3 + 2 + 1 + 0) / 3 / STARTS) * Math.log(BINS), 5);
    const light = await losses(blank, { ...plain, weight: float32([0.25], [1]) });
    expect(light.value).toBeCloseTo(0.5 * Math.log(BINS), 5);
    expect(light.policy).toBeCloseTo(0.5 * Math.log(A), 5);
    for (const name of ['image', 'reward', 'continue', 'consistency']) expect(light[name] / once[name], name).toBeCloseTo(0.25, 4);
    // Only indices 1 to 3 were searched: 1 for each as a first step, ⅓ as a later one, of which there are 2 + 1.
    const few = await losses(blank, { ...plain, searchPolicy: changeAt(plain.searchPolicy, [0, 4, 5, 6, 7], () => 0) });
    expect(few.policy).toBeCloseTo(((3 + 3 / 3) / STARTS) * Math.log(A), 5);
    expect(few.searchedShare).toBeCloseTo(3 / T, 5);
  });

  // Five bins of h(x) for |x| ≤ 15; all the mass on the last makes every own value 15, for h(15) = 3.015.
  const sure = {
    ...params, 'critic/logits/kernel': zeros(params['critic/logits/kernel'].shape),
    'critic/logits/bias': float32([0, 0, 0, 0, 50], [BINS]),
  };
  const numbers = {
    ...plain, reward: float32([9, 1, 1, 1, 1, 1, 1, 1], [1, T]), searchValue: float32([4, 4, 4, 4, 4, 4, 4, 4], [1, T]),
  };

  it('looks two rewards ahead, to the value that a search found there', async () => {
    const losses = await whole();
    const { targetValue, valueError, priority } = await losses(sure, numbers);
    // 1 + γ(1 + γ·4) six times, then 1 + γ·4, then 4
    const two = 1 + GAMMA * (1 + GAMMA * 4);
    expect(targetValue).toBeCloseTo((6 * two + (1 + GAMMA * 4) + 4) / T, 3);
    // The starts say 15.
    expect(valueError).toBeCloseTo(15 - two, 3);
    expect(priority).toBeCloseTo(15 - two, 3);
  });

  it('takes searched values in their unit, which is more than one where heads say very large ones', async () => {
    const large = await lossesOf(await setting(['search.valueTarget=search', 'model.support=65536']));
    expect((await large(sure, numbers)).targetValue).toBeCloseTo(4 * 4, 4);
  });

  it('falls back on its own value where there was no search', async () => {
    const losses = await whole();
    const unknown = { ...numbers, searchPolicy: zeros([1, T, A]) };
    const { targetValue, policy, searchedShare } = await losses(sure, unknown);
    const two = 1 + GAMMA * (1 + GAMMA * 15);
    expect(targetValue).toBeCloseTo((6 * two + (1 + GAMMA * 15) + 15) / T, 3);
    expect([policy, searchedShare]).toEqual([0, 0]);
    // Only at index 7: the return from 6 and the last value itself end there, and the one from 5.
    const last = { ...numbers, searchPolicy: changeAt(plain.searchPolicy, [0, 1, 2, 3, 4, 5, 6], () => 0) };
    const ending = (await losses(sure, last)).targetValue;
    expect(ending).toBeCloseTo((5 * two + (1 + GAMMA * (1 + GAMMA * 4)) + (1 + GAMMA * 4) + 4) / T, 3);
  });

  it('learns the searched value itself where it is asked to, and returns where there is none', async () => {
    const direct = await lossesOf(await setting(['search.valueTarget=search']));
    expect((await direct(sure, numbers)).targetValue).toBeCloseTo(4, 4);
    // Terminal at index 2, and index 0 unknown: 1 + γ·1 from there, then 4, 0 and 4 five times.
    const some = {
      ...numbers, searchPolicy: changeAt(plain.searchPolicy, [0], () => 0), isTerminal: mark([2]), isFirst: mark([3]),
    };
    expect((await direct(sure, some)).targetValue).toBeCloseTo((1 + GAMMA * 1 + 4 + 0 + 5 * 4) / T, 3);
  });

  it('begins with values of zero, keeps a slow copy of everything, and learns a policy and a value from search', async () => {
    const { behavior, model: { representation: { featureSize } } } = await setting(['behavior.slowRate=0.25']);
    expect(behavior.slow).toEqual({ prefixes: [''], rate: 0.25 });
    expect(behavior.targetShapes).toEqual({ searchPolicy: [A], searchValue: [] });
    const fresh = initParameters(behavior.prediction.parameters, createRng(1));
    const { compiled } = await runBoth(({ params: p, x }) => {
      const { policy, value } = behavior.prediction.predict(p, x.features);
      return { out: { value: value!.predict(), policy: tf.exp(policy.logProbs!) } };
    }, { params: fresh, x: { features: normals([4, featureSize]) } });
    expect([...compiled.out.value.data].map(Math.abs)).toEqual([0, 0, 0, 0]);
    for (const chance of compiled.out.policy.data) expect(chance).toBeCloseTo(1 / A, 1);
  });

  it('is the mean over sequences, each by its weight, and a priority for each', async () => {
    const other: Data = {
      ...plain, action: uniforms([1, T, A], 0, 1, 11), reward: normals([1, T], 12), isFirst: mark([6]), weight: float32([0.25], [1]),
      searchValue: normals([1, T], 13), searchPolicy: changeAt(plain.searchPolicy, [2, 3], (value) => (value === 0.5 ? 0 : 0.5)),
    };
    const both = stacked(plain, other);
    const [losses, together] = [await whole(), await allOf(await setting(), both)];
    const [one, two, found] = [await losses(params, plain), await losses(params, other), await together(params, both)];
    for (const name of [...ofInterest, 'acting', 'entropy', 'targetValue']) {
      if (name !== 'priority') expect(found[name].data[0], name).toBeCloseTo((one[name] + two[name]) / 2, 4);
    }
    expect(found.priority.shape).toEqual([2]);
    [one, two].forEach(({ priority }, i) => expect(found.priority.data[i]).toBeCloseTo(priority, 4));
    expect(Math.abs(one.priority - two.priority)).toBeGreaterThan(0.01);
  });

  it('adds its losses by their scales, and falls with the entropy of what was to be decided', async () => {
    const scaled = ['behavior.scales.policy=3', 'behavior.scales.value=5', 'behavior.entropy=0.5'];
    const losses = await lossesOf(await setting(scaled));
    const blank = mapGroup(params, (array, name) =>
      (/^(critic\/logits|actor\/out)/.test(name) ? zeros(array.shape) : array));
    // As above: 2 ln 5 of values, 2 ln 3 of policies, and as much entropy as that
    expect((await losses(blank, plain)).acting).toBeCloseTo(5 * 2 * Math.log(BINS) + (3 - 0.5) * 2 * Math.log(A), 4);
    // Where nothing was searched, nothing was to be decided.
    const silent = { ...plain, searchPolicy: zeros([1, T, A]) };
    expect((await losses(blank, silent)).acting).toBeCloseTo(5 * 2 * Math.log(BINS), 4);
  });
});

describe('search distillation on a model that does not unroll itself', () => {
  it('learns where the model observed, every step alike', async () => {
    const { config } = await configure({
      world: 'catch', preset: 'debug', agent: 'efficientzero', overrides: ['search.returnSteps=1'],
    });
    const { behavior: defaults, search } = optionsOf(config, efficientzero);
    const shape = { actions: { kind: 'discrete' as const, n: ACTIONS }, actionSize: ACTIONS, image: { size, channels: 3 } };
    const behavior = createSearchDistillation(
      { behavior: { ...defaults, units: 4, actorLayers: 0, criticLayers: 0 }, search },
      { ...shape, featureSize: 4, bins: BINS, horizonDiscount: 4 },
    );
    // What the policy gives action 0 in states a to d; values are all zero.
    const chances = [0.75, 0.4, 0.9, 0.5];
    const weights = {
      ...mapGroup(behavior.prediction.parameters, ({ shape: dimensions }) => zeros(dimensions)),
      'actor/out/kernel': float32(chances.flatMap((first) => [Math.log(first), Math.log(1 - first)]), [4, ACTIONS]),
    };
    const data = {
      reward: float32([9, 1, 2, 9, 1, 0.5], [2, 3]), isFirst: zeros([2, 3]), isTerminal: float32([0, 0, 0, 0, 0, 1], [2, 3]),
      searchPolicy: float32([1, 0, 0, 1, 0.5, 0.5, 0, 0, 1, 0, 1, 0], [2, 3, ACTIONS]),
      searchValue: float32([4, 4, 4, 4, 2, 4], [2, 3]),
    };
    const { compiled: { out } } = await runBoth(({ params: p, data: v, world }, noise) => {
      const { reward, isFirst, isTerminal, searchPolicy, searchValue } = v;
      const batch: Batch = {
        image: reward, action: reward, reward, isFirst, isTerminal, weight: tf.ones([2]), context: {},
        targets: { searchPolicy, searchValue },
      };
      const { parts, priority } = behavior.loss({
        params: p, slow: {}, statistics: {}, model: tableModel(), world: { latents: { state: world.state } }, batch, noise,
      });
      return { out: { ...parts, priority: priority! } };
    }, { params: weights, data, world: { state: oneHots('abc dcb') } });
    // −log of ¾ in a, of 0.6 in b and half of each in c; c of the second sequence likewise, d was not searched, b is the end.
    const { log } = Math;
    expect(out.policy.data[0]).toBeCloseTo(-(log(0.75) + log(0.6) + 0.5 * (log(0.9) + log(0.1)) + log(0.9)) / 6, 5);
    expect(out.value.data[0]).toBeCloseTo(log(BINS), 5);
    // 1 + γ·4, 2 + γ·4, 4 | 1 + γ·2, ½, 0: all of them are surprises where 0 was said.
    const goals = [[1 + GAMMA * 4, 2 + GAMMA * 4, 4], [1 + GAMMA * 2, 0.5, 0]];
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value) / values.length;
    expect(out.targetValue.data[0]).toBeCloseTo(mean(goals.flat()), 5);
    goals.forEach((row, i) => expect(out.priority.data[i]).toBeCloseTo(mean(row), 4));
  });
});
