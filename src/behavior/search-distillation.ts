/**
 * MuZero's way of learning to act (Schrittwieser et al. 2020): the policy learns what search found, the value learns
 * n-step returns that end in a searched value, both at every step of the model's own unroll.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { z } from 'zod';
import {
  defineBehavior, writtenOut, type Behavior, type HeadShape, type OptionsOf, type PresetsOf,
} from '../config/index.ts';
import { stopGradient, stopGradients } from '../engine/gradients.ts';
import { contractedTwoHot } from '../nn/distributions.ts';
import { chain, linear, mlp, parametersOf } from '../nn/layers.ts';
import { headOptions, headPresets, headRules, policyHead } from '../nn/policy-head.ts';
import { replayPriority } from '../nn/replay-priority.ts';
import { nStepReturns } from '../nn/returns.ts';
import { isSearched, sampledOptions, searchPolicyLoss, searchTargetShapes, valueUnit } from '../nn/search-targets.ts';
import { advance, flatten, mapLatent, windows } from '../nn/sequences.ts';
import { fromWidths } from '../nn/widths.ts';
import type { Batch, Params, Representation, Unrolled } from '../types.ts';

const options = {
  behavior: headOptions,
  search: {
    ...sampledOptions,
    valueTarget: z
      .enum(['returns', 'search'])
      .default('returns')
      .describe('What values learn: returns of returnSteps steps that end in a searched value, or the searched value itself.'),
    returnSteps: writtenOut.default(5).describe('Steps of those returns.'),
  },
  replay: replayPriority,
};

type SearchDistillationOptions = Pick<OptionsOf<typeof options>, 'behavior' | 'search'>;

const presets = fromWidths((_, preset) => ({ behavior: headPresets[preset], search: {}, replay: {} })) satisfies
  PresetsOf<typeof options>;

export default defineBehavior({
  description: "MuZero's: a policy that learns what search found, and a value that learns n-step returns",
  options,
  presets,
  rules: ({ behavior }) => headRules(behavior),
  build: createSearchDistillation,
});

/** Largest value that can be said, where the model does not say so. */
const SUPPORT = 300;

export function createSearchDistillation({ behavior: config, search }: SearchDistillationOptions, shape: HeadShape): Behavior {
  const { featureSize, actions, bins, support = SUPPORT, takesTurns = false, forbids = false } = shape;
  const actor = policyHead('actor', featureSize, actions, config);
  const critic = chain(
    mlp('critic', featureSize, config.units, config.criticLayers), linear('critic/logits', config.units, bins, { scale: 0 }),
  );
  const largest = { size: support, key: 'model.support' };
  const unit = valueUnit(largest);
  const valueOf = (params: Params, features: Tensor) => contractedTwoHot(critic.apply(params, features), support);

  /** What values learn, [B, T]. */
  function valueTargets(
    params: Params,
    { features: featuresOf }: Representation,
    { latents }: Pick<Unrolled, 'latents'>,
    batch: Batch,
  ): Tensor {
    const observed = mapLatent(stopGradients(latents), (leaf) => flatten(leaf, 2));
    const own = tf.reshape(valueOf(params, featuresOf(observed)).predict(), batch.reward.shape);
    const known = isSearched(batch.targets);
    const found = unit === 1 ? batch.targets.searchValue : tf.mul(batch.targets.searchValue, unit);
    const value = tf.add(tf.mul(found, known), tf.mul(own, tf.sub(1, known)));
    const returns = nStepReturns(
      { reward: batch.reward, value, isTerminal: batch.isTerminal, isLast: advance(batch.isFirst, 1) },
      // A reward is seen from the side of whoever acted.
      { steps: search.returnSteps, discount: (takesTurns ? -1 : 1) * (1 - 1 / shape.horizonDiscount) },
    );
    if (search.valueTarget === 'returns') return stopGradient(returns);
    const searched = tf.mul(value, tf.sub(1, batch.isTerminal));
    return stopGradient(tf.add(tf.mul(searched, known), tf.mul(returns, tf.sub(1, known))));
  }

  return {
    prediction: {
      parameters: parametersOf([actor, critic]),
      predict: (params, features) => ({ policy: actor.apply(params, features), value: valueOf(params, features) }),
    },
    largest,
    slow: { prefixes: [''], rate: config.slowRate },
    targetShapes: searchTargetShapes(actions, search, forbids),
    statistics: {},

    loss({ params, model: { representation }, world, batch }) {
      const { first, latents, valid } = world.unrolled ?? withoutUnroll(world.latents, batch);
      const [batchSize, starts, columns]: number[] = valid.shape;
      const span = { first, starts, steps: columns - 1 };
      /** [B, T, …] → rows of every step of every rollout. */
      const along = (tensor: Tensor) => flatten(windows(tensor, span), 3);
      // The first step counts as much as all that were imagined.
      const perColumn = Array.from({ length: columns }, (_, k) => (k === 0 ? 1 : 1 / (columns - 1)));
      const share = tf.mul(tf.mul(valid, tf.tensor1d(perColumn)), tf.reshape(batch.weight, [batchSize, 1, 1]));
      const average = (rows: Tensor) => tf.div(tf.sum(tf.mul(rows, flatten(share, 3))), batchSize * starts);

      const features = representation.features(mapLatent(latents, (leaf) => flatten(leaf, 3)));
      const predicted = { policy: actor.apply(params, features), value: valueOf(params, features) };

      // Policy: where a search was made, and something was left to be decided
      const targets = Object.fromEntries(Object.entries(batch.targets).map(([name, leaf]) => [name, along(leaf)]));
      const decided = along(tf.mul(isSearched(batch.targets), tf.sub(1, batch.isTerminal)));
      const policyLoss = average(tf.mul(searchPolicyLoss(predicted.policy, targets), decided));
      const entropy = predicted.policy.entropy();

      // Value
      const goal = valueTargets(params, representation, world, batch);
      const valueLoss = average(predicted.value.loss(along(goal)));
      const guess = tf.reshape(stopGradient(predicted.value.predict()), [batchSize, starts, columns]);
      const atStarts = (tensor: Tensor) => tf.slice(tensor, [0, 0, 0], [-1, -1, 1]);
      const surprise = tf.abs(tf.sub(atStarts(guess), atStarts(windows(goal, span))));

      const total = tf.addN([
        tf.mul(policyLoss, config.scales.policy), tf.mul(valueLoss, config.scales.value),
        tf.mul(average(tf.mul(entropy, decided)), -config.entropy),
      ]);
      const parts = {
        policy: policyLoss, value: valueLoss, entropy: tf.mean(entropy), targetValue: tf.mean(goal),
        searchedShare: tf.mean(isSearched(batch.targets)), valueError: tf.mean(surprise),
      };
      return { total, parts: stopGradients(parts), priority: tf.mean(surprise, [1, 2]) };
    },
  };
}

/** A model that does not unroll itself is learned on where it observed. */
function withoutUnroll(latents: Unrolled['latents'], batch: Batch): Unrolled {
  return { first: 0, latents: mapLatent(latents, (leaf) => tf.expandDims(leaf, 2)), valid: tf.ones([...batch.reward.shape, 1]) };
}
