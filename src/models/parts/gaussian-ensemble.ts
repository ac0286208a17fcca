/**
 * Dynamics that are an ensemble of probabilistic networks (PETS, Chua et al. 2018): each member gives a normal over the
 * next state and the reward, and imagined futures follow one member, another one at each step, or the mean of all.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { z } from 'zod';
import { count, fraction, layers, width, type Component, type OptionsOf } from '../../config/index.ts';
import { stopGradient } from '../../engine/gradients.ts';
import { bernoulli, certain, symexp, symlog } from '../../nn/distributions.ts';
import { members } from '../../nn/members.ts';
import type { Batch, Dynamics, Latent, LatentModel, ModelLoss, Noise, Params, Representation } from '../../types.ts';
import { apartness, deviation, isKnown, limitLoss, limitOf, limitParameter } from './disagreement.ts';
import { transitionsOf } from './transitions.ts';

const options = {
  ensemble: {
    members: count.min(2).max(100).default(5).describe('Networks that each imagine the next latent.'),
    units: width.default(64).describe('Width of their layers.'),
    layers: layers.default(2).describe('Their hidden layers.'),
    bootstrap: fraction.default(0.5).describe('Share of the sequences of a batch that each learns from, another one each.'),
    quantile: z.number().gt(0).lt(1).default(0.95).describe('Steps count as known whose disagreement is less than this quantile of that in replay.'),
    propagation: z
      .enum(['ts-infinity', 'ts1', 'mean'])
      .default('ts-infinity')
      .describe('A future follows one member to its end, one that is drawn at every step, or the mean of all.'),
  },
};

export type GaussianEnsembleOptions = OptionsOf<typeof options>['ensemble'];

export const gaussianEnsemble = { options } satisfies Component<typeof options>;

/** Bounds of log variances, which are approached softly; kept fixed, as they learn nothing worth having. */
const [LEAST, MOST] = [-10, 0.5];

/** lv = MOST − softplus(MOST − raw), then LEAST + softplus(lv − LEAST). */
export const boundedLogVariance = (raw: Tensor): Tensor =>
  tf.add(tf.softplus(tf.sub(tf.sub(MOST, tf.softplus(tf.sub(MOST, raw))), LEAST)), LEAST);

/** (μ − y)²·e^(−lv) + lv: twice the negative log-likelihood of y, but for a constant. */
export const gaussianLoss = (mean: Tensor, logVariance: Tensor, target: Tensor): Tensor =>
  tf.add(tf.mul(tf.squaredDifference(mean, target), tf.exp(tf.neg(logVariance))), logVariance);

/**
 * `model`, whose latents have a leaf `state` [D] that is all its features, with other dynamics. They add to a latent the
 * `reward` [1] and whether it goes on (`alive` [1], a logit) on arriving there, and whom it follows (`member` [K], zeros
 * before the first step).
 */
