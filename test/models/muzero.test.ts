import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { beforeEach, describe, expect, it } from 'vitest';
import { optionsOf } from '../../src/config/index.ts';
import { compile } from '../../src/engine/compile.ts';
import { valueAndGradients } from '../../src/engine/gradients.ts';
import { float32, int32, mapGroup, specsOf, zeros } from '../../src/nd-array.ts';
import muzero, { createMuzero } from '../../src/models/muzero.ts';
import { initParameters } from '../../src/nn/parameters.ts';
import { firstSteps } from '../../src/nn/sequences.ts';
import { createRng } from '../../src/random.ts';
import { configure } from '../../src/train/configure.ts';
import type { Batch, Group, Groups, Latent, LatentModel, NdArray } from '../../src/types.ts';
import { integers, normals, onnx, uniforms } from '../engine/parity.ts';

const FRAMES = 3;
const UNROLL = 3;
const [B, T, A] = [2, 8, 3];

async function setting(agent: string, overrides: readonly string[] = []) {
  const { config } = await configure({
    world: 'catch', preset: 'debug', agent,
    overrides: [`model.frames=${FRAMES}`, `model.unroll=${UNROLL}`, `train.batchLength=${T}`, ...overrides],
  });
  const { model: options } = optionsOf(config, muzero);
  const model = createMuzero(options, { image: { size: config.env.size, channels: 3 }, actionSize: A });
  // Heads that begin at zero would hide what goes into them.
  const params = mapGroup(initParameters(model.parameters, createRng(0)), (array, name) =>
    (name.endsWith('logits/kernel') ? normals(array.shape, 5) : array));
  return { size: config.env.size, options, model, params };
}

const { size, options, params } = await setting('efficientzero', ['model.decoder=recon']);
/** Made anew for every test, so that how it is made belongs to what the test passes over. */
let model: LatentModel;
beforeEach(async () => {
  ({ model } = await setting('efficientzero', ['model.decoder=recon']));
});

/** The second sequence begins in the middle of an episode; another one begins at index 4 of the first. */
const batch = {
  image: integers([B, T, size, size, 3], 256), action: uniforms([B, T, A], -1, 1), reward: normals([B, T]),
  isFirst: float32([1, 0, 0, 0, 1, 0, 0, 0, ...new Array<number>(T).fill(0)], [B, T]), isTerminal: zeros([B, T]),
};

type Inputs = Groups<Tensor>;

async function run(fn: (v: Inputs) => Groups<Tensor>, inputs: Groups<NdArray>): Promise<Groups<NdArray>> {
  const program = await compile('test', fn, specsOf(inputs), { engine: onnx });
  const outputs = await program.run(inputs);
  await program.dispose();
  return outputs;
}

const noNoise = { uniform: refuse, normal: refuse };
function refuse(): never {
  throw new Error('the trio draws no random numbers');
}

/** A batch whose sequences weigh 1. */
const whole = ({ image, action, reward, isFirst, isTerminal }: Group<Tensor>): Batch =>
  ({ image, action, reward, isFirst, isTerminal, context: {}, targets: {}, weight: tf.ones([B]) });

const filter = (v: Inputs): Latent => model.representation.filter(v.params, whole(v.batch), noNoise);

const at = (tensor: Tensor, t: number): Tensor => tf.unstack(tensor, 1)[t];

function close(actual: NdArray, expected: NdArray, digits = 4): void {
  expect(actual.shape).toEqual(expected.shape);
  expected.data.forEach((value, i) => expect(actual.data[i]).toBeCloseTo(value, digits));
}

