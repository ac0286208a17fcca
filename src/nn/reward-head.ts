/**
 * What a step of MuZero's dynamics gave, in two ways: each reward by itself (Schrittwieser et al. 2020), or as the
 * difference of value prefixes, the sums of rewards since the root (EfficientZero, Ye et al. 2021, section 4.2).
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { z } from 'zod';
import { count, layers, width, type Broken } from '../config/index.ts';
import type { Distribution, Group, Latent, ParameterSpec, Params } from '../types.ts';
import { contractedTwoHot } from './distributions.ts';
import { chain, linear, mlp, parametersOf, type Layer } from './layers.ts';

/** Keys of a model that says what arriving somewhere gives. */
export const outcomeOptions = {
  units: width.describe('Width of the reward and continue heads.'),
  rewardLayers: layers.default(1).describe('Hidden layers of the reward head.'),
  continueLayers: layers.default(1).describe('Hidden layers of the continue head.'),
  bins: count.min(3).max(9999).default(255).describe('Bins of the two-hot heads; odd, so that one is zero.'),
  horizonDiscount: z
    .number()
    .gt(1)
    .max(1e7) // beyond, the discount is 1 in 32 bits
    .default(333)
    .describe('Steps to which the discount looks ahead: discount = 1 − 1/horizonDiscount.'),
};

export const outcomeRules = ({ bins }: { bins: number }): Broken[] =>
  (bins % 2 === 0 ? [{ key: 'model.bins', expected: 'expected an odd number' }] : []);

export interface RewardHead {
  readonly parameters: Group<ParameterSpec>;
  /** What it adds to a latent. */
  readonly shapes: Group<readonly number[]>;
  /** Those leaves after a step from `before` to a latent that was arrived at by `arrival` [B, hidden]. */
  step(params: Params, before: Latent, arrival: Tensor): Latent;
  /** The reward on arriving. */
  apply(params: Params, latent: Latent): Distribution;
  /** Loss [N, K] of latents reached by 1..K steps from a root, as rows N·K; rewards [N, K]. */
  loss(params: Params, latent: Latent, rewards: Tensor): Tensor;
}

export interface RewardHeadShape {
  /** Width of `arrival`. */
  readonly hidden: number;
  readonly units: number;
  /** At least one. */
  readonly rewardLayers: number;
  readonly bins: number;
  /** Largest reward that can be said. */
  readonly support: number;
  /** Steps after which a value prefix begins again from zero. */
  readonly unroll: number;
}

const numbers = (inputs: number, { units, rewardLayers, bins }: RewardHeadShape): Layer => chain(
  mlp('reward', inputs, units, rewardLayers), linear('reward/logits', units, bins, { scale: 0 }),
);

export function eachReward(shape: RewardHeadShape): RewardHead {
  const head = numbers(shape.hidden, shape);
  const apply = (params: Params, { arrival }: Latent) => contractedTwoHot(head.apply(params, arrival), shape.support);
  return {
    parameters: head.parameters,
    shapes: {},
    step: () => ({}),
    apply,
    loss: (params, latent, rewards) =>
      tf.reshape(apply(params, latent).loss(tf.reshape(rewards, [-1])), rewards.shape),
  };
}

/**
 * Leaves `memory` [units], `before` [1], `age` [1]: a recurrence over the steps since the root, the prefix that was
 * predicted one step before, and the number of those steps. The recurrence has one gate, where EfficientZero has an LSTM.
 */
export function valuePrefix(shape: RewardHeadShape): RewardHead {
  const { hidden, units, unroll, support } = shape;
  const gate = linear('prefix/gate', hidden + units, units);
  const candidate = linear('prefix/candidate', hidden + units, units);
  const head = numbers(units, shape);
  const prefix = (params: Params, memory: Tensor) => contractedTwoHot(head.apply(params, memory), support);
  return {
    parameters: parametersOf([gate, candidate, head]),
    shapes: { memory: [units], before: [1], age: [1] },
    step(params, latent, arrival) {
      const goesOn = tf.mul(
        tf.cast(tf.greater(latent.age, 0), 'float32'), tf.cast(tf.less(latent.age, unroll), 'float32'),
      );
      const memory = tf.mul(latent.memory, goesOn);
      const input = tf.concat([arrival, memory], -1);
      const fresh = tf.tanh(candidate.apply(params, input));
      const predicted = tf.expandDims(prefix(params, latent.memory).predict(), -1);
      return {
        memory: tf.add(memory, tf.mul(tf.sigmoid(gate.apply(params, input)), tf.sub(fresh, memory))),
        before: tf.mul(predicted, goesOn),
        age: tf.add(tf.mul(latent.age, goesOn), 1),
      };
    },
    apply(params, { memory, before }) {
      const sum = prefix(params, memory);
      const earlier = tf.squeeze(before, [-1]);
      return {
        predict: () => tf.sub(sum.predict(), earlier),
        sample: (noise) => tf.sub(sum.sample(noise), earlier),
        logProb: (reward) => sum.logProb(tf.add(reward, earlier)),
        entropy: () => sum.entropy(),
      };
    },
    loss(params, { memory }, rewards) {
      const sums: Tensor[] = [];
      for (const reward of tf.unstack(rewards, 1)) sums.push(sums.length > 0 ? tf.add(sums[sums.length - 1], reward) : reward);
      return tf.reshape(prefix(params, memory).loss(tf.reshape(tf.stack(sums, 1), [-1])), rewards.shape);
    },
  };
}
