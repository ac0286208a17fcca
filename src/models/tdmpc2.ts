/**
 * TD-MPC2's world model (Hansen, Su and Wang 2024, section 3.1): a latent of small simplices that is made from the newest
 * pictures, and dynamics that are unrolled to learn where the next pictures will lead. Nothing has to be decoded.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { count, defineModel, fraction, layers, section, weight, width, writtenOut, type OptionsOf, type PresetsOf } from '../config/index.ts';
import { stopGradient } from '../engine/gradients.ts';
import { bernoulli, LARGEST_SYMEXP, symexpTwoHot } from '../nn/distributions.ts';
import { frameHistory, frameRepresentation } from '../nn/frame-history.ts';
import { codecOptions, codecRules, codecShape, imageEncoder, stateDecoder } from '../nn/image-codec.ts';
import { chain, linear, mlp, parametersOf, type Layer } from '../nn/layers.ts';
import { outcomeOptions, outcomeRules } from '../nn/reward-head.ts';
import { cut, flatten, mapLatent, windows } from '../nn/sequences.ts';
import { unrolledPictureLoss, unrollFrom } from '../nn/unroll.ts';
import { fromWidths } from '../nn/widths.ts';
import type { Batch, Dynamics, Latent, LatentModel, ModelLoss, Noise, Params, WorldShape } from '../types.ts';

const options = {
  model: {
    ...codecOptions,
    deter: width.describe('Width of the latent.'),
    hidden: width.describe('Width of the layers inside the dynamics.'),
    frames: count.max(128).default(3).describe('Pictures that the latent is made from: the newest and those before it.'),
    unroll: writtenOut.max(128).default(3).describe('Steps that the dynamics are unrolled for from every start.'),
    dynLayers: layers.default(2).describe('Hidden layers of the dynamics.'),
    simplex: count.min(2).max(4096).default(8).describe('Numbers of the latent that sum to one, each group by itself (SimNorm).'),
    decay: fraction.default(0.5).describe('How much each unrolled step counts, compared with the one before.'),
    ...outcomeOptions,
    scales: section({
      image: weight.default(1).describe('Weight of the squared error of the decoded picture.'),
      reward: weight.default(0.1).describe('Weight of the reward loss.'),
      continue: weight.default(1).describe('Weight of the loss of the continue head.'),
      consistency: weight.default(20).describe('Weight of the loss that keeps imagined states near observed ones.'),
    }),
  },
};

export type Tdmpc2Options = OptionsOf<typeof options>['model'];

const presets = fromWidths((sizes, preset) => ({ model: { ...sizes, ...(preset === 'debug' ? { bins: 15, simplex: 4 } : {}) } })) satisfies
  PresetsOf<typeof options>;

export default defineModel({
  description: "TD-MPC2's latent of simplices, which learns to foresee itself",
  options,
  presets,
  rules: ({ model }, { env, train }) => [
    ...codecRules(model, env),
    ...outcomeRules(model),
    ...(model.deter % model.simplex > 0
      ? [{ key: 'model.simplex', expected: `expected a divisor of model.deter = ${model.deter}` }]
      : []),
    ...(train.batchLength < model.frames + model.unroll
      ? [{ key: 'train.batchLength', expected: `expected at least model.frames + model.unroll = ${model.frames + model.unroll}` }]
      : []),
  ],
  build: ({ model }, world) => createTdmpc2(model, world),
});

/** Latent: `state` [D], and `arrival` [hidden], which tells of the step that led there; zeros at a root. */
export function createTdmpc2(config: Tdmpc2Options, { image, actionSize }: Pick<WorldShape, 'image' | 'actionSize'>): LatentModel {
  const { deter, hidden, frames, unroll, units, scales } = config;
  const codec = codecShape(config, image);

  const history = frameHistory({ encoder: imageEncoder('encoder', codec), frames, hidden, actionSize });
  const simplices = simNorm(deter, config.simplex);
  const toRoot = chain(mlp('representation', history.size, hidden, 2), linear('representation/out', hidden, deter), simplices);
  const toArrival = mlp('dynamics', deter + actionSize, hidden, config.dynLayers);
  const toState = chain(linear('dynamics/out', hidden, deter), simplices);
  const rewardHead = chain(mlp('reward', hidden, units, config.rewardLayers), linear('reward/logits', units, config.bins, { scale: 0 }));
  const continueHead = chain(mlp('continue', hidden, units, config.continueLayers), linear('continue/logits', units, 1));
  const decoder = config.decoder === 'none' ? undefined : stateDecoder('decoder', codec, { deter, units });
  const seeing = [history, toRoot];
  const imagining = [toArrival, toState, rewardHead, continueHead, ...(decoder ? [decoder] : [])];

  /** Latents of states [..., D] that no imagined step led to. */
  const rooted = (state: Tensor): Latent => ({ state, arrival: tf.zeros([...state.shape.slice(0, -1), hidden]) });

  const outcome = (params: Params, { arrival }: Latent) => ({
    reward: symexpTwoHot(rewardHead.apply(params, arrival)),
    discount: bernoulli(tf.squeeze(continueHead.apply(params, arrival), [-1])),
  });

  const dynamics: Dynamics = {
    parameters: parametersOf(imagining),
    latentShapes: { state: [deter], arrival: [hidden] },
    imagine(params, { state }, action) {
      const arrival = toArrival.apply(params, tf.concat([state, tf.clipByValue(action, -1, 1)], -1));
      return { state: toState.apply(params, arrival), arrival };
    },
    outcome,
    ...(decoder ? { decode: (params: Params, latent: Latent) => decoder.apply(params, latent) } : {}),
  };

  const representation = frameRepresentation(history, toRoot, deter, rooted);

  function loss(params: Params, batch: Batch, noise: Noise): ModelLoss {
    const latents = representation.filter(params, batch, noise);
    const unrolled = unrollFrom(dynamics, params, latents, batch, { first: history.before, steps: unroll });
    const [batchSize, starts]: number[] = unrolled.valid.shape;
    const span = { first: unrolled.first, starts, steps: unroll };
    /** The K steps after the start, as rows B·S·K. */
    const after = (tensor: Tensor) => flatten(cut(flatten(tensor, 2), 1, unroll), 2);
    const arrived = mapLatent(unrolled.latents, after);
    const weights = tf.mul(unrolled.valid, tf.reshape(batch.weight, [batchSize, 1, 1]));
    const fading = after(tf.mul(weights, tf.tensor1d(Array.from({ length: unroll + 1 }, (_, k) => config.decay ** Math.max(0, k - 1)))));
    const average = (rows: Tensor) => tf.mean(tf.mul(rows, fading));

    const { reward, discount } = outcome(params, arrived);
    const alive = tf.mul(tf.sub(1, after(windows(batch.isTerminal, span))), 1 - 1 / config.horizonDiscount);
    const observed = after(windows(stopGradient(latents.state), span));
    const parts: Record<string, Tensor> = {
      reward: average(reward.loss(after(windows(batch.reward, span)))),
      continue: average(discount.loss(alive)),
      consistency: average(tf.mean(tf.squaredDifference(arrived.state, observed), -1)),
    };
    if (decoder) {
      parts.image = unrolledPictureLoss(params, {
        decoder, unrolled, image: batch.image, weights, stem: codec.stem, probe: config.decoder === 'probe',
      });
    }
    const total = tf.addN(Object.entries(parts).map(([name, part]) => tf.mul(part, scales[name as keyof typeof scales])));
    return { total, parts, latents, unrolled };
  }

  return {
    parameters: parametersOf([...seeing, ...imagining]),
    representation,
    dynamics,
    largest: { size: LARGEST_SYMEXP },
    loss,
  };
}

/** Groups of `simplex` numbers, each through a softmax (Lavoie et al. 2023): nothing grows without bound, few stand out. */
const simNorm = (size: number, simplex: number): Layer => ({
  parameters: {},
  apply: (_, x) => tf.reshape(tf.softmax(tf.reshape(x, [-1, size / simplex, simplex])), x.shape),
});