describe('the trio as a filter', () => {
  it('sees in a sequence what it sees step by step', async () => {
    const { whole: sequence, steps, last } = await run((v) => {
      const pictures = tf.div(tf.cast(tf.reshape(v.batch.image, [B * T, size, size, 3]), 'float32'), 255);
      const tokens = tf.reshape(model.representation.encode(v.params, pictures), [B, T, -1]);
      let carry: Latent = mapGroup(model.representation.carryShapes, (shape) => tf.zeros([B, ...shape]));
      const latents: Latent[] = [];
      for (let t = 0; t < T; t++) {
        const input = { tokens: at(tokens, t), previousAction: at(v.batch.action, t), isFirst: at(v.batch.isFirst, t) };
        const next = model.representation.observe(v.params, carry, input, noNoise);
        carry = next.carry;
        latents.push(next.latent);
      }
      const steps = mapGroup(model.dynamics.latentShapes, (_, leaf) => tf.stack(latents.map((latent) => latent[leaf]), 1));
      return { whole: filter(v), steps, last: carry };
    }, { params, batch });
    for (const leaf of Object.keys(model.dynamics.latentShapes)) close(steps[leaf], sequence[leaf], 5);
    expect(last.history.shape).toEqual([B, ...model.representation.carryShapes.history]);
    // Roots were not imagined.
    for (const leaf of ['arrival', 'memory', 'before', 'age']) {
      expect(sequence[leaf].data.every((value) => value === 0), leaf).toBe(true);
    }
  });

  it('remembers as many pictures as it has frames, and none from before its episode', async () => {
    const inputs = specsOf({ params, batch });
    const program = await compile('filter', (v) => ({ out: { state: filter(v).state } }), inputs, { engine: onnx });
    const states = async (changed: Partial<typeof batch>) => {
      const { out } = await program.run({ params, batch: { ...batch, ...changed } });
      return out.state.data;
    };
    const before = await states({});
    const deter = options.deter;
    /** By sequence, the indices whose state differs. */
    const moved = (after: ArrayLike<number>) => [0, 1].map((b) => Array.from({ length: T }, (_, t) => t).filter((t) =>
      Array.from({ length: deter }, (_, i) => (b * T + t) * deter + i).some((i) => after[i] !== before[i])));
    const picture = size * size * 3;
    const otherImage = (t: number) => int32(Int32Array.from(batch.image.data, (value, i) =>
      (Math.floor(i / picture) % T === t ? 255 - value : value)), batch.image.shape);
    const otherAction = (t: number) => float32(Float32Array.from(batch.action.data, (value, i) =>
      (Math.floor(i / A) % T === t ? value + 1 : value)), batch.action.shape);
    expect(moved(await states({ image: otherImage(3) }))).toEqual([[3], [3, 4, 5]]);
    expect(moved(await states({ image: otherImage(4) }))).toEqual([[4, 5, 6], [4, 5, 6]]);
    expect(moved(await states({ image: otherImage(0) }))).toEqual([[0, 1, 2], [0, 1, 2]]);
    // What led to the first picture of an episode is not its business.
    expect(moved(await states({ action: otherAction(4) }))).toEqual([[], [4, 5, 6]]);
    expect(moved(await states({ action: otherAction(5) }))).toEqual([[5, 6, 7], [5, 6, 7]]);
    await program.dispose();
  });
});

