/** The contract of world models: every file in src/models keeps it. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { mergeLayers, type ConfigLayer, type ModelVariant } from '../../src/config/index.ts';
import { compile } from '../../src/engine/compile.ts';
import { valueAndGradients } from '../../src/engine/gradients.ts';
import { float32, mapGroup, rowsOf, specsOf, zeros } from '../../src/nd-array.ts';
import { initParameters } from '../../src/nn/parameters.ts';
import { cut, flatten, mapLatent } from '../../src/nn/sequences.ts';
import { createRng } from '../../src/random.ts';
import type { Batch, Group, Groups, LatentModel, NdArray, Params } from '../../src/types.ts';
import { onnx, uniforms } from '../engine/parity.ts';
import { awake, distance, listed, SENTENCE, sequences, valuesIn, WORLD } from './listed.ts';

const variants = await listed<ModelVariant>('src/models');
const [B, T] = [2, 8];
/** Short enough for the batches below; without free nats every part of a loss has a gradient. */
const SMALL = {
  train: { batchLength: T }, model: { freeNats: 0, frames: 3, unroll: 3, blocks: 2, scales: { consistency: 1 } },
};

interface Setting {
  readonly model: LatentModel;
  readonly params: Group<NdArray>;
}

function build(variant: ModelVariant, model: ConfigLayer = {}): Setting {
  const built = variant.build(valuesIn(variant, { layer: mergeLayers(SMALL, { model }) }), WORLD);
  return { model: built, params: awake(initParameters(built.parameters, createRng(0))) };
}

const batchOf = (options: Parameters<typeof sequences>[1] = {}) => sequences(WORLD, { batch: B, length: T, ...options });

/** Something for every leaf that the context asks for. */
const contextOf = ({ representation }: LatentModel, seed = 4) =>
  mapGroup(representation.contextShapes, (shape, leaf) => uniforms([B, ...shape], 0, 1, seed + leaf.length));

async function run(fn: Parameters<typeof compile>[1], inputs: Groups<NdArray>, seed = 3): Promise<Groups<NdArray>> {
  const program = await compile('contract', fn, specsOf(inputs), { engine: onnx });
  const outputs = await program.run(inputs, createRng(seed));
  await program.dispose();
  return outputs;
}

const filtered = async ({ model, params }: Setting, batch: Groups<NdArray>['batch'], context: Group<NdArray>) => {
  const { out } = await run((v, noise) => {
    const { image, action, isFirst } = v.batch;
    return { out: model.representation.filter(v.params, { image, action, isFirst, context: v.context ?? {} }, noise) };
  }, { params, batch, context });
  return out;
};

