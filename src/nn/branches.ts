/**
 * Branches (Janner et al. 2019, "When to trust your model"; Sutton 1990, Dyna): short rollouts from replayed states, whose
 * steps are learned from beside those that were really made.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { z } from 'zod';
import { count, fraction, natural, writtenOut, type Component, type OptionsOf } from '../config/index.ts';
import { stopGradient, stopGradients } from '../engine/gradients.ts';
import { scalar } from '../nd-array.ts';
import type { Batch, Group, Latent, Model, Noise, ParamArrays, Params } from '../types.ts';
import { knownSoFar, rewarded, type Judge } from './judge.ts';
import { cumulativeProduct } from './returns.ts';
import { rollout } from './rollout.ts';
import { firstSteps, lastSteps, mapLatent, mergeTime } from './sequences.ts';

const options = {
  branches: {
    starts: count.max(1e6).default(64).describe('Replayed states of a batch that branches begin from.'),
    horizon: writtenOut.default(3).describe('Imagined steps of every branch, once it has grown.'),
    firstHorizon: z.int().min(0).max(512).default(0).describe('Imagined steps at first, where branches grow; 0 means all of them.'),
    growth: natural.default(10_000).describe('Updates until branches that grow have all their steps.'),
    realShare: fraction.default(0.5).describe('Share of what is learned that was really received; the rest is imagined.'),
  },
};

export type BranchOptions = OptionsOf<typeof options>['branches'];

/** The keys of whatever learns from branches. */
export const branching = {
  options,
  rules: ({ branches: { firstHorizon, horizon } }) =>
    (firstHorizon > horizon ? [{ key: 'branches.firstHorizon', expected: `expected at most branches.horizon = ${horizon}` }] : []),
} satisfies Component<typeof options>;

/** Counts updates, by which branches grow. */
const UPDATES = 'branches/updates';
/** Of whatever learns from branches, as they are at first. */
export const branchStatistics: ParamArrays = { [UPDATES]: scalar(0) };

export interface Branching {
  readonly options: BranchOptions;
  /** In place of the reward alone. */
  readonly judge?: Judge;
}

export interface BranchInput {
  readonly params: Params;
  readonly statistics: Params;
  readonly model: Model;
  /** Of the batch, leaves [B, T, …]. */
  readonly latents: Latent;
  readonly batch: Pick<Batch, 'isTerminal' | 'weight'>;
  readonly noise: Noise;
  /** The discount of a step that surely goes on. */
  readonly discount: number;
  /** Actions [N, A] at features [N, F]. */
  act(features: Tensor): Tensor;
}

/** N branches of H steps. No gradient flows into any of it. */
export interface Branches {
  /** [N·(H + 1), F] */
  readonly features: Tensor;
  /** [N, H + 1, A]: what was done at each; the last leads nowhere. */
  readonly actions: Tensor;
  /** [N, H + 1]: on arriving; what stands at index 0 says nothing. */
  readonly reward: Tensor;
  /** [N, H + 1]: probability of going on, times the discount. */
  readonly discount: Tensor;
  /** [N, H]: 1 for the step that begins at each index but the last; 0 beyond what is known, and where a branch has not grown to. */
  readonly reached: Tensor;
  /** [N, H]: how much that step counts: 0 where it is not reached, else the probability that an episode still goes on, times its sequence's weight. */
  readonly weight: Tensor;
  readonly statistics: Group<Tensor>;
  readonly parts: Group<Tensor>;
}

/** Branches from the last states of every sequence of a batch. @throws Error where the model does not imagine */
export function branchOff({ options, judge = rewarded }: Branching, input: BranchInput): Branches {
  const { params, statistics, model: { representation, dynamics }, latents, batch, noise, discount: longest, act } = input;
  if (!dynamics) throw new Error('expected a model that imagines');
  const { horizon } = options;
  const [batchSize, length]: number[] = batch.isTerminal.shape;
  const last = Math.min(length - representation.blindSteps, Math.ceil(options.starts / batchSize));
  const rows = batchSize * last;
  const frozen = stopGradients(params);
  const starts = mergeTime(mapLatent(latents, (leaf) => lastSteps(leaf, last)));
  const { latents: imagined, actions } = rollout(dynamics, params, starts, {
    actions: { horizon, act: (latent) => act(representation.features(latent)) }, noise, gradients: 'none',
  });
  const everyLatent = mergeTime(imagined);
  const outcome = dynamics.outcome(frozen, everyLatent);
  const judged = judge(outcome);
  const perStep = (tensor: Tensor) => tf.reshape(tensor, [rows, horizon + 1]);
  const discount = perStep(outcome.discount.predict());

  // A start from which nothing goes on is known to be one; later ends are as sure as the model is of them.
  const first = tf.reshape(tf.sub(1, lastSteps(batch.isTerminal, last)), [rows, 1]);
  const alive = cumulativeProduct(firstSteps(tf.concat([first, tf.div(lastSteps(discount, horizon), longest)], 1), horizon));
  const updates = tf.add(statistics[UPDATES], 1);
  const grownTo = tf.lessEqual(tf.tensor1d(Array.from({ length: horizon }, (_, step) => step + 1)), grown(options, updates));
  const within = tf.mul(tf.ones([rows, 1]), tf.cast(grownTo, 'float32'));
  const reached = judged.known ? tf.mul(within, knownSoFar(perStep(judged.known))) : within;
  const perSequence = tf.mul(tf.ones([batchSize, last]), tf.reshape(batch.weight, [batchSize, 1]));
  const weight = tf.mul(tf.mul(alive, tf.reshape(perSequence, [rows, 1])), reached);
  return {
    features: stopGradient(representation.features(everyLatent)), actions, reward: stopGradient(perStep(judged.reward)),
    discount: stopGradient(discount), reached: stopGradient(reached), weight: stopGradient(weight),
    statistics: { [UPDATES]: updates },
    parts: { branchLength: tf.mean(tf.sum(weight, 1)), imaginedReward: tf.mean(lastSteps(perStep(judged.reward), horizon)) },
  };
}

/** Steps that branches have after so many updates (MBPO's schedule, rounded down): a scalar. */
export function grown({ firstHorizon, horizon, growth }: BranchOptions, updates: Tensor): Tensor {
  if (firstHorizon === 0) return tf.scalar(horizon);
  const share = tf.clipByValue(tf.div(updates, Math.max(1, growth)), 0, 1);
  return tf.floor(tf.add(firstHorizon, tf.mul(share, horizon - firstHorizon)));
}

/** What makes a mean over all imagined steps, in which those that are not reached count nothing, one over those that are: a scalar. */
export const perReached = ({ reached }: Pick<Branches, 'reached'>): Tensor => tf.div(reached.size, tf.maximum(tf.sum(reached), 1));

/** What is really received and what is imagined (scalars), in the shares that are asked for. */
export const sharedLoss = ({ realShare }: BranchOptions, real: Tensor, imagined: Tensor): Tensor =>
  tf.add(tf.mul(real, realShare), tf.mul(imagined, 1 - realShare));
