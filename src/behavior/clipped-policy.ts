/**
 * Proximal policy optimisation (Schulman et al. 2017): a policy climbs the advantage of what it did itself, for as long as it
 * does not leave who acted too far behind; advantages are generalised ones (Schulman et al. 2016).
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { z } from 'zod';
import { defineBehavior, fraction, type Behavior, type HeadShape, type OptionsOf, type PresetsOf } from '../config/index.ts';
import { stopGradient, stopGradients } from '../engine/gradients.ts';
import { LARGEST_SYMEXP, symexpTwoHot } from '../nn/distributions.ts';
import { chain, linear, mlp, parametersOf } from '../nn/layers.ts';
import { headOptions, headRules, LOG_PROB, policyHead } from '../nn/policy-head.ts';
import { lambdaReturns } from '../nn/returns.ts';
import { advance, cut, flatten, mapLatent } from '../nn/sequences.ts';
import { fromWidths } from '../nn/widths.ts';
import type { Params } from '../types.ts';

const { units, actorLayers, criticLayers, entropy, minStd, maxStd, scales } = headOptions;

const options = {
  behavior: {
    units, actorLayers, criticLayers, entropy, minStd, maxStd, scales,
    clip: z.number().gt(0).max(1).default(0.2).describe('How far the chance of an action may move from what it was, as a share, before nothing is gained by it.'),
    lambda: fraction.default(0.95).describe('λ of the generalised advantages.'),
  },
};

export type ClippedPolicyOptions = OptionsOf<typeof options>['behavior'];

const presets = fromWidths(({ units: wide }, preset) => ({
  behavior: { units: wide, ...(preset === 'debug' ? { actorLayers: 1, criticLayers: 1 } : {}) },
})) satisfies PresetsOf<typeof options>;

export default defineBehavior({
  description: 'a policy that climbs the advantage of what it did itself, in small steps (PPO)',
  options,
  presets,
  rules: ({ behavior }) => headRules(behavior),
  build: ({ behavior }, shape) => createClippedPolicy(behavior, shape),
});

/** It learns from what was acted by the policy itself, whose log-probabilities come as targets. */
export function createClippedPolicy(
  config: ClippedPolicyOptions,
  { featureSize, actions, bins, horizonDiscount }: Pick<HeadShape, 'featureSize' | 'actions' | 'bins' | 'horizonDiscount'>,
): Behavior {
  const actor = policyHead('actor', featureSize, actions, config);
  const critic = chain(
    mlp('critic', featureSize, config.units, config.criticLayers), linear('critic/logits', config.units, bins, { scale: 0 }),
  );
  const valueOf = (params: Params, features: Tensor) => symexpTwoHot(critic.apply(params, features));

  return {
    prediction: {
      parameters: parametersOf([actor, critic]),
      predict: (params, features) => ({ policy: actor.apply(params, features), value: valueOf(params, features) }),
    },
    largest: { size: LARGEST_SYMEXP },
    slow: { prefixes: [], rate: 0 },
    targetShapes: { [LOG_PROB]: [] },
    statistics: {},

    loss({ params, model: { representation }, world: { latents }, batch }) {
      const first = representation.blindSteps;
      const [batchSize, length]: number[] = batch.reward.shape;
      const count = length - first;
      const seen = (tensor: Tensor) => cut(tensor, first, count);
      /** Of every index but the last, from which nothing follows. */
      const now = (tensor: Tensor) => flatten(cut(tensor, 0, count - 1), 2);
      const features = representation.features(mapLatent(latents, (leaf) => flatten(seen(leaf), 2)));

      // Advantages: λ-returns, less what was expected
      const estimate = valueOf(params, features);
      const value = tf.reshape(stopGradient(estimate.predict()), [batchSize, count]);
      const isLast = seen(advance(batch.isFirst, 1));
      const going = tf.mul(tf.sub(1, seen(batch.isTerminal)), 1 - 1 / horizonDiscount);
      const returns = lambdaReturns(seen(batch.reward), going, value, tf.mul(tf.sub(1, isLast), config.lambda));
      const acted = tf.sub(1, now(isLast));
      const rows = tf.maximum(tf.sum(acted), 1);
      const mean = (tensor: Tensor) => tf.div(tf.sum(tf.mul(tensor, acted)), rows);
      const raw = tf.sub(flatten(returns, 2), now(value));
      const centred = tf.sub(raw, mean(raw));
      const advantage = stopGradient(tf.div(centred, tf.add(tf.sqrt(mean(tf.square(centred))), 1e-8)));

      // The policy
      const policy = actor.apply(params, features);
      const perIndex = (tensor: Tensor) => now(tf.reshape(tensor, [batchSize, count]));
      const taken = seen(advance(batch.action, 1));
      const difference = tf.sub(perIndex(policy.logProb(flatten(taken, 2))), now(seen(batch.targets[LOG_PROB])));
      // What cannot have been is not taken for certain either.
      const ratio = tf.exp(tf.clipByValue(difference, -20, 20));
      const near = tf.clipByValue(ratio, 1 - config.clip, 1 + config.clip);
      const gain = mean(tf.minimum(tf.mul(ratio, advantage), tf.mul(near, advantage)));
      const openness = mean(perIndex(policy.entropy()));
      const policyLoss = tf.neg(tf.add(gain, tf.mul(openness, config.entropy)));

      // The critic
      const goals = tf.concat([returns, tf.zeros([batchSize, 1])], 1);
      const valueLoss = mean(perIndex(estimate.loss(stopGradient(tf.reshape(goals, [-1])))));
      const total = tf.add(tf.mul(policyLoss, config.scales.policy), tf.mul(valueLoss, config.scales.value));
      const parts = {
        policy: policyLoss, value: valueLoss, entropy: openness, targetValue: mean(flatten(returns, 2)),
        clipped: mean(tf.cast(tf.greater(tf.abs(tf.sub(ratio, 1)), config.clip), 'float32')),
        // E[(π/π₀ − 1) − log π/π₀], which is never negative (Schulman 2020, "Approximating KL divergence").
        divergence: mean(tf.sub(tf.sub(ratio, 1), difference)),
      };
      return { total: total as Tensor, parts: stopGradients(parts) };
    },
  };
}
