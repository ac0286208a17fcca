import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../src/config/index.ts';
import { compile } from '../../src/engine/compile.ts';
import { float32, int32, specsOf, zeros } from '../../src/nd-array.ts';
import { createRssm } from '../../src/models/rssm.ts';
import { initParameters } from '../../src/nn/parameters.ts';
import { createRng } from '../../src/random.ts';
import type { Batch, Groups, NdArray } from '../../src/types.ts';
import { integers, normals, onnx, uniforms } from '../engine/parity.ts';

const config = resolveConfig({ world: 'catch', preset: 'debug', overrides: ['model.blocks=2'] });
const { size } = config.env;
const model = createRssm(config.model, { image: { size, channels: 3 }, actionSize: 3 });
const params = initParameters(model.parameters, createRng(0));
const { deter, stoch, classes } = config.model;
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
        const tokens = tf.reshape(model.encode(v.params, tf.div(tf.cast(tf.reshape(v.batch.image, [B * T, size, size, 3]), 'float32'), 255)), [B, T, -1]);
        let carry = v.context;
        const deters: Tensor[] = [];
        const at = (tensor: Tensor, t: number) => tf.unstack(tensor, 1)[t];
        for (let t = 0; t < T; t++) {
          const input = { tokens: at(tokens, t), previousAction: at(v.batch.action, t), isFirst: at(v.batch.isFirst, t) };
          ({ carry } = model.observe(v.params, carry, input, noise));
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
      out: model.observe(v.params, v.carry, { tokens: v.in.tokens, previousAction: v.in.action, isFirst: v.in.isFirst }, noise).latent,
    }), {
      params, carry, in: { tokens: normals([1, tokens]), action, isFirst: float32([isFirst], [1]) },
    });
    const tokens = 4 * 4 * config.model.depth * 2;
    const [one, other] = [normals([1, deter], 7), normals([1, deter], 8)].map((state) => ({ deter: state, stoch: uniforms([1, stoch, classes], 0, 1) }));
    const blank = { deter: zeros([1, deter]), stoch: zeros([1, stoch, classes]) };
    const first = await observe(1, one, normals([1, 3]));
    expect(await observe(1, other, normals([1, 3], 5))).toEqual(first);
    expect(await observe(0, blank, zeros([1, 3]))).toEqual(first);
    expect(await observe(0, one, normals([1, 3]))).not.toEqual(first);
  });

  it('imagines one-hot latents under actions, and predicts rewards of zero before it has learned any', async () => {
    const { out } = await run((v, noise) => {
      const latent = model.imagine(v.params, v.latent, v.in.action, noise);
      const { reward, discount } = model.outcome(v.params, latent);
      return { out: { ...latent, reward: reward.predict(), discount: discount.predict(), picture: model.decode!(v.params, latent) } };
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
      const other = createRssm({ ...config.model, freeNats }, { image: { size, channels: 3 }, actionSize: 3 });
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
