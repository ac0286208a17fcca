import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { beforeEach, describe, expect, it } from 'vitest';
import { optionsOf } from '../../src/config/index.ts';
import { compile } from '../../src/engine/compile.ts';
import { valueAndGradients } from '../../src/engine/gradients.ts';
import { float32, int32, mapGroup, specsOf, zeros } from '../../src/nd-array.ts';
import rssm, { createRssm, type RssmOptions } from '../../src/models/rssm.ts';
import { initParameters } from '../../src/nn/parameters.ts';
import { createRng } from '../../src/random.ts';
import { configure } from '../../src/train/configure.ts';
import type { Batch, Group, Groups, Latent, LatentModel, NdArray, Noise, ParamArrays, Params } from '../../src/types.ts';
import { integers, normals, onnx, uniforms } from '../engine/parity.ts';

const { config } = await configure({ world: 'catch', preset: 'debug', overrides: ['model.blocks=2'] });
const { size } = config.env;
const { model: options } = optionsOf(config, rssm);
const create = (changed: Partial<RssmOptions> = {}) =>
  createRssm({ ...options, ...changed }, { image: { size, channels: 3 }, actionSize: 3 });
const params = initParameters(create().parameters, createRng(0));
/** Made anew for every test, so that how it is made belongs to what the test passes over. */
let model: LatentModel;
beforeEach(() => {
  model = create();
});
const { deter, stoch, classes } = options;
const [B, T] = [2, 5];

const batch = {
  image: integers([B, T, size, size, 3], 256), action: uniforms([B, T, 3], 0, 1), reward: normals([B, T]),
  isFirst: float32([1, 0, 0, 1, 0, 0, 0, 0, 0, 0], [B, T]), isTerminal: float32([0, 0, 1, 0, 0, 0, 0, 0, 0, 1], [B, T]),
};
const context = { deter: normals([B, deter], 4), stoch: uniforms([B, stoch, classes], 0, 1) };

async function run(fn: Parameters<typeof compile>[1], inputs: Groups<NdArray>, seed = 0): Promise<Groups<NdArray>> {
  const program = await compile('test', fn, specsOf(inputs), { engine: onnx });
  return program.run(inputs, createRng(seed));
}