describe('the trio unrolled', () => {
  it('is its own imagination, repeated under the actions of the batch', async () => {
    const starts = T - UNROLL - (FRAMES - 1);
    const { unrolled, imagined, other } = await run((v) => {
      const { unrolled: result } = model.loss(v.params, whole(v.batch), noNoise);
      if (!result) throw new Error('expected what was unrolled');
      expect(result.first).toBe(FRAMES - 1);
      const latents = filter(v);
      const rows = Array.from({ length: starts }, (_, s) => {
        let latent = mapGroup(latents, (leaf) => at(leaf, FRAMES - 1 + s));
        const reached: Latent[] = [latent];
        for (let k = 1; k <= UNROLL; k++) {
          latent = { ...model.dynamics.imagine(v.params, latent, at(v.batch.action, FRAMES - 1 + s + k)) };
          reached.push(latent);
        }
        return reached;
      });
      const imaginedLatents = mapGroup(model.dynamics.latentShapes, (_, leaf) =>
        tf.stack(rows.map((reached) => tf.stack(reached.map((latent) => latent[leaf]), 1)), 1));
      return { unrolled: result.latents, imagined: imaginedLatents, other: { valid: result.valid } };
    }, { params, batch });
    for (const leaf of Object.keys(model.dynamics.latentShapes)) {
      close(unrolled[leaf], imagined[leaf], leaf === 'before' ? 2 : 5);
    }
    // Starts 2, 3, 4 and up to 3 steps; the episode of the first sequence ends before index 4.
    expect(starts).toBe(3);
    expect([...other.valid.data]).toEqual([
      ...[1, 1, 0, 0], ...[1, 0, 0, 0], ...[1, 1, 1, 1],
      ...new Array<number>(12).fill(1),
    ]);
  });

  it('halves the gradient at every step but the first', async () => {
    const gradients = (depth: number, through: 'unroll' | 'imagine') => run((v) => {
      // One start, so that its actions are in no history.
      const shorter = mapGroup(v.batch, (leaf) => firstSteps(leaf, FRAMES + UNROLL));
      const weights = tf.tensor1d(Array.from({ length: options.deter }, (_, i) => i + 1));
      const bias = v.params['representation/out/bias'];
      const { gradients: found } = valueAndGradients({ action: shorter.action, bias }, () => {
        let state: Tensor;
        if (through === 'unroll') {
          const { unrolled } = model.loss(v.params, whole(shorter), noNoise);
          if (!unrolled) throw new Error('expected what was unrolled');
          state = tf.unstack(tf.squeeze(unrolled.latents.state, [1]), 1)[depth];
        } else {
          let latent = mapGroup(model.representation.filter(v.params, whole(shorter), noNoise), (leaf) => at(leaf, FRAMES - 1));
          for (let k = 1; k <= depth; k++) {
            latent = { ...model.dynamics.imagine(v.params, latent, at(shorter.action, FRAMES - 1 + k)) };
          }
          state = latent.state;
        }
        return { total: tf.sum(tf.mul(state, weights)), extras: {} };
      });
      return { out: { action: found.action, bias: found.bias } };
    }, { params, batch }).then(({ out }) => out);
    const [scaled, plain] = [await gradients(3, 'unroll'), await gradients(3, 'imagine')];
    const share = (k: number) => {
      const from = (FRAMES - 1 + k) * A;
      return Array.from({ length: A }, (_, i) => scaled.action.data[from + i] / plain.action.data[from + i]);
    };
    // From step 3 back to the action of step 3, 2 and 1.
    share(3).forEach((value) => expect(value).toBeCloseTo(1, 3));
    share(2).forEach((value) => expect(value).toBeCloseTo(0.5, 3));
    share(1).forEach((value) => expect(value).toBeCloseTo(0.25, 3));
    // The root is reached as the first step is: whole from there, and by a quarter from step 3.
    const [once, alone] = [await gradients(1, 'unroll'), await gradients(1, 'imagine')];
    plain.bias.data.forEach((value, i) => expect(scaled.bias.data[i]).toBeCloseTo(value / 4, 4));
    alone.bias.data.forEach((value, i) => expect(once.bias.data[i]).toBeCloseTo(value, 4));
    expect(Math.max(...Array.from(alone.bias.data, Math.abs))).toBeGreaterThan(0.1);
  });
});

