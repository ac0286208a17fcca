/**
 * TD-MPC2's behaviour (Hansen, Su and Wang 2024, section 3): an ensemble of values of actions learns one-step returns
 * along the model's own unroll, and a policy, with an optimiser of its own, climbs what it says.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { count, defineBehavior, fraction, type Behavior, type HeadShape, type OptionsOf, type PresetsOf } from '../config/index.ts';
import { stopGradient, stopGradients } from '../engine/gradients.ts';
import { LARGEST_SYMEXP, symexpTwoHot } from '../nn/distributions.ts';
import { members } from '../nn/members.ts';
import { headOptions, headPresets, headRules, policyHead } from '../nn/policy-head.ts';
import { returnScale, returnScaleBegins, returnScaleOptions, returnScaleRules } from '../nn/return-scale.ts';
import { cut, flatten, mapLatent, windows } from '../nn/sequences.ts';
import { observedPairs } from '../nn/unroll.ts';
import { fromWidths } from '../nn/widths.ts';
import type { Batch, ModelLoss, Noise, Params, Representation, Unrolled } from '../types.ts';

const options = {
  behavior: {
    ...headOptions,
    ...returnScaleOptions,
    critics: count.min(2).max(100).default(5).describe('Values of actions that learn apart; targets take the smaller of two drawn ones.'),
    decay: fraction.default(0.5).describe('How much each unrolled step counts, compared with the one before.'),
  },
};

export type TdLearningOptions = OptionsOf<typeof options>['behavior'];

const presets = fromWidths((_, preset) => ({ behavior: headPresets[preset] })) satisfies PresetsOf<typeof options>;

export default defineBehavior({
  description: "TD-MPC2's: an ensemble of values of actions, and a policy that climbs it",
  options,
  presets,
  rules: ({ behavior }) => [...headRules(behavior), ...returnScaleRules(behavior)],
  build: ({ behavior }, shape) => createTdLearning(behavior, shape),
});

/** Discrete actions are drawn with straight-through gradients. */
export function createTdLearning(
  config: TdLearningOptions,
  { featureSize, actions, actionSize, bins, horizonDiscount }: Pick<HeadShape, 'featureSize' | 'actions' | 'actionSize' | 'bins' | 'horizonDiscount'>,
): Behavior {
  const { critics: count } = config;
  const actor = policyHead('actor', featureSize, actions, config);
  const critics = members('critic', {
    count, inputs: featureSize + actionSize, units: config.units, layers: config.criticLayers, outputs: bins, scale: 0,
  });

  /** Logits [K, N, bins] of what actions [N, A] at features [N, F] are worth. */
  const worth = (params: Params, features: Tensor, action: Tensor) =>
    critics.apply(params, tf.concat([features, tf.clipByValue(action, -1, 1)], -1));

  /** The mean of all: that of the mixture of their bins. */
  const mixture = (logits: Tensor) => symexpTwoHot(tf.log(tf.add(tf.mean(tf.softmax(logits), 0), 1e-12)));

  /** r + γ·(1 − terminal)·min(Qᵢ, Qⱼ)(z', π(z')) for two critics that are drawn; z' is what was really seen next. */
  function targets(slow: Params, params: Params, { next, reward, isTerminal }: Record<'next' | 'reward' | 'isTerminal', Tensor>, noise: Noise) {
    const action = actor.apply(params, next).sample(noise);
    const all = symexpTwoHot(worth(slow, next, action)).predict();
    const beyond = tf.min(tf.add(all, tf.mul(tf.sub(1, drawnTwo(count, noise)), UNREACHED)), 0);
    const going = tf.mul(tf.sub(1, isTerminal), 1 - 1 / horizonDiscount);
    return stopGradient(tf.add(reward, tf.mul(going, beyond)));
  }

  return {
    prediction: {
      parameters: { ...actor.parameters, ...critics.parameters },
      predict(params, features) {
        const policy = actor.apply(params, features);
        return { policy, value: mixture(worth(params, features, policy.predict())) };
      },
    },
    largest: { size: LARGEST_SYMEXP },
    slow: { prefixes: ['critic/'], rate: config.slowRate },
    targetShapes: {},
    statistics: {},

    loss({ params, slow, model: { representation }, world, batch, noise }) {
      const { latents } = world;
      const unrolled = rolloutsOf(world, batch, representation);
      const [batchSize, starts, columns]: number[] = unrolled.valid.shape;
      const steps = columns - 1;
      const span = { first: unrolled.first, starts, steps };
      const before = (tensor: Tensor) => flatten(cut(flatten(tensor, 2), 0, steps), 2);
      const after = (tensor: Tensor) => flatten(cut(flatten(tensor, 2), 1, steps), 2);
      const weights = tf.mul(unrolled.valid, tf.reshape(batch.weight, [batchSize, 1, 1]));
      const fading = after(tf.mul(weights, tf.tensor1d(Array.from({ length: columns }, (_, k) => config.decay ** Math.max(0, k - 1)))));

      const seen = mapLatent(stopGradients(latents), (leaf) => windows(leaf, span));
      const goal = targets(slow, stopGradients(params), {
        next: representation.features(mapLatent(seen, after)),
        reward: after(windows(batch.reward, span)), isTerminal: after(windows(batch.isTerminal, span)),
      }, noise);
      const features = representation.features(mapLatent(unrolled.latents, before));
      const guess = symexpTwoHot(worth(params, features, after(windows(batch.action, span))));
      const perMember = guess.loss(tf.mul(tf.expandDims(goal, 0), tf.ones([count, 1])));
      const valueLoss = tf.mean(tf.mul(perMember, tf.expandDims(fading, 0)));
      const values = guess.predict();
      const parts = {
        value: valueLoss, targetValue: tf.mean(goal),
        criticSpread: tf.mean(tf.sqrt(tf.mean(tf.squaredDifference(values, tf.mean(values, 0, true)), 0))),
      };
      return { total: tf.mul(valueLoss, config.scales.value), parts: stopGradients(parts) };
    },

    apart: {
      name: 'policy',
      trains: ['actor/'],
      statistics: returnScaleBegins,
      loss({ params, statistics, model: { representation }, world, batch, noise }) {
        const unrolled = rolloutsOf(world, batch, representation);
        const columns = unrolled.valid.shape[2] as number;
        const rows = (tensor: Tensor) => flatten(tensor, 3);
        const features = stopGradient(representation.features(mapLatent(unrolled.latents, rows)));
        const policy = actor.apply(params, features);
        const value = mixture(worth(params, features, policy.sample(noise))).predict();
        const scale = returnScale(stopGradient(value), statistics, config);
        const entropy = policy.entropy();
        const fading = rows(tf.mul(unrolled.valid, tf.tensor1d(Array.from({ length: columns }, (_, k) => config.decay ** k))));
        const gain = tf.add(tf.div(value, scale.size), tf.mul(entropy, config.entropy));
        const loss = tf.mul(tf.neg(tf.mean(tf.mul(gain, fading))), config.scales.policy);
        const parts = { policy: loss, entropy: tf.mean(entropy), imaginedValue: tf.mean(value), returnScale: scale.size };
        return { total: loss, parts: stopGradients(parts), statistics: scale.statistics };
      },
    },
  };
}

/** The model's own unroll, or what was observed where it makes none. */
const rolloutsOf = ({ latents, unrolled }: Pick<ModelLoss, 'latents' | 'unrolled'>, batch: Batch, { blindSteps }: Representation): Unrolled =>
  unrolled ?? observedPairs(latents, batch, blindSteps);

/** More than any value that can be said. */
const UNREACHED = 4 * LARGEST_SYMEXP;

/** [K, 1]: 1 for two of K, drawn anew at every update. */
function drawnTwo(count: number, noise: Noise): Tensor {
  const chances = noise.uniform([count]);
  const second = tf.slice(tf.topk(chances, 2).values, [1], [1]);
  return tf.reshape(tf.cast(tf.greaterEqual(chances, second), 'float32'), [count, 1]);
}
