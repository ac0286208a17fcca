/**
 * Dreamer's behaviour (Hafner et al. 2025, section "Actor critic learning"): a critic learns λ-returns of imagined
 * rollouts, an actor raises the log-probability of imagined actions by their normalised advantage (REINFORCE).
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import {
  defineBehavior, fraction, natural, weight, writtenOut, type Behavior, type HeadShape, type OptionsOf, type PresetsOf,
} from '../config/index.ts';
import { stopGradient, stopGradients } from '../engine/gradients.ts';
import { LARGEST_SYMEXP, symexpTwoHot, type Trainable } from '../nn/distributions.ts';
import { knownSoFar, rewarded, type Judge } from '../nn/judge.ts';
import { chain, linear, mlp, parametersOf } from '../nn/layers.ts';
import { headOptions, headPresets, headRules, policyHead } from '../nn/policy-head.ts';
import { returnScale, returnScaleBegins, returnScaleOptions, returnScaleRules } from '../nn/return-scale.ts';
import { cumulativeProduct, lambdaReturns } from '../nn/returns.ts';
import { rollout } from '../nn/rollout.ts';
import { isSearched, searchPolicyLoss, searchTargetShapes } from '../nn/search-targets.ts';
import { cut, firstSteps, flatten, lastSteps, mapLatent, mergeTime } from '../nn/sequences.ts';
import { fromWidths } from '../nn/widths.ts';
import type { Latent, Params } from '../types.ts';

const options = {
  behavior: {
    ...headOptions,
    imaginationHorizon: writtenOut.describe('Imagined steps from every start.'),
    imaginationStarts: natural.default(0).describe('Posterior states of a batch imagined from; 0 means all of them.'),
    lambda: fraction.default(0.95).describe('λ of the λ-returns.'),
    slowRegularizer: weight.default(1).describe('Weight of the loss that keeps the critic near its slow copy.'),
    replayCritic: weight.default(0.3).describe('Weight of the critic loss on replayed sequences.'),
    ...returnScaleOptions,
  },
};

export type ActorCriticOptions = OptionsOf<typeof options>['behavior'];

const presets = fromWidths((_, preset) => ({
  behavior: {
    ...headPresets[preset], imaginationHorizon: preset === 'debug' ? 3 : 15,
    ...(preset === 'tiny' ? { imaginationStarts: 32 } : preset === 'small' ? { imaginationStarts: 64 } : {}),
  },
})) satisfies PresetsOf<typeof options>;

export default defineBehavior({
  description: "Dreamer's: an actor and a critic that learn in imagination",
  options,
  presets,
  rules: ({ behavior }) => [
    ...headRules(behavior),
    ...returnScaleRules(behavior),
  ],
  build: ({ behavior }, shape) => createActorCritic(behavior, shape),
});

export interface ActorCriticExtras {
  /** Where the actor also learns, from observed latents, what search found there: the actions that a search samples of continuous ones. */
  readonly distill?: { readonly samples: number };
  /** In place of the reward alone; with `replayCritic` the critic goes on learning from rewards that were really received. */
  readonly judge?: Judge;
  /** What the names of its parameters begin with. */
  readonly prefix?: string;
}

