/**
 * The recurrent state-space model of DreamerV3 (Hafner et al. 2025, section "World model learning"): a block GRU
 * carries `deter` [B, D], categoricals `stoch` [B, S, C] are drawn from the posterior when there is a picture and from
 * the prior when there is none.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { z } from 'zod';
import { count, defineModel, fraction, layers, section, weight, width, type OptionsOf, type PresetsOf } from '../config/index.ts';
import { stopGradient, stopGradients } from '../engine/gradients.ts';
import { blockGru } from '../nn/block-gru.ts';
import { bernoulli, categorical, LARGEST_SYMEXP, symexpTwoHot, type Categorical } from '../nn/distributions.ts';
import {
  codecOptions, codecRules, codecShape, imageDecoder, imageEncoder, pictureLoss, picturesOf, type DecoderEntry,
} from '../nn/image-codec.ts';
import { blockLinear, chain, dense, linear, mlp, normAct, parametersOf } from '../nn/layers.ts';
import { outcomeOptions, outcomeRules } from '../nn/reward-head.ts';
import { flatten as flattenAxes, mergeTime } from '../nn/sequences.ts';
import { fromWidths } from '../nn/widths.ts';
import type { Batch, Latent, LatentModel, ModelLoss, Noise, Params, Representation, WorldShape } from '../types.ts';

const options = {
  model: {
    ...codecOptions,
    deter: width.describe('Width of the deterministic, recurrent part of the latent.'),
    hidden: width.describe('Width of the layers inside the dynamics.'),
    stoch: count.max(4096).describe('Number of categorical variables in the latent.'),
    classes: count.min(2).max(4096).describe('Classes of each categorical variable.'),
    blocks: count.max(4096).describe('Blocks of the block-diagonal recurrence; they divide deter.'),
    dynLayers: layers.default(1).describe('Block-linear layers before the gates of the recurrence.'),
    priorLayers: layers.default(2).describe('Layers from the deterministic part to the prior.'),
    posteriorLayers: layers.default(1).describe('Layers from the deterministic part and the tokens to the posterior.'),
    ...outcomeOptions,
    unimix: fraction.default(0.01).describe('Share of the uniform distribution mixed into every categorical latent.'),
    rewardShapes: z.boolean().default(true).describe('Whether the latent also learns what rewards are told by; otherwise the reward head only looks at it.'),
    freeNats: weight.default(1).describe('KL below which the dynamics and representation losses rest, in nats.'),
    scales: section({
      image: weight.default(1).describe('Weight of the squared error of the decoded picture.'),
      reward: weight.default(1).describe('Weight of the reward loss.'),
      continue: weight.default(1).describe('Weight of the loss of the continue head.'),
      dynamics: weight.default(1).describe('Weight of the KL that moves the prior towards the posterior.'),
      representation: weight.default(0.1).describe('Weight of the KL that moves the posterior towards the prior.'),
    }),
  },
};

/** Layers that a program may write out, over all steps of a sequence: these take minutes to compile. */
const MOST_WRITTEN = 4096;

export type RssmOptions = OptionsOf<typeof options>['model'];

/** Categoricals and their classes; the official presets have 32 and what is written here. */
const classesOf = {
  debug: 4, tiny: 8, small: 16, size1m: 4, size12m: 16, size25m: 24, size50m: 32, size100m: 48, size200m: 64, size400m: 96,
};

const presets = fromWidths((sizes, preset) => {
  const official = preset.startsWith('size');
  const classes = classesOf[preset];
  const stoch = official ? 32 : preset === 'debug' ? 2 : classes;
  return { model: { ...sizes, stoch, classes, blocks: official ? 8 : 1, ...(preset === 'debug' ? { bins: 15 } : {}) } };
}) satisfies PresetsOf<typeof options>;

export default defineModel({
  description: "DreamerV3's recurrent state-space model: a GRU beside categorical latents",
  options,
  presets,
  rules: ({ model }, { env, train }) => [
    ...codecRules(model, env),
    ...(model.deter % model.blocks > 0
      ? [{ key: 'model.blocks', expected: `expected a divisor of model.deter = ${model.deter}` }]
      : []),
    ...outcomeRules(model),
    ...(train.batchLength * (model.dynLayers + model.posteriorLayers) > MOST_WRITTEN
      ? [{ key: 'model.dynLayers', expected: `expected fewer layers, or a shorter train.batchLength than ${train.batchLength}: each step compiles them anew` }]
      : []),
  ],
  build: ({ model }, world) => createRssm(model, world),
});

type Sequences = Parameters<Representation['filter']>[1];

/** What the recurrence needs of a picture and an action, computed for a whole sequence at once. */
interface StepInput {
  readonly tokens: Tensor;
  readonly action: Tensor;
  readonly keep: Tensor;
}