describe('the RSSM', () => {
  it('filters a sequence in its loss exactly as step by step', async () => {
    const { loss, steps } = await run((v, noise) => {
      const data = { ...v.batch, context: v.context } as Batch;
      const { latents } = model.loss(v.params, data, noise);
      return { loss: latents, steps: {} };
    }, { params, batch, context }).then(async (whole) => ({
      loss: whole.loss,
      steps: (await run((v, noise) => {
        const tokens = tf.reshape(model.representation.encode(v.params, tf.div(tf.cast(tf.reshape(v.batch.image, [B * T, size, size, 3]), 'float32'), 255)), [B, T, -1]);
        let carry = v.context;
        const deters: Tensor[] = [];
        const at = (tensor: Tensor, t: number) => tf.unstack(tensor, 1)[t];
        for (let t = 0; t < T; t++) {
          const input = { tokens: at(tokens, t), previousAction: at(v.batch.action, t), isFirst: at(v.batch.isFirst, t) };
          ({ carry } = model.representation.observe(v.params, carry, input, noise));
          deters.push(carry.deter);
        }
        return { steps: { deter: tf.stack(deters, 1), stoch: carry.stoch } };
      }, { params, batch, context })).steps,
    }));
    steps.deter.data.forEach((value, i) => expect(value).toBeCloseTo(loss.deter.data[i], 5));
    const lastStoch = [0, 1].flatMap((b) => [...loss.stoch.data].slice((b * T + T - 1) * stoch * classes, (b * T + T) * stoch * classes));
    expect([...steps.stoch.data]).toEqual(lastStoch);
  });

  it('forgets state and action where an episode begins', async () => {
    const observe = (isFirst: number, carry: Groups<NdArray>['carry'], action: NdArray) => run((v, noise) => ({
      out: model.representation.observe(v.params, v.carry, { tokens: v.in.tokens, previousAction: v.in.action, isFirst: v.in.isFirst }, noise).latent,
    }), {
      params, carry, in: { tokens: normals([1, tokens]), action, isFirst: float32([isFirst], [1]) },
    });
    const tokens = 4 * 4 * options.depth * 2;
    const [one, other] = [normals([1, deter], 7), normals([1, deter], 8)].map((state) => ({ deter: state, stoch: uniforms([1, stoch, classes], 0, 1) }));
    const blank = { deter: zeros([1, deter]), stoch: zeros([1, stoch, classes]) };
    const first = await observe(1, one, normals([1, 3]));
    expect(await observe(1, other, normals([1, 3], 5))).toEqual(first);
    expect(await observe(0, blank, zeros([1, 3]))).toEqual(first);
    expect(await observe(0, one, normals([1, 3]))).not.toEqual(first);
  });

  it('imagines one-hot latents under actions, and predicts rewards of zero before it has learned any', async () => {
    const { out } = await run((v, noise) => {
      const latent = model.dynamics.imagine(v.params, v.latent, v.in.action, noise);
      const { reward, discount } = model.dynamics.outcome(v.params, latent);
      return { out: { ...latent, reward: reward.predict(), discount: discount.predict(), picture: model.dynamics.decode!(v.params, latent) } };
    }, { params, latent: context, in: { action: normals([B, 3]) } });
    expect(out.deter.shape).toEqual([B, deter]);
    for (let i = 0; i < B * stoch; i++) {
      const variable = [...out.stoch.data].slice(i * classes, (i + 1) * classes);
      expect(variable.filter((value) => value === 1).length).toBe(1);
      expect(variable.filter((value) => value === 0).length).toBe(classes - 1);
    }
    expect([...out.reward.data]).toEqual([0, 0]);
    expect(out.discount.data.every((value) => value > 0 && value < 1)).toBe(true);
    expect(out.picture.shape).toEqual([B, size, size, 3]);
  });

  it('keeps the KL losses at the free nats while the KL is below them', async () => {
    const parts = async (freeNats: number) => {
      const other = create({ freeNats });
      return (await run((v, noise) => ({ out: other.loss(v.params, { ...v.batch, context: v.context } as Batch, noise).parts }), { params, batch, context })).out;
    };
    const [free, strict] = [await parts(100), await parts(0)];
    expect(free.dynamics.data[0]).toBeCloseTo(100, 4);
    expect(strict.dynamics.data[0]).toBeCloseTo(strict.divergence.data[0], 5);
    expect(strict.dynamics.data[0]).toBeGreaterThan(0);
    expect(strict.dynamics.data[0]).toBeCloseTo(strict.representation.data[0], 5);
  });

  it('measures the picture as a sum over pixels and the end of episodes with the discount in it', async () => {
    const blankImage = { ...batch, image: int32(new Int32Array(B * T * size * size * 3).fill(255), [B, T, size, size, 3]) };
    const blankParams = Object.fromEntries(Object.entries(params).map(([name, array]) =>
      [name, name.startsWith('decoder/pixels') || name.startsWith('continue/logits') ? zeros(array.shape) : array]));
    const { out } = await run((v, noise) => ({ out: model.loss(v.params, { ...v.batch, context: v.context } as Batch, noise).parts }),
      { params: blankParams, batch: blankImage, context });
    // Every pixel is off by ½; the continue head says ½ throughout, which costs ln 2 whatever the target.
    expect(out.image.data[0]).toBeCloseTo(size * size * 3 * 0.25, 2);
    expect(out.continue.data[0]).toBeCloseTo(Math.LN2, 4);
  });
});

// ------------------------------------------------------------ by number

type Changed = Partial<RssmOptions>;

/** The only place that knows how the model is made: without free nats and unimix unless a test asks for them. */
const modelWith = (changed: Changed): LatentModel => create({ freeNats: 0, unimix: 0, ...changed });

