/**
 * Dreamer's behaviour (Hafner et al. 2025, section "Actor critic learning"): a critic learns λ-returns of imagined
 * rollouts, an actor raises the log-probability of imagined actions by their normalised advantage (REINFORCE).
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { Config } from '../config/index.ts';
import { stopGradient } from '../engine/gradients.ts';
import { scalar } from '../nd-array.ts';
import { symexpTwoHot, type Trainable } from '../nn/distributions.ts';
import { chain, linear, mlp, parametersOf } from '../nn/layers.ts';
import { cut, firstSteps, flatten, lastSteps, mapLatent, mergeTime } from '../nn/sequences.ts';
import type { ActionSpace, Behavior, Group, Latent, LatentModel, Params } from '../types.ts';
import { imagine } from './imagination.ts';
import { policyHead } from './policy-head.ts';
import { cumulativeProduct, lambdaReturns, quantile } from './returns.ts';
import { isSearched, searchPolicyLoss, searchTargetShapes } from './search-targets.ts';

export interface ActorCriticShape {
  readonly featureSize: number;
  readonly actions: ActionSpace;
  /** Bins of the critic. */
  readonly bins: number;
  /** Steps to which the discount looks ahead. */
  readonly horizonDiscount: number;
}

/** With `search.distill` the actor also learns, from observed latents, what search found there. */
export function createActorCritic(config: Config['behavior'], search: Config['search'], shape: ActorCriticShape): Behavior {
  const { featureSize, actions, bins } = shape;
  const actor = policyHead('actor', featureSize, actions, config);
  const critic = chain(
    mlp('critic', featureSize, config.units, config.criticLayers), linear('critic/logits', config.units, bins, { scale: 0 }),
  );
  const policyOf = actor.apply;
  const valueOf = (params: Params, features: Tensor) => symexpTwoHot(critic.apply(params, features));

  /** The critic's loss on targets [N], with the pull towards its slow copy. */
  function criticLoss(value: Trainable, slow: Params, features: Tensor, target: Tensor): Tensor {
    const regular = value.loss(stopGradient(valueOf(slow, features).predict()));
    return tf.add(value.loss(stopGradient(target)), tf.mul(regular, config.slowRegularizer));
  }

  return {
    slowPrefixes: ['critic/'],
    targetShapes: search.distill ? searchTargetShapes(actions, search) : {},
    parameters: parametersOf([actor, critic]),
    initState: () => ({ returnLow: scalar(0), returnHigh: scalar(0) }),
    predict: (params, features) => ({ policy: policyOf(params, features), value: valueOf(params, features) }),

    loss({ params, slow, state, model, world: { latents }, batch, noise }) {
      const [batchSize, length]: number[] = batch.reward.shape;
      const horizon = config.imaginationHorizon;

      // Imagination, from the last posterior states of every sequence
      const wanted = config.imaginationStarts || batchSize * length;
      const last = Math.min(length - model.blindSteps, Math.max(1, Math.ceil(wanted / batchSize)));
      const recent = mapLatent(latents, (leaf) => lastSteps(leaf, last));
      const starts = mergeTime(recent);
      const { features, actions: taken, latents: imagined } = imagine(
        params, model, starts, (feature) => policyOf(stopParams(params, 'actor/'), feature).sample(noise), horizon, noise,
      );
      const rollouts = batchSize * last;
      const flat = (tensor: Tensor) => tf.reshape(tensor, [rollouts * (horizon + 1), ...tensor.shape.slice(2)]);
      const perStep = (tensor: Tensor) => tf.reshape(tensor, [rollouts, horizon + 1]);

      // Returns
      const { reward, discount } = outcomes(model, params, imagined, flat);
      // Whether a start is the end is known; a model may have nothing to say of what it observed.
      const alive = tf.mul(tf.sub(1, lastSteps(batch.isTerminal, last)), 1 - 1 / shape.horizonDiscount);
      const beyondStart = (tensor: Tensor) => tf.slice(perStep(tensor), [0, 1], [-1, -1]);
      const going = tf.concat([tf.reshape(alive, [rollouts, 1]), beyondStart(discount)], 1);
      const everywhere = flat(features);
      const estimate = valueOf(params, everywhere);
      const value = perStep(stopGradient(estimate.predict()));
      const returns = lambdaReturns(perStep(reward), going, value, tf.fill([rollouts, horizon + 1], config.lambda));
      const scale = returnScale(returns, state);

      // Actor
      const now = (tensor: Tensor) => tf.slice(tensor, [0, 0], [-1, horizon]);
      const weight = now(cumulativeProduct(going));
      const advantage = tf.div(tf.sub(returns, now(value)), scale.size);
      const before = tf.reshape(tf.slice(features, [0, 0, 0], [-1, horizon, -1]), [rollouts * horizon, -1]);
      const done = tf.reshape(tf.slice(taken, [0, 0, 0], [-1, horizon, -1]), [rollouts * horizon, -1]);
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
      const searchLoss = search.distill ? distillationLoss() : undefined;

      const total = tf.addN([
        tf.mul(policyLoss, config.scales.policy), tf.mul(valueLoss, config.scales.value),
        tf.mul(replayLoss, config.replayCritic), ...(searchLoss ? [tf.mul(searchLoss, config.scales.policy)] : []),
      ]);
      const parts = {
        policy: policyLoss, value: valueLoss, replayValue: replayLoss, entropy: tf.mean(entropy),
        imaginedReward: tf.mean(beyondStart(reward)), imaginedReturn: tf.mean(returns), imaginedValue: tf.mean(value),
        returnScale: scale.size, ...(searchLoss ? { search: searchLoss } : {}),
      };
      return { total, parts: stopScalars(parts), state: scale.state };

      function distillationLoss(): Tensor {
        const rows = mapLatent(batch.targets, (leaf) => flatten(leaf, 2));
        const observed = policyOf(params, stopGradient(model.features(mergeTime(latents))));
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
        const known = model.features(kept);
        const loss = criticLoss(valueOf(params, known), slow, known, tf.reshape(target, [-1]));
        return tf.mean(tf.mul(loss, tf.reshape(tf.sub(1, firstSteps(isLast, last - 1)), [-1])));
      }
    },
  };

  /** Percentiles of returns, followed slowly; advantages are divided by their distance, but by no less than the limit. */
  function returnScale(returns: Tensor, state: Params): { size: Tensor; state: Group<Tensor> } {
    const follow = (old: Tensor, fraction: number) =>
      tf.add(tf.mul(old, 1 - config.returnRate), tf.mul(quantile(returns, fraction), config.returnRate));
    const returnLow = follow(state.returnLow, config.returnLow);
    const returnHigh = follow(state.returnHigh, config.returnHigh);
    return { size: tf.maximum(tf.sub(returnHigh, returnLow), config.returnLimit), state: { returnLow, returnHigh } };
  }
}

/** Reward and discount of every imagined step, without gradients. */
function outcomes(model: LatentModel, params: Params, imagined: Latent, flat: (tensor: Tensor) => Tensor) {
  const { reward, discount } = model.outcome(stopParams(params, ''), mapLatent(imagined, flat));
  return { reward: stopGradient(reward.predict()), discount: stopGradient(discount.predict()) };
}

const stopParams = (params: Params, prefix: string): Params =>
  Object.fromEntries(Object.entries(params).map(([name, tensor]) => [name, name.startsWith(prefix) ? stopGradient(tensor) : tensor]));

const stopScalars = (parts: Group<Tensor>): Group<Tensor> =>
  Object.fromEntries(Object.entries(parts).map(([name, tensor]) => [name, stopGradient(tensor)]));