export function withGaussianEnsemble(
  model: LatentModel,
  { members: number, units, layers: depth, propagation, ...config }: GaussianEnsembleOptions,
  { actionSize, horizonDiscount }: { readonly actionSize: number; readonly horizonDiscount: number },
): LatentModel {
  const { representation, dynamics: { decode, parameters: old } } = model;
  const { featureSize: size } = representation;
  const nets = members('ensemble', { count: number, inputs: size + actionSize, units, layers: depth, outputs: 2 * (size + 1) + 1 });
  const added = { ...nets.parameters, ...limitParameter };
  // The old dynamics only shape the latent while it learns; of them nothing but the decoder is used to imagine.
  const decoder = Object.fromEntries(Object.entries(old).filter(([name]) => name.startsWith('decoder/')));
  const sinceRoot = { reward: [1], alive: [1], member: [number], disagreement: [1], spread: [1] };

  const rooted = ({ state }: Latent): Latent => ({
    state, ...Object.fromEntries(Object.entries(sinceRoot).map(([leaf, shape]) => [leaf, tf.zeros([...state.shape.slice(0, -1), ...shape])])),
  });

  /** What each member says of rows [N, …]: mean and log variance [K, N, D + 1] of the change and of symlog(reward), and a logit [K, N, 1]. */
  function foresee(params: Params, from: Tensor, action: Tensor) {
    const out = nets.apply(params, tf.concat([from, tf.clipByValue(action, -1, 1)], -1));
    const [mean, raw, alive] = tf.split(out, [size + 1, size + 1, 1], -1);
    return { mean, logVariance: boundedLogVariance(raw), alive };
  }

  /** Whom each row follows: weights [N, K] that sum to one. */
  function follow({ member }: Latent, noise: Noise | undefined): Tensor {
    const [rows] = member.shape as number[];
    if (!noise || propagation === 'mean') return tf.fill([rows, number], 1 / number);
    const drawn = tf.oneHot(tf.cast(tf.mul(tf.squeeze(noise.uniform([rows, 1]), [1]), number), 'int32'), number, 1, 0, 'float32');
    if (propagation === 'ts1') return drawn;
    return tf.add(member, tf.mul(tf.sub(1, tf.sum(member, 1, true)), drawn));
  }

  const dynamics: Dynamics = {
    parameters: { ...decoder, ...added },
    latentShapes: { state: [size], ...sinceRoot },
    imagine(params, latent, action, noise) {
      const { mean, logVariance, alive } = foresee(params, latent.state, action);
      const whom = follow(latent, noise);
      /** [K, N, C] → [N, C] */
      const ofThose = (each: Tensor) => tf.sum(tf.mul(each, tf.expandDims(tf.transpose(whom), -1)), 0);
      const likely = ofThose(mean);
      const deviating = noise && propagation !== 'mean'
        ? tf.add(likely, tf.mul(tf.exp(tf.mul(ofThose(logVariance), 0.5)), noise.normal(likely.shape)))
        : likely;
      const [change] = tf.split(deviating, [size, 1], -1);
      const [, reward] = tf.split(likely, [size, 1], -1);
      const [changes, rewards] = tf.split(mean, [size, 1], -1);
      return {
        state: tf.add(latent.state, change), reward: symexp(reward), alive: ofThose(alive),
        member: noise && propagation !== 'mean' ? whom : latent.member,
        disagreement: tf.reshape(apartness(changes), [-1, 1]), spread: tf.reshape(deviation(symexp(rewards)), [-1, 1]),
      };
    },
    outcome(params, { reward, alive, disagreement, spread }) {
      const flat = (leaf: Tensor) => tf.squeeze(leaf, [-1]);
      return {
        reward: certain(flat(reward)), discount: bernoulli(flat(alive)), disagreement: flat(disagreement), spread: flat(spread),
        usual: limitOf(params), known: isKnown(params, flat(disagreement)),
      };
    },
    ...(decode ? { decode } : {}),
  };

  function loss(params: Params, batch: Batch, noise: Noise): ModelLoss {
    // What was unrolled are the old dynamics, by which nobody imagines.
    const { unrolled: _, ...world } = model.loss(params, batch, noise);
    const { from, to, action, reward, isTerminal, within, shares } =
      transitionsOf(representation, world.latents, batch, { members: number, bootstrap: config.bootstrap }, noise);
    const { mean, logVariance, alive } = foresee(params, from, action);
    const target = tf.concat([tf.sub(to, from), tf.expandDims(symlog(reward), -1)], -1);
    const likelihood = tf.mean(gaussianLoss(mean, logVariance, tf.expandDims(target, 0)), -1);
    const going = tf.mul(tf.sub(1, isTerminal), 1 - 1 / horizonDiscount);
    const ends = bernoulli(tf.squeeze(alive, [-1])).loss(tf.expandDims(going, 0));
    const error = tf.mean(tf.mul(tf.add(likelihood, ends), shares));
    const [changes] = tf.split(mean, [size, 1], -1);
    const apart = stopGradient(apartness(changes));
    return {
      ...world,
      total: tf.addN([world.total, error, limitLoss(params, apart, within, config.quantile)]),
      parts: { ...world.parts, ensemble: error, disagreement: tf.mean(apart), disagreementLimit: limitOf(params) },
      latents: rooted(world.latents),
    };
  }

  // Rewards are no bins here: there is no largest one.
  const { largest: _, ...same } = model;
  return {
    ...same,
    parameters: { ...model.parameters, ...added },
    representation: {
      ...representation,
      observe(...args) {
        const { carry, latent } = representation.observe(...args);
        return { carry, latent: rooted(latent) };
      },
      filter: (...args: Parameters<Representation['filter']>) => rooted(representation.filter(...args)),
    },
    dynamics,
    loss,
  };
}