export function createRssm(config: RssmOptions, { image, actionSize }: Pick<WorldShape, 'image' | 'actionSize'>): LatentModel {
  const { deter, hidden, stoch, classes, blocks, units, unimix, freeNats, scales } = config;
  const flat = stoch * classes;
  const featureSize = deter + flat;
  const codec = codecShape(config, image);

  const encoder = imageEncoder('encoder', codec);
  const decoder = config.decoder === 'none'
    ? undefined
    : imageDecoder('decoder', codec, (cells) => decoderEntry({ deter, stoch: flat, units, blocks, cells }));
  const gru = blockGru('dynamics/gru', { deter, hidden, blocks, layers: config.dynLayers });
  const deterInput = dense('dynamics/deter', deter, hidden);
  const stochInput = dense('dynamics/stoch', flat, hidden);
  const actionInput = dense('dynamics/action', actionSize, hidden);
  const prior = chain(
    mlp('prior', deter, hidden, config.priorLayers), linear('prior/logits', hidden, flat),
  );
  // The posterior's first layer acts on [deter, tokens]; the tokens' part of the matrix is applied to all steps at once.
  // Each part starts with a variance of its own, so that few numbers of deter weigh as much as many tokens.
  const posteriorDeter = linear('posterior/deter', deter, hidden);
  const posteriorTokens = linear('posterior/tokens', encoder.tokens, hidden, { bias: false });
  const posterior = chain(
    normAct('posterior/norm', hidden),
    mlp('posterior/more', hidden, hidden, config.posteriorLayers - 1),
    linear('posterior/logits', hidden, flat),
  );
  const rewardHead = chain(
    mlp('reward', featureSize, units, config.rewardLayers), linear('reward/logits', units, config.bins, { scale: 0 }),
  );
  const continueHead = chain(
    mlp('continue', featureSize, units, config.continueLayers), linear('continue/logits', units, 1),
  );
  const shapes = { deter: [deter], stoch: [stoch, classes] };
  const recurrence = [...gru.layers, deterInput, stochInput, actionInput];
  const seeing = [posteriorDeter, posteriorTokens, posterior];
  const telling = [rewardHead, continueHead];
  const decoders = decoder ? [decoder] : [];

  const distribution = (logits: Tensor): Categorical =>
    categorical(tf.reshape(logits, [-1, stoch, classes]), unimix);
  const flatten = (sample: Tensor): Tensor => tf.reshape(sample, [-1, flat]);

  /** What an action of any size, cut to [−1, 1], contributes to the recurrence. */
  function embedAction(params: Params, action: Tensor): Tensor {
    const bound = tf.maximum(stopGradient(tf.abs(action)), 1);
    return gru.action(params, actionInput.apply(params, tf.div(action, bound)));
  }

  /** deter' of the next moment, from the latent of this one and an embedded action. */
  function advance(params: Params, { deter: state, stoch: sample }: Latent, action: Tensor): Tensor {
    const parts = [deterInput.apply(params, state), stochInput.apply(params, flatten(sample))];
    return gru.step(params, state, tf.concat(parts, -1), action);
  }

  function posteriorStep(params: Params, carry: Latent, { tokens, action, keep }: StepInput, noise: Noise) {
    const masked = { deter: tf.mul(carry.deter, keep), stoch: tf.mul(flatten(carry.stoch), keep) };
    const next = advance(params, masked, action);
    const logits = posterior.apply(params, tf.add(posteriorDeter.apply(params, next), tokens));
    const belief = distribution(logits);
    return { latent: { deter: next, stoch: belief.sample(noise) }, logits };
  }

  /** The parts of every step that do not depend on the step before; rows may be steps of any sequence. */
  function prepare(params: Params, tokens: Tensor, previousAction: Tensor, isFirst: Tensor): StepInput {
    const keep = tf.expandDims(tf.sub(1, isFirst), -1);
    return {
      tokens: posteriorTokens.apply(params, tokens),
      action: embedAction(params, tf.mul(previousAction, keep)),
      keep,
    };
  }

  const features = (latent: Latent): Tensor => tf.concat([latent.deter, flatten(latent.stoch)], -1);

  const outcomeOf = (params: Params, feature: Tensor, ofRewards = feature) => ({
    reward: symexpTwoHot(rewardHead.apply(params, ofRewards)),
    discount: bernoulli(tf.squeeze(continueHead.apply(params, feature), [-1])),
  });

  /** The posterior of every step; logits [B·T, S·C] in the same order. */
  function filter(params: Params, { image, action, isFirst, context }: Sequences, noise: Noise) {
    const [batchSize, length]: number[] = image.shape;
    // Everything that does not wait for the recurrence, for all steps at once
    const tokens = tf.reshape(encoder.apply(params, picturesOf(image)), [batchSize, length, -1]);
    const steps = mapValues(prepare(params, tokens, action, isFirst), (value) => tf.unstack(value, 1));

    // The recurrence
    let carry: Latent = { deter: context.deter, stoch: context.stoch };
    const states: Latent[] = [];
    const logits: Tensor[] = [];
    for (let t = 0; t < length; t++) {
      const input = { tokens: steps.tokens[t], action: steps.action[t], keep: steps.keep[t] };
      const step = posteriorStep(params, carry, input, noise);
      carry = step.latent;
      states.push(step.latent);
      logits.push(step.logits);
    }
    const latents = {
      deter: tf.stack(states.map((state) => state.deter), 1),
      stoch: tf.stack(states.map((state) => state.stoch), 1),
    };
    return { latents, logits: tf.reshape(tf.stack(logits, 1), [batchSize * length, flat]) };
  }

  function loss(params: Params, batch: Batch, noise: Noise): ModelLoss {
    const { latents, logits: posteriorLogits } = filter(params, batch, noise);

    // Predictions, for all steps at once
    const all = mergeTime(latents);
    const feature = features(all);
    const { reward, discount } = outcomeOf(params, feature, config.rewardShapes ? feature : stopGradient(feature));
    const priorLogits = prior.apply(params, all.deter);

    // Losses, each the mean over steps
    const { divergence, ...kl } = klLosses(distribution, posteriorLogits, priorLogits, freeNats);
    const alive = tf.mul(tf.sub(1, flattenAxes(batch.isTerminal, 2)), 1 - 1 / config.horizonDiscount);
    const seen = config.decoder === 'probe' ? stopGradients(all) : all;
    const parts = {
      ...(decoder ? { image: pictureLoss(decoder, params, seen, picturesOf(batch.image), codec.stem) } : {}),
      reward: tf.mean(reward.loss(flattenAxes(batch.reward, 2))),
      continue: tf.mean(discount.loss(alive)),
      ...kl,
    };
    const total = tf.addN(Object.entries(parts).map(([name, part]) => tf.mul(part, scales[name as keyof typeof parts])));
    return { total, parts: { ...parts, divergence }, latents };
  }

  return {
    parameters: parametersOf([encoder, ...decoders, ...recurrence, prior, ...seeing, ...telling]),
    representation: {
      parameters: parametersOf([encoder, ...recurrence, ...seeing]),
      carryShapes: shapes,
      contextShapes: shapes,
      blindSteps: 0,
      featureSize,
      encode: (params, picture) => encoder.apply(params, picture),
      observe(params, carry, { tokens, previousAction, isFirst }, noise) {
        const { latent } = posteriorStep(params, carry, prepare(params, tokens, previousAction, isFirst), noise);
        return { carry: latent, latent };
      },
      filter: (params, batch, noise) => filter(params, batch, noise).latents,
      features,
    },
    dynamics: {
      parameters: parametersOf([...decoders, ...recurrence, prior, ...telling]),
      latentShapes: shapes,
      imagine(params, latent, action, noise) {
        const next = advance(params, latent, embedAction(params, action));
        const belief = distribution(prior.apply(params, next));
        return { deter: next, stoch: noise ? belief.sample(noise) : belief.predict() };
      },
      outcome: (params, latent) => outcomeOf(params, features(latent)),
      ...(decoder ? { decode: (params: Params, latent: Latent) => decoder.apply(params, latent) } : {}),
    },
    largest: { size: LARGEST_SYMEXP },
    loss,
  };
}

