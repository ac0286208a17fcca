/**
 * Soft actor-critic (Haarnoja et al. 2018): two values of actions learn what is received and how open the choice stays; a
 * policy climbs the smaller of them, and its temperature follows the entropy that is wanted. For discrete actions all
 * expectations are exact (Christodoulou 2019).
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { z } from 'zod';
import { defineBehavior, fraction, layers, positive, width, type Behavior, type HeadShape, type OptionsOf, type PresetsOf } from '../config/index.ts';
import { stopGradient, stopGradients } from '../engine/gradients.ts';
import { branchOff, branchStatistics, perReached, sharedLoss, type Branches, type Branching } from '../nn/branches.ts';
import { categorical, LARGEST_SYMEXP, squashedNormal, symexpTwoHot } from '../nn/distributions.ts';
import { chain, linear, mlp } from '../nn/layers.ts';
import { members } from '../nn/members.ts';
import { cut, firstSteps, flatten, lastSteps, mapLatent } from '../nn/sequences.ts';
import { observedPairs } from '../nn/unroll.ts';
import { fromWidths } from '../nn/widths.ts';
import type { Batch, Group, Latent, ModelLoss, Noise, ParameterSpec, Params, Representation } from '../types.ts';

const options = {
  behavior: {
    units: width.describe('Width of actor and critics.'),
    actorLayers: layers.default(2).describe('Hidden layers of the actor.'),
    criticLayers: layers.default(2).describe('Hidden layers of the critics.'),
    slowRate: fraction.default(0.01).describe('Share of the parameters mixed into their slow copies at every update.'),
    temperature: positive.default(0.1).describe('What a nat of entropy is worth at first.'),
    targetEntropy: z
      .number().min(-1e3).max(1e3).default(0)
      .describe('Entropy to keep up: of each continuous action, or a share of the most of discrete ones; 0 means −1, or a half.'),
  },
};

export type SoftActorCriticOptions = OptionsOf<typeof options>['behavior'];

const presets = fromWidths(({ units }, preset) => ({
  behavior: { units, ...(preset === 'debug' ? { actorLayers: 1, criticLayers: 1 } : {}) },
})) satisfies PresetsOf<typeof options>;

export default defineBehavior({
  description: 'two values of actions and an actor that climbs them, and keeps its choices open (SAC)',
  options,
  presets,
  build: ({ behavior }, shape) => createSoftActorCritic(behavior, shape),
});

const CRITICS = 2;
const TEMPERATURE = 'temperature/log';

/** What a policy does somewhere, and what that comes to: expectations over actions, [N]. */
interface Choice {
  /** Of min(Q₁, Q₂) − α log π. */
  soft(params: Params, features: Tensor, temperature: Tensor): Tensor;
  /** Of log π. */
  readonly logProb: Tensor;
}

export interface SoftActorCriticExtras {
  /** Where critics also learn imagined steps, taken as the agent acts. */
  readonly branching?: Branching;
}

