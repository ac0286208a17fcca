/**
 * MuZero's trio as a latent model (Schrittwieser et al. 2020): a representation h of the newest pictures and the actions
 * between them, and dynamics g that are unrolled for K steps to learn. Of EfficientZero (Ye et al. 2021), by option: the
 * consistency loss, and value prefixes in place of rewards.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { z } from 'zod';
import { count, defineModel, layers, section, weight, width, type OptionsOf, type PresetsOf } from '../config/index.ts';
import { mapGroup } from '../nd-array.ts';
import { rmsNorm } from '../engine/fused.ts';
import { scaleGradient, stopGradient } from '../engine/gradients.ts';
import { consistency } from '../nn/consistency.ts';
import { bernoulli } from '../nn/distributions.ts';
import { codecOptions, codecRules, codecShape, imageEncoder, stateDecoder } from '../nn/image-codec.ts';
import { frameHistory, frameRepresentation } from '../nn/frame-history.ts';
import { chain, dense, linear, mlp, parametersOf, type Layer } from '../nn/layers.ts';
import { eachReward, outcomeOptions, outcomeRules, valuePrefix } from '../nn/reward-head.ts';
import { cut, flatten, mapLatent, windows } from '../nn/sequences.ts';
import { unrolledPictureLoss, unrollFrom } from '../nn/unroll.ts';
import { fromWidths } from '../nn/widths.ts';
import type { Batch, Dynamics, Latent, LatentModel, ModelLoss, Noise, Params, WorldShape } from '../types.ts';

const options = {
  model: {
    ...codecOptions,
    deter: width.describe('Width of the latent.'),
    hidden: width.describe('Width of the layers inside the dynamics.'),
    frames: count.max(128).default(4).describe('Pictures that the latent is made from: the newest and those before it.'),
    unroll: count.max(128).default(5).describe('Steps that the dynamics are unrolled for from every start.'),
    dynLayers: layers.default(1).describe('Hidden layers of the dynamics, between the first and the last.'),
    valuePrefix: z.boolean().default(false).describe('Predict sums of rewards since the root instead of each one.'),
    ...outcomeOptions,
    // The head's bins are spaced by square roots, exact in 32 bits up to here.
    support: z.number().min(1e-6).max(1e15).default(300).describe('Largest reward and value that the heads can say.'),
    scales: section({
      image: weight.default(1).describe('Weight of the squared error of the decoded picture.'),
      reward: weight.default(1).describe('Weight of the reward loss.'),
      continue: weight.default(1).describe('Weight of the loss of the continue head.'),
      consistency: weight.default(0).describe('Weight of the loss that keeps imagined states near observed ones.'),
    }),
  },
};

export type MuzeroOptions = OptionsOf<typeof options>['model'];

const presets = fromWidths((sizes, preset) => ({ model: { ...sizes, ...(preset === 'debug' ? { bins: 15 } : {}) } })) satisfies
  PresetsOf<typeof options>;

export default defineModel({
  description: "MuZero's representation and dynamics: small dense layers over the newest pictures",
  options,
  presets,
  rules: ({ model }, { env, train }) => [
    ...codecRules(model, env),
    ...outcomeRules(model),
    ...(train.batchLength < model.frames + model.unroll
      ? [{ key: 'train.batchLength', expected: `expected at least model.frames + model.unroll = ${model.frames + model.unroll}` }]
      : []),
  ],
  build: ({ model }, world) => createMuzero(model, world),
});

/** Gradients are halved at the start of every unrolled step (appendix G). */
const UNROLL_GRADIENT = 0.5;

/**
 * Latent: `state` [D], and what tells of the step that led there: `arrival` [hidden] and what the reward head adds; zeros
 * at a root. Carry: `history` [frames − 1, E + A], the embedded pictures before, each with the action that led to it.
 */