/** The decoder's first feature map: both parts of the latent, each through a layer of its own. */
function decoderEntry(
  { deter, stoch, units, blocks, cells }: Readonly<Record<'deter' | 'stoch' | 'units' | 'blocks' | 'cells', number>>,
): DecoderEntry {
  const fromDeter = blockLinear('decoder/deter', deter, cells, blocks);
  const fromStoch = chain(dense('decoder/stoch0', stoch, 2 * units), linear('decoder/stoch1', 2 * units, cells));
  return {
    parameters: parametersOf([fromDeter, fromStoch]),
    apply: (params, latent) =>
      tf.add(fromDeter.apply(params, latent.deter), fromStoch.apply(params, tf.reshape(latent.stoch, [-1, stoch]))),
  };
}

/**
 * dynamics = KL(sg(posterior) ‖ prior), representation = KL(posterior ‖ sg(prior)), each at least `freeNats` a step
 * (equation 3); `divergence` is the KL itself, for the metrics.
 */
function klLosses(
  distribution: (logits: Tensor) => Categorical,
  posteriorLogits: Tensor,
  priorLogits: Tensor,
  freeNats: number,
): { dynamics: Tensor; representation: Tensor; divergence: Tensor } {
  const [posterior, prior] = [distribution(posteriorLogits), distribution(priorLogits)];
  const [fixedPosterior, fixedPrior] = [stopGradient(posteriorLogits), stopGradient(priorLogits)].map(distribution);
  const sum = (perVariable: Tensor) => tf.sum(perVariable, -1);
  const free = (kl: Tensor) => tf.mean(tf.maximum(kl, freeNats));
  const dynamics = sum(fixedPosterior.kl(prior));
  return {
    dynamics: free(dynamics),
    representation: free(sum(posterior.kl(fixedPrior))),
    divergence: tf.mean(stopGradient(dynamics)),
  };
}

const mapValues = <K extends string, A, B>(record: Readonly<Record<K, A>>, fn: (value: A) => B): Record<K, B> =>
  Object.fromEntries(Object.entries<A>(record).map(([key, value]) => [key, fn(value)])) as Record<K, B>;