/** One loss of one batch, and its gradient for every parameter. */
async function lossOf(changed: Changed, weights: ParamArrays, data: Groups<NdArray>) {
  const other = modelWith(changed);
  const { out, gradients, parts } = await run((v, noise) => {
    const { total, extras, gradients: slopes } = valueAndGradients(v.params, () => {
      const { total: sum, parts: each } = other.loss(v.params, { ...v.batch, context: v.context } as Batch, noise);
      return { total: sum, extras: { parts: each } };
    });
    return { out: { total }, gradients: slopes, parts: extras.parts };
  }, { params: weights, ...data });
  return { total: out.total.data[0], gradients, parts: mapGroup(parts, ({ data: values }) => values[0]) };
}

/** One step of observation, from a carry; of one row of `tokens`. */
async function observed(
  weights: ParamArrays, input: Group<NdArray>, { changed = {}, noise }: { changed?: Changed; noise?: Noise } = {},
) {
  const other = modelWith(changed);
  const { out } = await run(({ params: p, x }, drawn) => {
    const carry: Latent = { deter: x.deter, stoch: x.stoch };
    const step = { tokens: x.tokens, previousAction: x.action, isFirst: x.isFirst };
    return { out: other.representation.observe(p as Params, carry, step, noise ?? drawn).latent };
  }, { params: weights, x: input });
  return mapGroup(out, ({ data }) => [...data]);
}

const TOKENS = 4 * 4 * options.depth * 2;
const rows = (count: number) => ({
  deter: zeros([count, deter]), stoch: zeros([count, stoch, classes]), action: zeros([count, 3]),
  isFirst: zeros([count]), tokens: zeros([count, TOKENS]),
});

/** Every matrix and bias is zero, save those that are given; the recurrence then forgets, and every head is undecided. */
function quiet(given: Group<(i: number) => number>): ParamArrays {
  return mapGroup(params, ({ shape, data }, name) => {
    const value = given[name] ?? (() => (name.endsWith('scale') ? 1 : 0));
    return float32(Float32Array.from(data, (_, i) => value(i)), shape);
  });
}

const moved = (gradients: Group<NdArray>): string[] => {
  const names = Object.keys(gradients).filter((name) => gradients[name].data.some((slope) => slope !== 0));
  return [...new Set(names.map((name) => name.split('/')[0]))].sort();
};

/** Two steps, of which the second begins another episode: what the first saw is not in its deter. */
const apart = {
  batch: {
    image: integers([B, 2, size, size, 3], 256), action: uniforms([B, 2, 3], 0, 1), reward: normals([B, 2]),
    isFirst: float32([0, 1, 0, 1], [B, 2]), isTerminal: zeros([B, 2]),
  },
  context,
};
const SILENT = { image: 0, reward: 0, continue: 0, dynamics: 0, representation: 0 };
/** Heads that begin at zero would hide what goes into them. */
const awake = mapGroup(params, (array, name) => (name === 'reward/logits/kernel' ? normals(array.shape, 5) : array));

