/**
 * An ensemble beside any model: members that each foresee the next latent and the reward from the same past. Where they
 * saw data they agree; how far they are apart tells how little is known of a step (Sekar et al. 2020; Yu et al. 2020).
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { z } from 'zod';
import { fraction, layers, natural, width, type Broken, type Component, type OptionsOf } from '../../config/index.ts';
import { stopGradient } from '../../engine/gradients.ts';
import { members } from '../../nn/members.ts';
import { symexp, symlog } from '../../nn/distributions.ts';
import type { Batch, Latent, LatentModel, ModelLoss, Noise, Params, Representation } from '../../types.ts';
import { apartness, deviation, isKnown, limitLoss, limitOf, limitParameter } from './disagreement.ts';
import { transitionsOf } from './transitions.ts';

export const TWO = 'expected at least 2, which can disagree';

const options = {
  ensemble: {
    members: natural.max(100).default(0).describe('Networks that each foresee the next latent; 0: none, and disagreement is not known.'),
    units: width.default(128).describe('Width of their layers.'),
    layers: layers.default(2).describe('Their hidden layers.'),
    bootstrap: fraction.default(0.5).describe('Share of the sequences of a batch that each learns from, another one each.'),
    quantile: z.number().gt(0).lt(1).default(0.95).describe('Steps count as known whose disagreement is less than this quantile of that in replay.'),
  },
};

export type EnsembleOptions = OptionsOf<typeof options>['ensemble'];

export const ensemble = {
  options,
  rules: ({ ensemble: { members: count } }): Broken[] => (count === 1 ? [{ key: 'ensemble.members', expected: TWO }] : []),
} satisfies Component<typeof options>;

/** What it adds to a latent: how far the members were apart on the step that led there, of states and of rewards. */
const ARRIVAL = { disagreement: [1], spread: [1] };

/** `model` with an ensemble beside its dynamics, or as it is where there are no members. */
export function withEnsemble(model: LatentModel, config: EnsembleOptions, { actionSize }: { readonly actionSize: number }): LatentModel {
  if (config.members === 0) return model;
  const { representation, dynamics } = model;
  const { featureSize, features } = representation;
  const nets = members('ensemble', {
    count: config.members, inputs: featureSize + actionSize, units: config.units, layers: config.layers, outputs: featureSize + 1,
  });
  const parameters = { ...nets.parameters, ...limitParameter };

  const rooted = (latent: Latent, leading: readonly number[]): Latent =>
    ({ ...latent, ...Object.fromEntries(Object.keys(ARRIVAL).map((leaf) => [leaf, tf.zeros([...leading, 1])])) });
  const bare = ({ disagreement: _, spread: __, ...latent }: Latent): Latent => latent;
  /** What each member foresees of rows [N, …]: changes of the features [K, N, F], and rewards [K, N]. */
  function foresee(params: Params, from: Tensor, action: Tensor): { change: Tensor; reward: Tensor } {
    const out = nets.apply(params, tf.concat([from, tf.clipByValue(action, -1, 1)], -1));
    const [change, reward] = tf.split(out, [featureSize, 1], -1);
    return { change, reward: tf.squeeze(reward, [-1]) };
  }

  function loss(params: Params, batch: Batch, noise: Noise): ModelLoss {
    const { unrolled, ...world } = model.loss(params, batch, noise);
    const { latents } = world;
    const { from, to, action, reward: received, within, shares } = transitionsOf(representation, latents, batch, config, noise);
    const { change, reward } = foresee(params, from, action);
    const wrong = tf.add(
      tf.mean(tf.squaredDifference(change, tf.expandDims(tf.sub(to, from), 0)), -1),
      tf.squaredDifference(reward, tf.expandDims(symlog(received), 0)),
    );
    const error = tf.mean(tf.mul(wrong, shares));

    const apart = stopGradient(apartness(change));
    const limit = limitLoss(params, apart, within, config.quantile);
    const parts = { ...world.parts, ensemble: error, disagreement: tf.mean(apart), disagreementLimit: limitOf(params) };
    return {
      ...world, total: tf.addN([world.total, error, limit]), parts, latents: rooted(latents, batch.reward.shape),
      ...(unrolled ? { unrolled: { ...unrolled, latents: rooted(unrolled.latents, unrolled.valid.shape) } } : {}),
    };
  }

  return {
    ...model,
    parameters: { ...model.parameters, ...parameters },
    representation: {
      ...representation,
      observe(params, carry, input, noise) {
        const seen = representation.observe(params, carry, input, noise);
        return { carry: seen.carry, latent: rooted(seen.latent, [input.isFirst.shape[0]]) };
      },
      filter: (params: Params, batch: Parameters<Representation['filter']>[1], noise: Noise) =>
        rooted(representation.filter(params, batch, noise), batch.isFirst.shape),
    },
    dynamics: {
      ...dynamics,
      parameters: { ...dynamics.parameters, ...parameters },
      latentShapes: { ...dynamics.latentShapes, ...ARRIVAL },
      imagine(params, latent, action, noise) {
        const { change, reward } = foresee(params, features(latent), action);
        const spread = tf.reshape(deviation(symexp(reward)), [-1, 1]);
        return { ...dynamics.imagine(params, bare(latent), action, noise), disagreement: tf.reshape(apartness(change), [-1, 1]), spread };
      },
      outcome(params, latent) {
        const disagreement = tf.squeeze(latent.disagreement, [-1]);
        return {
          ...dynamics.outcome(params, bare(latent)), disagreement, spread: tf.squeeze(latent.spread, [-1]),
          usual: limitOf(params), known: isKnown(params, disagreement),
        };
      },
    },
    loss,
  };
}