describe('the losses of the trio', () => {
  const lossOf = (of: LatentModel) => (v: Inputs) => {
    const { extras, gradients } = valueAndGradients(v.params, () => {
      const { total, parts } = of.loss(v.params, whole(v.batch), noNoise);
      return { total, extras: { parts } };
    });
    return { parts: extras.parts, gradients };
  };
  const moving = (gradients: Group<NdArray>) =>
    Object.keys(gradients).filter((name) => gradients[name].data.some((value) => value !== 0));

  it('are those worked out by hand where the heads know nothing', async () => {
    const blank = mapGroup(params, (array, name) =>
      (/logits\/(kernel|bias)|pixels/.test(name) ? zeros(array.shape) : array));
    const white = { ...batch, image: int32(new Int32Array(batch.image.data.length).fill(255), batch.image.shape) };
    const { parts } = await run(lossOf(model), { params: blank, batch: white });
    // Of 2 sequences × 3 starts × 3 steps 13 come before the end of their episode.
    expect(parts.reward.data[0]).toBeCloseTo((13 / 18) * Math.log(options.bins), 4);
    expect(parts.continue.data[0]).toBeCloseTo((13 / 18) * Math.LN2, 4);
    // Depths 0, 1 and 2 of the three starts are looked at: in the first sequence the second is over by then.
    expect(parts.image.data[0]).toBeCloseTo((5 / 6) * size * size * 3 * 0.25, 1);
  });

  it('look at one picture of each rollout, at the depth that its start says', async () => {
    // Grey, and lighter from picture to picture: at index t every number is 20·t / 255, and the decoder says ½.
    const grey = int32(Int32Array.from(batch.image.data, (_, i) => 20 * (Math.floor(i / (size * size * 3)) % T)), batch.image.shape);
    const blank = mapGroup(params, (array, name) => (/pixels/.test(name) ? zeros(array.shape) : array));
    const { parts } = await run(lossOf(model), { params: blank, batch: { ...batch, image: grey } });
    // Starts 2, 3 and 4 at depths 0, 1 and 2: indices 2, 4 and 6, of which 4 lies behind the border of the first sequence.
    const error = (t: number) => (20 * t / 255 - 0.5) ** 2;
    expect(parts.image.data[0] / (size * size * 3)).toBeCloseTo((2 * error(2) + error(4) + 2 * error(6)) / 6, 4);
  });

  it('want the chance of going on to be the discount, and nothing at the end', async () => {
    const { model: near, params: weights } = await setting('efficientzero', ['model.horizonDiscount=4']);
    // The head says ¾ of everything, which is 1 − 1/4.
    const sure = mapGroup(weights, (array, name) => (name.startsWith('continue/logits') ? zeros(array.shape) : array));
    const ending = { ...batch, isTerminal: float32([0, 0, 0, 1, ...new Array<number>(2 * T - 4).fill(0)], [B, T]) };
    const told = { ...sure, 'continue/logits/bias': float32([Math.log(3)], [1]) };
    const { parts } = await run(lossOf(near), { params: told, batch: ending });
    // 13 of the 18 steps count, one of which arrives at the end: from start 2 to index 3.
    const alive = -(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25));
    expect(parts.continue.data[0]).toBeCloseTo((12 * alive - Math.log(0.25)) / 18, 4);
  });

  it('teach every parameter', async () => {
    const { gradients } = await run(lossOf(model), { params, batch });
    expect(moving(gradients)).toEqual(Object.keys(params));
  });

  it('let a decoder that only looks change nothing but itself', async () => {
    const silent = ['model.scales.reward=0', 'model.scales.continue=0', 'model.scales.consistency=0'];
    const [probe, recon] = await Promise.all(['probe', 'recon'].map((decoder) =>
      setting('gumbel-muzero', [`model.decoder=${decoder}`, ...silent])));
    const learned = moving((await run(lossOf(probe.model), { params: probe.params, batch })).gradients);
    expect(learned).toEqual(Object.keys(probe.params).filter((name) => name.startsWith('decoder/')));
    expect(learned.length).toBeGreaterThan(0);
    const shaped = moving((await run(lossOf(recon.model), { params: recon.params, batch })).gradients);
    expect(shaped).toContain('representation/out/kernel');
    expect(shaped).toContain('dynamics/out/kernel');
  });

  it('do without a decoder', async () => {
    const none = await setting('gumbel-muzero', ['model.decoder=none']);
    expect(none.model.dynamics.decode).toBeUndefined();
    expect(Object.keys(none.params).filter((name) => name.startsWith('decoder/'))).toEqual([]);
    const { parts, gradients } = await run(lossOf(none.model), { params: none.params, batch });
    expect(Object.keys(parts)).toEqual(['reward', 'continue']);
    expect(moving(gradients)).toEqual(Object.keys(none.params));
  });
});