describe.each(variants)('the model %s', (_, variant) => {
  const setting = build(variant);
  const { model, params } = setting;
  const { representation, dynamics, parameters } = model;

  it('says what it is in one sentence, and of which parameters its parts are made', () => {
    expect(variant.description).toMatch(SENTENCE);
    for (const part of [representation, dynamics]) {
      for (const [name, spec] of Object.entries(part.parameters)) expect(parameters[name]).toEqual(spec);
    }
    expect(Object.keys(representation.parameters).some((name) => name.startsWith('decoder/'))).toBe(false);
  });

  it('sees and imagines with the parameters of each part alone', async () => {
    const only = (part: Group<unknown>) => mapGroup(part, (_spec, name) => params[name]);
    const batch = batchOf();
    const seen = await filtered({ model, params: only(representation.parameters) }, batch, contextOf(model));
    const latent = mapGroup(dynamics.latentShapes, (shape) => uniforms([B, ...shape], 0, 1));
    const { out } = await run((v, noise) => {
      const next = dynamics.imagine(v.params, v.latent, v.input.action, noise);
      const { reward, discount } = dynamics.outcome(v.params, next);
      return { out: { ...next, 'reward ': reward.predict(), 'discount ': discount.predict() } };
    }, { params: only(dynamics.parameters), latent, input: { action: uniforms([B, 3], 0, 1) } });
    for (const [leaf, { shape }] of Object.entries(seen)) expect(shape, leaf).toEqual([B, T, ...dynamics.latentShapes[leaf]]);
    for (const [leaf, shape] of Object.entries(dynamics.latentShapes)) expect(out[leaf].shape, leaf).toEqual([B, ...shape]);
    expect([out['reward '].shape, out['discount '].shape]).toEqual([[B], [B]]);
    expect([...out['discount '].data].every((chance) => chance > 0 && chance < 1)).toBe(true);
  });

  it('filters a sequence exactly as it observes step by step', async () => {
    const batch = batchOf({ firsts: [3, T + 5] });
    const inputs = { params, batch, context: contextOf(model) };
    const whole = await filtered(setting, batch, inputs.context);
    const { out } = await run((v, noise) => {
      const steps = (tensor: Tensor) => tf.unstack(tensor, 1);
      const [images, actions, firsts] = [steps(v.batch.image), steps(v.batch.action), steps(v.batch.isFirst)];
      let carry: Group<Tensor> = mapGroup(representation.carryShapes, (shape, leaf) => v.context?.[leaf] ?? tf.zeros([B, ...shape]));
      const latents = images.map((image, t) => {
        const tokens = representation.encode(v.params, tf.div(tf.cast(image, 'float32'), 255));
        const seen = representation.observe(v.params, carry, { tokens, previousAction: actions[t], isFirst: firsts[t] }, noise);
        ({ carry } = seen);
        return seen.latent;
      });
      return { out: mapLatent(latents[0], (_leaf, name) => tf.stack(latents.map((each) => each[name]), 1)) };
    }, inputs);
    for (const [leaf, array] of Object.entries(whole)) expect(distance(array, out[leaf]), leaf).toBeLessThan(2e-5);
  });

  it('knows nothing of the episode before, whatever it was', async () => {
    const begin = 4;
    const batch = batchOf({ firsts: [begin, T + begin] });
    const other = batchOf({ firsts: [begin, T + begin], seed: 9 });
    /** What lies before the episode's beginning is another batch's; so is the action that led there. */
    const mixed = mapGroup(batch, (array, name) => {
      const each = array.data.length / (B * T);
      const until = name === 'action' ? begin + 1 : begin;
      const data = array.data.slice();
      for (let b = 0; b < B; b++) data.set(other[name as 'image'].data.subarray(b * T * each, (b * T + until) * each), b * T * each);
      return { ...array, data };
    });
    const [one, two] = [await filtered(setting, batch, contextOf(model)), await filtered(setting, mixed, contextOf(model, 8))];
    for (const [leaf, array] of Object.entries(one)) {
      const after = (latent: NdArray) => float32(Array.from({ length: B }, (_row, b) => {
        const each = latent.data.length / (B * T);
        return [...latent.data.subarray((b * T + begin) * each, (b + 1) * T * each)];
      }).flat(), [B, (T - begin) * (latent.data.length / (B * T))]);
      expect(distance(after(array), after(two[leaf])), leaf).toBe(0);
    }
  });

  it('gives each sequence latents that depend on no other', async () => {
    const batch = batchOf();
    const other = mapGroup(batch, (array, name) => {
      const data = array.data.slice();
      data.set(batchOf({ seed: 7 })[name as 'image'].data.subarray(data.length / B), data.length / B);
      return { ...array, data };
    });
    const [one, two] = [await filtered(setting, batch, contextOf(model)), await filtered(setting, other, contextOf(model))];
    // Noise is drawn for both rows together, and the first row's comes first.
    for (const [leaf, array] of Object.entries(one)) expect(distance(rowsOf(array, 0, 1), rowsOf(two[leaf], 0, 1)), leaf).toBe(0);
  });

  it('imagines what its loss unrolled', async () => {
    const batch = batchOf({ firsts: [6] });
    const inputs = { params, batch, context: contextOf(model) };
    const outputs = await run((v, noise) => {
      const data: Batch = {
        ...(v.batch as Pick<Batch, 'image' | 'action' | 'reward' | 'isFirst' | 'isTerminal'>),
        context: v.context ?? {}, targets: {}, weight: tf.ones([B]),
      };
      const { unrolled } = model.loss(v.params, data, noise);
      if (!unrolled) return { out: { largest: tf.zeros([]), columns: tf.zeros([]) } };
      const [, starts, columns]: number[] = unrolled.valid.shape;
      let latent = mapLatent(unrolled.latents, (leaf) => flatten(tf.squeeze(tf.slice(leaf, [0, 0, 0], [-1, -1, 1]), [2]), 2));
      const differences: Tensor[] = [];
      for (let k = 1; k < columns; k++) {
        latent = dynamics.imagine(v.params, latent, flatten(cut(v.batch.action, unrolled.first + k, starts), 2));
        for (const [name, leaf] of Object.entries(latent)) {
          const there = tf.slice(flatten(unrolled.latents[name], 2), [0, k], [-1, 1]);
          differences.push(tf.max(tf.abs(tf.sub(tf.reshape(leaf, [-1]), tf.reshape(there, [-1])))));
        }
      }
      return { out: { largest: tf.max(tf.stack(differences)), columns: tf.scalar(columns) } };
    }, inputs);
    if (outputs.out.columns.data[0] === 0) return; // it learns its prior from the posterior instead
    expect(outputs.out.columns.data[0]).toBeGreaterThan(1);
    expect(outputs.out.largest.data[0]).toBeLessThan(1e-5);
  });

  it('has a decoder that shapes the latent, only looks on, or is not there', async () => {
    const gradientsWith = async (decoder: string) => {
      const { model: other, params: weights } = build(variant, { decoder });
      const fn = (v: Groups<Tensor>, noise: Parameters<LatentModel['loss']>[2]) => ({
        out: valueAndGradients(v.params as Params, () => {
          const { total } = other.loss(v.params, { ...v.batch, context: v.context ?? {}, targets: {}, weight: tf.ones([B]) } as Batch, noise);
          return { total, extras: {} };
        }).gradients,
      });
      return { other, gradients: (await run(fn, { params: weights, batch: batchOf(), context: contextOf(other) })).out };
    };
    const [recon, probe, none] = [await gradientsWith('recon'), await gradientsWith('probe'), await gradientsWith('none')];
    expect([recon, probe, none].map(({ other }) => other.dynamics.decode !== undefined)).toEqual([true, true, false]);
    const apart = ([a, b]: readonly (typeof recon)[]) => Object.keys(none.gradients)
      .map((name) => distance(a.gradients[name], b.gradients[name])).reduce((most, each) => Math.max(most, each));
    expect(apart([probe, none])).toBeLessThan(1e-5);
    expect(apart([recon, none])).toBeGreaterThan(1e-3);
    // All that there is learns, the decoder that looks on as well.
    for (const { gradients } of [recon, probe, none]) {
      const still = Object.entries(gradients).filter(([, { data }]) => data.every((value) => value === 0)).map(([name]) => name);
      expect(still).toEqual([]);
    }
  });

  it('decodes pictures in [0, 1]', async () => {
    const latent = mapGroup(dynamics.latentShapes, (shape) => zeros([B, ...shape]));
    const { out } = await run((v) => ({ out: { picture: dynamics.decode?.(v.params, v.latent) ?? tf.zeros([1]) } }), { params, latent });
    expect(out.picture.shape).toEqual([B, 16, 16, 3]);
    expect([...out.picture.data].every((value) => value >= 0 && value <= 1)).toBe(true);
  });
});
