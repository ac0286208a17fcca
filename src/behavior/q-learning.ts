/**
 * Deep Q-learning (Mnih et al. 2015): values of actions learn returns of a few steps that end in what their slow copy says.
 * By option: double (van Hasselt, Guez and Silver 2016), duelling (Wang et al. 2016), n steps and priorities (Hessel et al.
 * 2018), and values as distributions over bins, of the mean (Farebrother et al. 2024) or of all that may follow (Bellemare,
 * Dabney and Munos 2017).
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { z } from 'zod';
import {
  defineBehavior, fraction, layers, width, writtenOut, type Behavior, type HeadShape, type OptionsOf, type PresetsOf,
} from '../config/index.ts';
import { stopGradient, stopGradients } from '../engine/gradients.ts';
import { branchOff, branchStatistics, perReached, sharedLoss, type Branches, type Branching } from '../nn/branches.ts';
import { categorical, certain, LARGEST_SYMEXP, projected, symexpBins, symexpTwoHot } from '../nn/distributions.ts';
import { chain, linear, mlp, parametersOf } from '../nn/layers.ts';
import { replayPriority } from '../nn/replay-priority.ts';
import { lambdaReturns, nStepParts, nStepReturns } from '../nn/returns.ts';
import { advance, cut, firstSteps, flatten, lastSteps, mapLatent } from '../nn/sequences.ts';
import { fromWidths } from '../nn/widths.ts';
import type { Params } from '../types.ts';

const options = {
  behavior: {
    units: width.describe('Width of the critic.'),
    criticLayers: layers.default(2).describe('Hidden layers of the critic.'),
    slowRate: fraction.default(0.02).describe('Share of the parameters mixed into their slow copies at every update.'),
    epsilon: fraction.default(0.1).describe('Chance of a random action while it learns.'),
    double: z.boolean().default(true).describe('The action that returns end in is chosen by the critic, and valued by its slow copy.'),
    dueling: z.boolean().default(false).describe('What a state is worth and what an action adds are told apart.'),
    distributional: z.boolean().default(true).describe('Values are learned as distributions over bins, and not as numbers.'),
    projected: z.boolean().default(false).describe('Values of real steps learn the distribution of what follows, and not its mean (C51); where they are distributions.'),
    returnSteps: writtenOut.default(3).describe('Steps of the returns that are learned.'),
  },
  replay: replayPriority,
};

export type QLearningOptions = OptionsOf<typeof options>['behavior'];

const presets = fromWidths(({ units }, preset) => ({
  behavior: { units, ...(preset === 'debug' ? { criticLayers: 1 } : {}) }, replay: {},
})) satisfies PresetsOf<typeof options>;

export default defineBehavior({
  description: 'values of actions, learned from what was really received (DQN)',
  options,
  presets,
  rules: ({ behavior: { projected: whole, distributional } }) =>
    (whole && !distributional ? [{ key: 'behavior.projected', expected: 'expected false where behavior.distributional is false' }] : []),
  refuses: ({ kind }) => (kind === 'continuous' ? 'it values each of a few actions, and these are continuous' : undefined),
  build: ({ behavior }, shape) => createQLearning(behavior, shape),
});

export interface QLearningExtras {
  /** Where values also learn returns of imagined steps, taken as the agent acts. */
  readonly branching?: Branching;
}