export function createSoftActorCritic(
  config: SoftActorCriticOptions,
  { featureSize, actions, actionSize, bins, horizonDiscount }: Pick<HeadShape, 'featureSize' | 'actions' | 'actionSize' | 'bins' | 'horizonDiscount'>,
  { branching }: SoftActorCriticExtras = {},
): Behavior {
  const { units } = config;
  const discount = 1 - 1 / horizonDiscount;
  const discrete = actions.kind === 'discrete';
  const actor = chain(
    mlp('actor', featureSize, units, config.actorLayers), linear('actor/out', units, discrete ? actionSize : 2 * actionSize, { scale: 0.01 }),
  );
  // Of continuous actions the action goes in; of discrete ones the value of each comes out.
  const critics = members('critic', {
    count: CRITICS, inputs: featureSize + (discrete ? 0 : actionSize), units, layers: config.criticLayers,
    outputs: discrete ? actionSize * bins : bins, scale: 0,
  });
  const temperature: Group<ParameterSpec> = { [TEMPERATURE]: { shape: [1], init: 'zeros' } };
  // Steps of an optimiser are small beside the range of temperatures.
  const temperatureOf = (params: Params): Tensor => tf.mul(tf.exp(tf.mul(tf.reshape(params[TEMPERATURE], []), 10)), config.temperature);
  const wanted = discrete ? (config.targetEntropy || 0.5) * Math.log(actionSize) : (config.targetEntropy || -1) * actionSize;

  const policyOf = (params: Params, features: Tensor) => {
    const out = actor.apply(params, features);
    if (discrete) return categorical(out);
    const [mean, std] = tf.split(out, 2, -1);
    return squashedNormal(mean, std);
  };
  /** [K, N, A, bins], or [K, N, bins] of actions [N, A]. */
  function worth(params: Params, features: Tensor, action: Tensor): Tensor {
    if (!discrete) return critics.apply(params, tf.concat([features, tf.clipByValue(action, -1, 1)], -1));
    return tf.reshape(critics.apply(params, features), [CRITICS, features.shape[0], actionSize, bins]);
  }
  const least = (logits: Tensor): Tensor => tf.min(symexpTwoHot(logits).predict(), 0);

  function choose(params: Params, at: Tensor, noise: Noise): Choice {
    const policy = policyOf(params, at);
    if ('draw' in policy) {
      const { action, logProb } = policy.draw(noise);
      return { logProb, soft: (critic, features, alpha) => tf.sub(least(worth(critic, features, action)), tf.mul(alpha, logProb)) };
    }
    const { probs, logProbs } = policy;
    const expected = (perAction: Tensor) => tf.sum(tf.mul(probs, perAction), -1);
    return {
      logProb: expected(logProbs),
      soft: (critic, features, alpha) => expected(tf.sub(least(worth(critic, features, probs)), tf.mul(alpha, logProbs))),
    };
  }

  return {
    prediction: {
      parameters: { ...actor.parameters, ...critics.parameters, ...temperature },
      predict(params, features) {
        const policy = policyOf(params, features);
        const all = worth(params, features, policy.predict());
        // The mean of both: that of the mixture of their bins.
        const both = tf.mean(tf.softmax(all), 0);
        const one = discrete ? tf.sum(tf.mul(both, tf.expandDims(policy.predict(), -1)), 1) : both;
        return { policy, value: symexpTwoHot(tf.log(tf.add(one, 1e-12))) };
      },
    },
    largest: { size: LARGEST_SYMEXP },
    slow: { prefixes: ['critic/'], rate: config.slowRate },
    targetShapes: {},
    statistics: branching ? branchStatistics : {},

    loss({ params, slow, statistics, model, world, batch, noise }) {
      const { representation } = model;
      const alpha = stopGradient(temperatureOf(params));
      const frozen = stopGradients(params);
      /** What critics lack of r + γ·(min Q − α log π), a mean over rows. */
      function lossOf({ now, next, taken, reward, going, weight }: Steps) {
        const beyond = choose(frozen, next, noise).soft(slow, next, alpha);
        const goal = stopGradient(tf.add(reward, tf.mul(going, beyond)));
        const all = worth(params, now, taken);
        const said = symexpTwoHot(discrete ? tf.sum(tf.mul(all, tf.reshape(taken, [1, -1, actionSize, 1])), 2) : all);
        const wrong = said.loss(tf.mul(tf.expandDims(goal, 0), tf.ones([CRITICS, 1])));
        return { loss: tf.mean(tf.mul(wrong, tf.expandDims(weight, 0))), goal };
      }
      const { loss, goal } = lossOf(realSteps(world, batch, representation, discount));
      const parts = { value: loss, targetValue: tf.mean(goal) };
      if (!branching) return { total: loss, parts: stopGradients(parts) };

      const branches = branchOff(branching, {
        params, statistics, model, latents: world.latents, batch, noise, discount, act: (at) => policyOf(frozen, at).sample(noise),
      });
      const imagined = tf.mul(lossOf(imaginedSteps(branches)).loss, perReached(branches));
      return {
        total: sharedLoss(branching.options, loss, imagined), statistics: branches.statistics,
        parts: stopGradients({ ...parts, ...branches.parts, imagined }),
      };
    },

    apart: {
      name: 'policy',
      trains: ['actor/', 'temperature/'],
      statistics: {},
      loss({ params, model: { representation }, world, batch, noise }) {
        const { now, weight } = realSteps(world, batch, representation, discount);
        const alpha = temperatureOf(params);
        const choice = choose(params, now, noise);
        const climbing = tf.neg(tf.mean(tf.mul(choice.soft(params, now, stopGradient(alpha)), weight)));
        // α falls where the policy is more open than wanted, and rises where it is less.
        const missing = tf.add(stopGradient(tf.mean(choice.logProb)), wanted);
        const cooling = tf.neg(tf.mul(tf.reshape(params[TEMPERATURE], []), missing));
        const parts = { policy: climbing, entropy: tf.neg(tf.mean(choice.logProb)), temperature: alpha };
        return { total: tf.add(climbing, cooling) as Tensor, parts: stopGradients(parts) };
      },
    },
  };
}

/** Steps as rows [N]: features before, which learn, and after, which do not; what was done, and what came on arriving. */
interface Steps extends Readonly<Record<'now' | 'next' | 'taken' | 'reward' | 'going' | 'weight', Tensor>> {}

/** Those between observed latents. */
function realSteps(
  { latents }: Pick<ModelLoss, 'latents'>, batch: Batch, { features, blindSteps }: Representation, discount: number,
): Steps {
  const { latents: pairs, valid } = observedPairs(latents, batch, blindSteps);
  const [batchSize, count]: number[] = valid.shape;
  const column = (tensor: Tensor, which: number) => flatten(cut(flatten(tensor, 2), which, 1), 2);
  const at = (which: number): Latent => mapLatent(pairs, (leaf) => column(leaf, which));
  const arriving = (tensor: Tensor) => flatten(cut(tensor, blindSteps + 1, count), 2);
  const perStep = tf.mul(tf.ones([batchSize, count]), tf.reshape(batch.weight, [batchSize, 1]));
  return {
    now: features(at(0)), next: stopGradient(features(at(1))), taken: arriving(batch.action), reward: arriving(batch.reward),
    going: tf.mul(tf.sub(1, arriving(batch.isTerminal)), discount), weight: tf.mul(column(valid, 1), flatten(perStep, 2)),
  };
}

function imaginedSteps({ features, actions, reward, discount, weight }: Branches): Steps {
  const [rows, columns]: number[] = reward.shape;
  const perStep = tf.reshape(features, [rows, columns, -1]);
  const before = (tensor: Tensor) => flatten(firstSteps(tensor, columns - 1), 2);
  const after = (tensor: Tensor) => flatten(lastSteps(tensor, columns - 1), 2);
  return {
    now: before(perStep), next: after(perStep), taken: before(actions), reward: after(reward), going: after(discount),
    weight: flatten(weight, 2),
  };
}