export function createMuzero(config: MuzeroOptions, { image, actionSize }: Pick<WorldShape, 'image' | 'actionSize'>): LatentModel {
  const { deter, hidden, frames, unroll, units, scales } = config;
  const codec = codecShape(config, image);

  const history = frameHistory({ encoder: imageEncoder('encoder', codec), frames, hidden, actionSize });
  const toState = chain(
    mlp('representation', history.size, hidden, 2), linear('representation/out', hidden, deter), normalize('representation', deter),
  );
  // g: an arrival from state and action, and from it the change of the state and what the step gave.
  const toArrival = chain(dense('dynamics/in', deter + actionSize, hidden), mlp('dynamics', hidden, hidden, config.dynLayers));
  const toChange = linear('dynamics/out', hidden, deter);
  const settle = normalize('dynamics', deter);
  const rewardHead = (config.valuePrefix ? valuePrefix : eachReward)(config);
  const continueHead = chain(
    mlp('continue', hidden, units, config.continueLayers), linear('continue/logits', units, 1),
  );
  const decoder = config.decoder === 'none' ? undefined : stateDecoder('decoder', codec, { deter, units });
  const consistencyHead = scales.consistency > 0 ? consistency(deter, units) : undefined;
  const seeing = [history, toState];
  const imagining = [toArrival, toChange, settle, rewardHead, continueHead];
  const decoders = decoder ? [decoder] : [];
  const sinceRoot = { arrival: [hidden], ...rewardHead.shapes };

  /** Latents of states [..., D] that no imagined step led to. */
  function rooted(state: Tensor): Latent {
    const leading = state.shape.slice(0, -1);
    return { state, ...mapGroup(sinceRoot, (shape) => tf.zeros([...leading, ...shape])) };
  }

  const discountOf = (params: Params, { arrival }: Latent) =>
    bernoulli(tf.squeeze(continueHead.apply(params, arrival), [-1]));

  const dynamics: Dynamics = {
    parameters: parametersOf([...imagining, ...decoders]),
    latentShapes: { state: [deter], ...sinceRoot },
    imagine(params, latent, action) {
      const bounded = tf.div(action, tf.maximum(stopGradient(tf.abs(action)), 1));
      const arrival = toArrival.apply(params, tf.concat([latent.state, bounded], -1));
      const state = settle.apply(params, tf.add(latent.state, toChange.apply(params, arrival)));
      return { state, arrival, ...rewardHead.step(params, latent, arrival) };
    },
    outcome: (params, latent) => ({ reward: rewardHead.apply(params, latent), discount: discountOf(params, latent) }),
    ...(decoder ? { decode: (params: Params, latent: Latent) => decoder.apply(params, latent) } : {}),
  };

  const representation = frameRepresentation(history, toState, deter, rooted);

  function loss(params: Params, batch: Batch, noise: Noise): ModelLoss {
    const latents = representation.filter(params, batch, noise);
    const unrolled = unrollFrom(dynamics, params, latents, batch, {
      first: history.before, steps: unroll,
      from: (latent, step) => (step > 0 ? { ...latent, state: scaleGradient(latent.state, UNROLL_GRADIENT) } : latent),
    });
    const [batchSize, starts]: number[] = unrolled.valid.shape;
    const rollouts = batchSize * starts;
    const span = { first: unrolled.first, starts, steps: unroll };
    /** The K steps after the start, [rollouts, K, …]. */
    const after = (tensor: Tensor) => cut(flatten(tensor, 2), 1, unroll);
    const arrived = mapLatent(unrolled.latents, (leaf) => flatten(after(leaf), 2));
    const weights = tf.mul(unrolled.valid, tf.reshape(batch.weight, [batchSize, 1, 1]));
    const weight = after(weights);
    const average = (values: Tensor) => tf.mean(tf.mul(tf.reshape(values, [rollouts, unroll]), weight));

    const alive = tf.mul(tf.sub(1, after(windows(batch.isTerminal, span))), 1 - 1 / config.horizonDiscount);
    const parts: Record<string, Tensor> = {
      reward: average(rewardHead.loss(params, arrived, after(windows(batch.reward, span)))),
      continue: average(discountOf(params, arrived).loss(tf.reshape(alive, [-1]))),
    };
    if (consistencyHead) {
      const observed = flatten(after(windows(stopGradient(latents.state), span)), 2);
      parts.consistency = average(consistencyHead.loss(params, arrived.state, observed));
    }
    if (decoder) {
      parts.image = unrolledPictureLoss(params, {
        decoder, unrolled, image: batch.image, weights, stem: codec.stem, probe: config.decoder === 'probe',
      });
    }
    const total = tf.addN(Object.entries(parts).map(([name, part]) => tf.mul(part, scales[name as keyof typeof scales])));
    return { total, parts, latents, unrolled };
  }

  return {
    parameters: parametersOf([...seeing, ...imagining, ...decoders, ...(consistencyHead ? [consistencyHead] : [])]),
    representation,
    dynamics,
    largest: { size: config.support, key: 'model.support' },
    loss,
  };
}

/** States of one size, so that a long imagination neither grows nor fades. */
const normalize = (name: string, size: number): Layer => ({
  parameters: { [`${name}/scale`]: { shape: [size], init: 'ones' } },
  apply: (params, x) => rmsNorm(x, params[`${name}/scale`]),
});