/** For discrete actions. */
export function createQLearning(
  config: QLearningOptions,
  { featureSize, actionSize: actions, bins, horizonDiscount }: Pick<HeadShape, 'featureSize' | 'actionSize' | 'bins' | 'horizonDiscount'>,
  { branching }: QLearningExtras = {},
): Behavior {
  const discount = 1 - 1 / horizonDiscount;
  const each = config.distributional ? bins : 1;
  const trunk = mlp('critic', featureSize, config.units, config.criticLayers);
  const ofActions = chain(trunk, linear('critic/actions', config.units, actions * each, { scale: 0 }));
  const ofState = chain(trunk, linear('critic/state', config.units, each, { scale: 0 }));

  /**
   * Where distributions learn from distributions, what lies on the outermost bins would only fade with the discount, and they are far
   * off: all but nothing begins there.
   */
  const middle = (bins - 1) / 2;
  const prior = Array.from({ length: bins }, (_, bin) => (-LEAST_LIKELY * Math.abs(bin - middle)) / middle);
  const begun = (logits: Tensor): Tensor => (config.projected ? tf.add(logits, tf.tensor1d(prior)) : logits);

  /** [N, A, bins], or [N, A, 1]. */
  function outputs(params: Params, features: Tensor): Tensor {
    const advantages = tf.reshape(ofActions.apply(params, features), [-1, actions, each]);
    if (!config.dueling) return begun(advantages);
    const state = tf.expandDims(ofState.apply(params, features), 1);
    return begun(tf.add(state, tf.sub(advantages, tf.mean(advantages, 1, true))));
  }

  /** [N, A] */
  const valuesOf = (found: Tensor): Tensor => (config.distributional ? symexpTwoHot(found).predict() : tf.squeeze(found, [-1]));
  const best = (values: Tensor): Tensor => tf.oneHot(tf.argMax(values, -1), actions, 1, 0, 'float32');
  const picked = (perAction: Tensor, oneHot: Tensor): Tensor => tf.sum(tf.mul(perAction, oneHot), 1);
  /** What the slow copy says of the action that is liked best: the value [N], and what it is the mean of [N, bins]. */
  function bootstrapOf(slow: Params, features: Tensor, values: Tensor): { value: Tensor; logits: Tensor } {
    const slowly = outputs(slow, stopGradient(features));
    const perAction = valuesOf(slowly);
    const liked = best(config.double ? values : perAction);
    return { value: picked(perAction, liked), logits: sayingOf(slowly, liked) };
  }
  /** Of [N, A, bins], what is said of actions [N, A]. */
  const sayingOf = (found: Tensor, taken: Tensor): Tensor => tf.sum(tf.mul(found, tf.expandDims(taken, -1)), 1);
  /** [N]: how wrong `found` is about actions [N, A] whose returns are `goal` [N]. */
  function wrongOf(found: Tensor, taken: Tensor, goal: Tensor): Tensor {
    const said = sayingOf(found, taken);
    return config.distributional ? symexpTwoHot(said).loss(goal) : huber(tf.sub(tf.squeeze(said, [-1]), goal));
  }
  /** [N]: the cross-entropy between what is said of actions [N, A] and distributions [N, bins]. */
  const distanceTo = (found: Tensor, taken: Tensor, probs: Tensor): Tensor => tf.neg(tf.sum(tf.mul(probs, tf.logSoftmax(sayingOf(found, taken))), -1));
  /** Greedy, but for a chance of `epsilon` that is spread over all. */
  function policyOf(q: Tensor) {
    const chances = tf.add(tf.mul(best(q), 1 - config.epsilon), Math.max(config.epsilon, 1e-6) / actions);
    return { ...categorical(tf.log(chances)), predict: () => best(q) };
  }

  return {
    prediction: {
      parameters: parametersOf([ofActions, ...(config.dueling ? [ofState] : [])]),
      predict(params, features) {
        const q = valuesOf(outputs(params, features));
        return { policy: policyOf(q), value: certain(tf.max(q, -1)), q: [q] };
      },
    },
    largest: { size: LARGEST_SYMEXP },
    slow: { prefixes: ['critic/'], rate: config.slowRate },
    targetShapes: {},
    statistics: branching ? branchStatistics : {},

    loss({ params, slow, statistics, model, world: { latents }, batch, noise }) {
      const { representation } = model;
      const first = representation.blindSteps;
      const [batchSize, length]: number[] = batch.reward.shape;
      const count = length - first;
      const seen = (tensor: Tensor) => cut(tensor, first, count);
      const features = representation.features(mapLatent(latents, (leaf) => flatten(seen(leaf), 2)));
      const found = outputs(params, features);
      const values = stopGradient(valuesOf(found));

      // What is received on the way, and what the slow copy says of where that ends
      const beyond = bootstrapOf(slow, features, values);
      const received = { reward: seen(batch.reward), isTerminal: seen(batch.isTerminal), isLast: seen(advance(batch.isFirst, 1)) };
      const span = { steps: config.returnSteps, discount };
      const returns = stopGradient(nStepReturns({ ...received, value: tf.reshape(beyond.value, [batchSize, count]) }, span));

      // Of every step but the last of an episode, where nothing was done
      const taken = flatten(advance(seen(batch.action), 1), 2);
      const acted = tf.concat([tf.sub(1, cut(batch.isFirst, first + 1, count - 1)), tf.zeros([batchSize, 1])], 1);
      const wrong = config.projected ? distanceTo(found, taken, wholeReturns()) : wrongOf(found, taken, tf.reshape(returns, [-1]));
      const weights = tf.mul(acted, tf.reshape(batch.weight, [batchSize, 1]));
      const loss = tf.mean(tf.mul(tf.reshape(wrong, [batchSize, count]), weights));
      const surprise = tf.mul(tf.abs(tf.sub(tf.reshape(picked(values, taken), [batchSize, count]), returns)), acted);
      const parts = { value: loss, targetValue: tf.mean(returns), imaginedValue: tf.mean(tf.max(values, -1)), valueError: tf.mean(surprise) };
      const priority = tf.mean(surprise, 1);
      if (!branching) return { total: loss, parts: stopGradients(parts), priority };

      const branches = branchOff(branching, {
        params, statistics, model, latents, batch, noise, discount, act: (at) => policyOf(valuesOf(outputs(stopGradients(params), at))).sample(noise),
      });
      const imagined = imaginedLoss(branches);
      return {
        total: sharedLoss(branching.options, loss, imagined), priority, statistics: branches.statistics,
        parts: stopGradients({ ...parts, ...branches.parts, imagined }),
      };

      /** Returns of all steps up to where a branch ends, which end in what the slow copy says there. */
      function imaginedLoss({ features: at, actions: done, reward, discount: going, ...counted }: Branches): Tensor {
        const [rows, columns]: number[] = reward.shape;
        const guess = outputs(params, at);
        const { value } = bootstrapOf(slow, at, stopGradient(valuesOf(guess)));
        // λ is 0 on arriving where the next step is not reached any more, and what lies beyond the last is not asked for.
        const goesOn = tf.concat([tf.ones([rows, 1]), ...(columns > 2 ? [lastSteps(counted.reached, columns - 2)] : []), tf.ones([rows, 1])], 1);
        const goal = lambdaReturns(reward, going, tf.reshape(value, [rows, columns]), goesOn);
        // Of the last index nothing is learned: it is computed along and left out.
        const goals = stopGradient(tf.concat([goal, tf.zeros([rows, 1])], 1));
        const error = tf.reshape(wrongOf(guess, flatten(done, 2), tf.reshape(goals, [-1])), [rows, columns]);
        return tf.mul(tf.mean(tf.mul(firstSteps(error, columns - 1), counted.weight)), perReached(counted));
      }

      /** [N, bins]: all that may come of each step, with its probability. */
      function wholeReturns(): Tensor {
        const probs = tf.reshape(tf.softmax(beyond.logits), [batchSize, count, bins]);
        const { received: sums, share, ends } = nStepParts({ ...received, ends: probs }, span);
        const atoms = tf.add(tf.expandDims(sums, -1), tf.mul(tf.expandDims(share, -1), tf.tensor1d(symexpBins(bins))));
        return stopGradient(projected(flatten(ends, 2), flatten(atoms, 2), symexpBins(bins)));
      }
    },
  };
}

/** Minus the logarithm of how probable the outermost bins are at first, compared with zero. */
const LEAST_LIKELY = 30;

/** x²/2 up to 1, and |x| − ½ beyond. */
function huber(x: Tensor): Tensor {
  const size = tf.abs(x);
  const near = tf.minimum(size, 1);
  return tf.add(tf.mul(tf.square(near), 0.5), tf.sub(size, near));
}