export function createActorCritic(
  config: ActorCriticOptions,
  shape: Pick<HeadShape, 'featureSize' | 'actions' | 'bins' | 'horizonDiscount'>,
  { distill, judge = rewarded, prefix = '' }: ActorCriticExtras = {},
): Behavior {
  const { featureSize, actions, bins } = shape;
  const actor = policyHead(`${prefix}actor`, featureSize, actions, config);
  const critic = chain(
    mlp(`${prefix}critic`, featureSize, config.units, config.criticLayers), linear(`${prefix}critic/logits`, config.units, bins, { scale: 0 }),
  );
  /** Statistics of several behaviours lie side by side. */
  const named = <T>(statistics: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(statistics).map(([name, value]) => [prefix + name, value]));
  const policyOf = actor.apply;
  const valueOf = (params: Params, features: Tensor) => symexpTwoHot(critic.apply(params, features));

  /** The critic's loss on targets [N], with the pull towards its slow copy. */
  function criticLoss(value: Trainable, slow: Params, features: Tensor, target: Tensor): Tensor {
    const regular = value.loss(stopGradient(valueOf(slow, features).predict()));
    return tf.add(value.loss(stopGradient(target)), tf.mul(regular, config.slowRegularizer));
  }

  return {
    prediction: {
      parameters: parametersOf([actor, critic]),
      predict: (params, features) => ({ policy: policyOf(params, features), value: valueOf(params, features) }),
    },
    largest: { size: LARGEST_SYMEXP },
    slow: { prefixes: [`${prefix}critic/`], rate: config.slowRate },
    targetShapes: distill ? searchTargetShapes(actions, distill) : {},
    statistics: named(returnScaleBegins),

    loss({ params, slow, statistics, model, world: { latents }, batch, noise }) {
      const { representation, dynamics } = model;
      if (!dynamics) throw new Error('expected a model that imagines');
      const [batchSize, length]: number[] = batch.reward.shape;
      const horizon = config.imaginationHorizon;

      // Imagination, from the last posterior states of every sequence
      const wanted = config.imaginationStarts || batchSize * length;
      const last = Math.min(length - representation.blindSteps, Math.max(1, Math.ceil(wanted / batchSize)));
      const recent = mapLatent(latents, (leaf) => lastSteps(leaf, last));
      const frozen = stopGradients(params);
      const { latents: imagined, actions: taken } = rollout(dynamics, params, mergeTime(recent), {
        actions: { horizon, act: (latent) => policyOf(frozen, representation.features(latent)).sample(noise) },
        noise, gradients: 'none',
      });
      const rollouts = batchSize * last;
      const perStep = (tensor: Tensor) => tf.reshape(tensor, [rollouts, horizon + 1, ...tensor.shape.slice(1)]);

      // Returns
      const everyLatent = mergeTime(imagined);
      const outcome = dynamics.outcome(frozen, everyLatent);
      const judged = judge(outcome);
      const [reward, discount] = [judged.reward, outcome.discount.predict()].map(stopGradient);
      // Whether a start is the end is known; a model may have nothing to say of what it observed.
      const discounted = 1 - 1 / shape.horizonDiscount;
      const alive = tf.mul(judged.endless ? tf.ones([batchSize, last]) : tf.sub(1, lastSteps(batch.isTerminal, last)), discounted);
      const beyondStart = (tensor: Tensor) => lastSteps(perStep(tensor), horizon);
      const going = tf.concat([tf.reshape(alive, [rollouts, 1]), judged.endless ? tf.fill([rollouts, horizon], discounted) : beyondStart(discount)], 1);
      const everywhere = stopGradient(representation.features(everyLatent));
      const estimate = valueOf(params, everywhere);
      const value = perStep(stopGradient(estimate.predict()));
      const trusted = judged.known && trust(perStep(stopGradient(judged.known)));
      const lambda = tf.fill([rollouts, horizon + 1], config.lambda);
      const returns = lambdaReturns(perStep(reward), going, value, trusted ? tf.mul(lambda, trusted.next) : lambda);
      const scale = returnScale(returns, { returnLow: statistics[`${prefix}returnLow`], returnHigh: statistics[`${prefix}returnHigh`] }, config);

      // Actor
      const now = (tensor: Tensor) => firstSteps(tensor, horizon);
      const alone = now(cumulativeProduct(going));
      const weight = trusted ? tf.mul(alone, trusted.soFar) : alone;
      const advantage = tf.div(tf.sub(returns, now(value)), scale.size);
      const before = flatten(now(perStep(everywhere)), 2);
      const done = flatten(now(taken), 2);
      const policy = policyOf(params, before);
      const entropy = policy.entropy();
      const reinforce = tf.mul(policy.logProb(done), tf.reshape(advantage, [-1]));
      const perAction = tf.neg(tf.add(reinforce, tf.mul(entropy, config.entropy)));
      const weights = tf.reshape(weight, [-1]);
      const policyLoss = tf.mean(tf.mul(perAction, weights));

      // Critic, on imagined and on replayed steps
      // The last imagined step has no return: it is computed along and left out.
      const target = tf.reshape(tf.concat([returns, tf.zeros([rollouts, 1])], 1), [-1]);
      const perValue = now(perStep(criticLoss(estimate, slow, everywhere, target)));
      const valueLoss = tf.mean(tf.mul(perValue, weight));
      const bootstrap = tf.reshape(tf.slice(returns, [0, 0], [-1, 1]), [batchSize, last]);
      const replayLoss = last > 1 && config.replayCritic > 0
        ? replayCriticLoss(recent, bootstrap)
        : tf.scalar(0);
      const searchLoss = distill ? distillationLoss() : undefined;

      const total = tf.addN([
        tf.mul(policyLoss, config.scales.policy), tf.mul(valueLoss, config.scales.value),
        tf.mul(replayLoss, config.replayCritic), ...(searchLoss ? [tf.mul(searchLoss, config.scales.policy)] : []),
      ]);
      const parts = {
        policy: policyLoss, value: valueLoss, replayValue: replayLoss, entropy: tf.mean(entropy),
        imaginedReward: tf.mean(beyondStart(reward)), imaginedReturn: tf.mean(returns), imaginedValue: tf.mean(value),
        returnScale: scale.size, ...(trusted ? { trustedHorizon: tf.mean(tf.sum(trusted.soFar, 1)) } : {}),
        ...(searchLoss ? { search: searchLoss } : {}),
      };
      return { total, parts: stopGradients(parts), statistics: named(scale.statistics) };

      function distillationLoss(): Tensor {
        const rows = mapLatent(batch.targets, (leaf) => flatten(leaf, 2));
        const observed = policyOf(params, stopGradient(representation.features(mergeTime(latents))));
        const known = tf.mul(isSearched(batch.targets), tf.sub(1, batch.isTerminal));
        return tf.mean(tf.mul(searchPolicyLoss(observed, rows), tf.reshape(known, [-1])));
      }

      /** λ-returns of what was really received; imagination tells what lies beyond. Trains the model's features too. */
      function replayCriticLoss(replayed: Latent, beyond: Tensor): Tensor {
        // A step is the last of its episode where the next one is the first of another.
        const next = cut(batch.isFirst, length - last + 1, last - 1);
        const isLast = tf.concat([next, tf.zeros([batchSize, 1])], 1);
        const lambda = tf.mul(tf.sub(1, isLast), config.lambda);
        const target = lambdaReturns(lastSteps(batch.reward, last), alive, beyond, lambda);
        const kept = mergeTime(mapLatent(replayed, (leaf) => firstSteps(leaf, last - 1)));
        const known = representation.features(kept);
        const loss = criticLoss(valueOf(params, known), slow, known, tf.reshape(target, [-1]));
        return tf.mean(tf.mul(loss, tf.reshape(tf.sub(1, firstSteps(isLast, last - 1)), [-1])));
      }
    },
  };
}

/**
 * Of `known` [N, H + 1], which tells of the step that led to each index: whether the step that follows index t is known
 * (`next`, [N, H + 1]; nothing follows the last), and whether all up to that one are (`soFar`, [N, H]).
 */
function trust(known: Tensor): { next: Tensor; soFar: Tensor } {
  const [rows, columns]: number[] = known.shape;
  const following = lastSteps(known, columns - 1);
  return { next: tf.concat([following, tf.ones([rows, 1])], 1), soFar: knownSoFar(known) };
}