describe('the two KL losses of the RSSM', () => {
  it.each([
    ['dynamics', 'prior', ['dynamics', 'prior']],
    ['representation', 'posterior', ['dynamics', 'encoder', 'posterior']],
  ] as const)('%s moves the %s, and the other side is fixed', async (name, _, groups) => {
    // No deter knows of any picture, so all that the encoder feels came through the posterior of the same step.
    const { gradients, total, parts } = await lossOf({ scales: { ...SILENT, [name]: 1 } }, awake, apart);
    expect(moved(gradients)).toEqual(groups);
    expect(total).toBeCloseTo(parts[name], 6);
  });

  it('are measured from the posterior to the prior, with its share of the uniform in both', async () => {
    // Of each of two variables: posterior 0.7 0.1 0.1 0.1, prior 0.1 0.2 0.3 0.4.
    const weights = quiet({
      'posterior/logits/bias': (i) => Math.log([0.7, 0.1, 0.1, 0.1][i % 4]),
      'prior/logits/bias': (i) => Math.log([0.1, 0.2, 0.3, 0.4][i % 4]),
    });
    const { parts } = await lossOf({}, weights, apart);
    // 2 (0.7 log 7 + 0.1 log ½ + 0.1 log ⅓ + 0.1 log ¼) = 2 · (1.362137 − 0.317805)
    expect(parts.dynamics).toBeCloseTo(2.088663, 5);
    expect(parts.representation).toBeCloseTo(2.088663, 5);
    // A fifth of it uniform: 0.8 p + 0.05 is 0.61 0.13 0.13 0.13 and 0.13 0.21 0.29 0.37;
    // 2 (0.61 log(61/13) + 0.13 (log(13/21) + log(13/29) + log(13/37))) = 2 · (0.943014 − 0.302625)
    const mixed = await lossOf({ unimix: 0.2 }, weights, apart);
    expect(mixed.parts.dynamics).toBeCloseTo(1.280777, 5);
    expect(mixed.parts.representation).toBeCloseTo(mixed.parts.dynamics, 5);
  });

  // The posterior is certain of both its variables where deter₀ is not zero, and undecided where it is; the prior always
  // is. So the KL is 2 log 4 = 2.772589 or 0: of four steps it is 2.77 in the first alone, as the second begins an episode.
  const uneven = quiet({
    'posterior/deter/kernel': (i) => (i === 0 ? 1 : 0),
    'posterior/logits/kernel': (i) => (i === 0 || i === classes ? 200 : 0),
  });
  const fourSteps = {
    batch: {
      image: integers([2, 2, size, size, 3], 256), action: zeros([2, 2, 3]), reward: zeros([2, 2]),
      isFirst: float32([0, 1, 0, 0], [2, 2]), isTerminal: zeros([2, 2]),
    },
    context: {
      deter: float32(Array.from({ length: 2 * deter }, (_, i) => (i === 0 ? 1 : 0)), [2, deter]),
      stoch: zeros([2, stoch, classes]),
    },
  };

  it('are kept above the free nats at every step, not in the mean', async () => {
    const { parts } = await lossOf({ freeNats: 0.5 }, uneven, fourSteps);
    // (2.772589 + 3 · 0.5) / 4, where the mean of the KL, 2.772589 / 4, is above 0.5 by itself
    for (const name of ['dynamics', 'representation']) expect(parts[name], name).toBeCloseTo(1.068147, 4);
    expect(parts.divergence).toBeCloseTo(0.693147, 4);
  });

  it('move nothing while they are below the free nats', async () => {
    const scales = { ...SILENT, dynamics: 1, representation: 1 };
    expect(moved((await lossOf({ freeNats: 100, scales }, awake, apart)).gradients)).toEqual([]);
  });
});

describe('the losses of the RSSM', () => {
  it('are weighed each by its own scale', async () => {
    const scales = { image: 2, reward: 3, continue: 5, dynamics: 7, representation: 11 };
    const { total, parts } = await lossOf({ scales }, awake, { batch, context });
    const expected = 2 * parts.image + 3 * parts.reward + 5 * parts.continue + 7 * parts.dynamics + 11 * parts.representation;
    expect(total / expected).toBeCloseTo(1, 5);
  });

  it.each([
    ['image', ['decoder', 'dynamics', 'encoder', 'posterior']], ['reward', ['dynamics', 'encoder', 'posterior', 'reward']],
    ['continue', ['continue', 'dynamics', 'encoder', 'posterior']],
  ] as const)('%s moves its head and the latent, and never the prior', async (name, groups) => {
    const { gradients, total, parts } = await lossOf({ scales: { ...SILENT, [name]: 1 } }, awake, apart);
    expect(moved(gradients)).toEqual(groups);
    expect(total / parts[name]).toBeCloseTo(1, 5);
  });

  it('want of the continue head the discount where an episode goes on, and 0 where it is over', async () => {
    // The head says ¾ throughout: log 4 − target · log 3, with a target of 1 − 1/5 = 0.8 in three of four steps.
    const weights = quiet({ 'continue/logits/bias': () => Math.log(3) });
    const over = { ...apart, batch: { ...apart.batch, isTerminal: float32([1, 0, 0, 0], [B, 2]) } };
    const { parts } = await lossOf({ horizonDiscount: 5 }, weights, over);
    expect(parts.continue).toBeCloseTo(1.386294 - 0.75 * 0.8 * 1.098612, 5);
  });

  it('do not reach the latent through a decoder that only looks at it', async () => {
    const { gradients } = await lossOf({ decoder: 'probe', scales: { ...SILENT, image: 1 } }, awake, apart);
    expect(moved(gradients)).toEqual(['decoder']);
  });
});