describe('the trio as it is made', () => {
  const shapesOf = ({ parameters }: Pick<LatentModel, 'parameters'>, prefix: string) => Object.fromEntries(
    Object.entries(parameters).filter(([name]) => name.startsWith(prefix)).map(([name, { shape }]) => [name, shape]),
  );

  it('has latents, a memory and heads of the widths that it is told', async () => {
    const widths = ['model.deter=6', 'model.hidden=5', 'model.units=7'];
    const { model: prefixes } = await setting('efficientzero', widths);
    expect(prefixes.dynamics.latentShapes).toEqual({ state: [6], arrival: [5], memory: [7], before: [1], age: [1] });
    // The pictures before the newest, each with an action
    expect(prefixes.representation).toMatchObject({
      carryShapes: { history: [FRAMES - 1, 5 + A] }, blindSteps: FRAMES - 1, featureSize: 6, contextShapes: {},
    });
    expect(shapesOf(prefixes, 'continue/')).toEqual({
      'continue/0/kernel': [5, 7], 'continue/0/bias': [7], 'continue/0/norm/scale': [7],
      'continue/logits/kernel': [7, 1], 'continue/logits/bias': [1],
    });
    const { model: bare } = await setting('gumbel-muzero', widths);
    expect(bare.dynamics.latentShapes).toEqual({ state: [6], arrival: [5] });
    // What imagines, and what no decision needs beside it: the consistency loss has networks of its own.
    const parts = (names: object) => [...new Set(Object.keys(names).map((name) => name.split('/')[0]))].sort();
    expect(parts(prefixes.dynamics.parameters)).toEqual(['continue', 'decoder', 'dynamics', 'prefix', 'reward']);
    expect(parts(prefixes.parameters)).toEqual([
      'continue', 'decoder', 'dynamics', 'embed', 'encoder', 'prediction', 'prefix', 'projection', 'representation', 'reward',
    ].sort());
    expect(parts(bare.parameters)).not.toContain('projection');
  });

  it('tells what arriving gives, and shows it, however many latents there are and however they are laid out', async () => {
    const { latentShapes } = model.dynamics;
    const latents = (front: readonly number[]) => mapGroup(latentShapes, (shape, leaf) => normals([...front, ...shape], leaf.length));
    const said = async (front: readonly number[]) => {
      const { out } = await run((v) => {
        const { reward, discount } = model.dynamics.outcome(v.params, v.latent);
        return { out: { reward: reward.predict(), discount: discount.predict() } };
      }, { params, latent: latents(front) });
      return out;
    };
    const [rows, laidOut, one] = [await said([6]), await said([2, 1, 3]), await said([1])];
    for (const name of ['reward', 'discount']) {
      close(laidOut[name], { ...rows[name], shape: [2, 1, 3] });
      expect(one[name].shape).toEqual([1]);
    }
    expect(new Set(rows.discount.data).size).toBe(6);
    const decoded = (v: Inputs) => ({ out: { picture: model.dynamics.decode!(v.params, v.latent) } });
    const { out } = await run(decoded, { params, latent: latents([6]) });
    expect(out.picture.shape).toEqual([6, size, size, 3]);
    expect(out.picture.data.every((value) => value > 0 && value < 1)).toBe(true);
  });

  it('needs sequences that hold its history and its unroll', async () => {
    const long = (length: number) => setting('efficientzero', [`train.batchLength=${length}`]);
    await long(FRAMES + UNROLL);
    await expect(long(FRAMES + UNROLL - 1)).rejects.toThrow(
      'train.batchLength: expected at least model.frames + model.unroll = 6, got 5',
    );
  });
});