describe('where an episode begins, the RSSM', () => {
  const inputs = {
    ...rows(1), deter: normals([1, deter], 7), stoch: uniforms([1, stoch, classes], 0, 1), action: normals([1, 3]),
    tokens: normals([1, TOKENS]),
  };
  const others: Record<string, NdArray> = {
    deter: normals([1, deter], 8), stoch: uniforms([1, stoch, classes], 0, 1, 9), action: normals([1, 3], 10),
  };

  it.each(['deter', 'stoch', 'action'])('looks at no %s of the moment before', async (name) => {
    const changed = { ...inputs, [name]: others[name] };
    const first = { isFirst: float32([1], [1]) };
    expect(await observed(params, { ...changed, ...first })).toEqual(await observed(params, { ...inputs, ...first }));
    // In the middle of an episode all of it counts.
    expect(await observed(params, changed)).not.toEqual(await observed(params, inputs));
  });

  it.each(['deter', 'stoch', 'action'])('looks at no %s in a sequence either', async (name) => {
    const latents = async (isFirst: number, change: boolean) => {
      const began = { ...batch, isFirst: float32([isFirst, 0, 0, 0, 0, isFirst, 0, 0, 0, 0], [B, T]) };
      const elsewhere = mapGroup<NdArray, NdArray>(context, (leaf, key) =>
        (key === name ? uniforms(leaf.shape, -2, 2, 6) : leaf));
      const firstAction = { ...batch.action, data: batch.action.data.map((value, i) => (i % (3 * T) < 3 ? 1 - value : value)) };
      const { out } = await run((v, noise) => ({
        out: model.representation.filter(v.params, { ...v.batch, context: v.context } as Batch, noise),
      }), {
        params, batch: change && name === 'action' ? { ...began, action: firstAction } : began,
        context: change ? elsewhere : context,
      });
      return out;
    };
    expect(await latents(1, true)).toEqual(await latents(1, false));
    expect(await latents(0, true)).not.toEqual(await latents(0, false));
  });
});

describe('a step of the RSSM, by number', () => {
  it('mixes a fresh state into deter by the gates', async () => {
    // In each block: reset σ(log 3) = ¾ of a candidate 0.8, and update σ(1 − 1) = ½: ½ tanh(0.6) + ½ deter.
    const width = deter / 2;
    const weights = quiet({ 'dynamics/gru/gates/bias': (i) => [Math.log(3), 0.8, 1][Math.floor(i / width) % 3] });
    const state = float32(Float32Array.from({ length: deter }, (_, i) => i / 10), [1, deter]);
    const { deter: next } = await observed(weights, { ...rows(1), deter: state });
    next.forEach((value, i) => expect(value).toBeCloseTo(0.5 * 0.537050 + 0.05 * i, 5));
    // Nothing at its gates: σ(0 − 1) = 0.268941 of what it was is lost.
    const { deter: idle } = await observed(quiet({}), { ...rows(1), deter: state });
    idle.forEach((value, i) => expect(value).toBeCloseTo(0.731059 * 0.1 * i, 5));
  });

  it('draws from the posterior, and imagines from the prior, with a share of the uniform', async () => {
    // Certain of class 0 but for a fifth that is spread over four: 0.85 0.05 0.05 0.05. A uniform of 0.86 draws class 1.
    const always = (value: number): Noise =>
      ({ uniform: (shape) => tf.fill([...shape], value), normal: (shape) => tf.zeros([...shape]) });
    const certain = (i: number) => (i % classes === 0 ? 200 : 0);
    const drawn = async (value: number) => {
      const settings = { changed: { unimix: 0.2 }, noise: always(value) };
      const { stoch: seen } = await observed(quiet({ 'posterior/logits/bias': certain }), rows(1), settings);
      const dreamer = modelWith({ unimix: 0.2 });
      const { out } = await run((v) => ({ out: dreamer.dynamics.imagine(v.params, v.latent, v.in.action, always(value)) }), {
        params: quiet({ 'prior/logits/bias': certain }), latent: { deter: zeros([1, deter]), stoch: zeros([1, stoch, classes]) },
        in: { action: zeros([1, 3]) },
      });
      expect([...out.stoch.data].map(Math.round)).toEqual(seen.map(Math.round));
      return seen.map(Math.round);
    };
    expect(await drawn(0.84)).toEqual([1, 0, 0, 0, 1, 0, 0, 0]);
    expect(await drawn(0.86)).toEqual([0, 1, 0, 0, 0, 1, 0, 0]);
  });
});

describe('the RSSM as it is made', () => {
  it('has latents, and heads on all of them, of the widths that it is told', () => {
    const made = create({ deter: 6, blocks: 2, stoch: 3, classes: 5, hidden: 4, units: 7, bins: 9 });
    const latent = { deter: [6], stoch: [3, 5] };
    expect(made.dynamics.latentShapes).toEqual(latent);
    expect(made.representation).toMatchObject({ carryShapes: latent, contextShapes: latent, blindSteps: 0, featureSize: 21 });
    const shapes = mapGroup(made.parameters, ({ shape }) => shape);
    expect(shapes).toMatchObject({
      'reward/0/kernel': [21, 7], 'reward/logits/kernel': [7, 9], 'continue/0/kernel': [21, 7], 'continue/logits/kernel': [7, 1],
      'prior/0/kernel': [6, 4], 'prior/logits/kernel': [4, 15], 'posterior/deter/kernel': [6, 4], 'posterior/logits/kernel': [4, 15],
      'dynamics/deter/kernel': [6, 4], 'dynamics/stoch/kernel': [15, 4], 'dynamics/action/kernel': [3, 4],
    });
    expect(shapes['posterior/tokens/kernel'][1]).toBe(4);
    expect(made.parameters['reward/logits/kernel'].init).toEqual({ fanIn: 7, scale: 0 });
    // The decoder begins with both parts of the latent: a half of deter for each block, and all of stoch.
    expect(shapes['decoder/deter/kernel'].slice(0, 2)).toEqual([2, 3]);
    expect(shapes['decoder/stoch0/kernel']).toEqual([15, 14]);
    expect(shapes).not.toHaveProperty('posterior/tokens/bias');
    const parts = (names: object) => [...new Set(Object.keys(names).map((name) => name.split('/')[0]))].sort();
    expect(parts(shapes)).toEqual(['continue', 'decoder', 'dynamics', 'encoder', 'posterior', 'prior', 'reward']);
    expect(parts(made.dynamics.parameters)).toEqual(['continue', 'decoder', 'dynamics', 'prior', 'reward']);
    expect(parts(made.representation.parameters)).toEqual(['dynamics', 'encoder', 'posterior']);
    // Layers have names of their own: two of the same name would be one.
    const deep = mapGroup(create({ posteriorLayers: 3, priorLayers: 2 }).parameters, ({ shape }) => shape);
    expect(Object.keys(deep).filter((name) => /^p\w+\/.*kernel/.test(name)).sort()).toEqual([
      'posterior/deter/kernel', 'posterior/logits/kernel', 'posterior/more/0/kernel', 'posterior/more/1/kernel',
      'posterior/tokens/kernel', 'prior/0/kernel', 'prior/1/kernel', 'prior/logits/kernel',
    ]);
    const blind = create({ decoder: 'none' });
    expect(blind.dynamics.decode).toBeUndefined();
    expect(parts(blind.parameters)).not.toContain('decoder');
  });

  it('tells what arriving gives of one latent as of many', async () => {
    const { out } = await run((v) => {
      const { reward, discount } = model.dynamics.outcome(v.params, v.latent);
      return { out: { reward: reward.predict(), discount: discount.predict() } };
    }, { params, latent: { deter: zeros([1, deter]), stoch: zeros([1, stoch, classes]) } });
    expect([out.reward.shape, out.discount.shape]).toEqual([[1], [1]]);
  });

  it('refuses blocks of different widths', async () => {
    await expect(configure({ world: 'catch', preset: 'debug', overrides: ['model.blocks=3'] })).rejects.toThrow(
      'model.blocks: expected a divisor of model.deter = 8, got 3',
    );
  });
});
