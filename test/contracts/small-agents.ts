/** Agents of a few numbers, written by hand, for what must hold whatever an agent is made of. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { categorical } from '../../src/nn/distributions.ts';
import type {
  Agent, Distribution, Dynamics, Group, Latent, ParameterSpec, Params, Prediction, Representation,
} from '../../src/types.ts';

const SIZE = 4;
const MEMBERS = 3;

/** Weights of a layer of `outputs` numbers. */
const kernel = (inputs: number, outputs: number): ParameterSpec =>
  ({ shape: [inputs, outputs], init: { fanIn: inputs, scale: 2 } });

/** One number for sure. */
const certain = (value: Tensor): Distribution =>
  ({ predict: () => value, sample: () => value, logProb: tf.zerosLike, entropy: () => tf.zerosLike(value) });

const column = (x: Tensor, weights: Tensor): Tensor => tf.squeeze(tf.matMul(x, weights), [1]);

/** Forgets half of what it knew at every step, and adds the mean colour of the picture and the last action. */
function halfLife(actionSize: number): Representation {
  const parameters = { 'eye/kernel': kernel(3, SIZE), 'hand/kernel': kernel(actionSize, SIZE) };
  const observe: Representation['observe'] = (params, { known }, { tokens, previousAction, isFirst }) => {
    const before = tf.mul(known, tf.mul(tf.sub(1, tf.expandDims(isFirst, 1)), 0.5));
    const next = { known: tf.add(before, tf.add(tokens, tf.matMul(previousAction, params['hand/kernel']))) };
    return { carry: next, latent: next };
  };
  const encode: Representation['encode'] = (params, image) => tf.matMul(tf.mean(image, [1, 2]), params['eye/kernel']);
  return {
    parameters, encode, observe,
    carryShapes: { known: [SIZE] }, contextShapes: { known: [SIZE] }, blindSteps: 0, featureSize: SIZE,
    filter(params, { image, action, isFirst, context }, noise) {
      const steps = (tensor: Tensor) => tf.unstack(tensor, 1);
      const [images, actions, firsts] = [steps(image), steps(action), steps(isFirst)];
      const known: Tensor[] = [];
      images.reduce((carry: Latent, picture, t) => {
        const tokens = encode(params, tf.div(tf.cast(picture, 'float32'), 255));
        const { latent } = observe(params, carry, { tokens, previousAction: actions[t], isFirst: firsts[t] }, noise);
        known.push(latent.known);
        return latent;
      }, context);
      return { known: tf.stack(known, 1) };
    },
    features: ({ known }) => known,
  };
}

/** Members that disagree: the first of them leads on, and how far the others are from it says how much is unknown. */
function ensemble(actionSize: number): Dynamics {
  const names = Array.from({ length: MEMBERS }, (_, member) => `members/${member}/kernel`);
  const parameters: Group<ParameterSpec> = {
    ...Object.fromEntries(names.map((name) => [name, kernel(SIZE + actionSize, SIZE)])),
    'reward/kernel': kernel(SIZE, 1),
  };
  const guesses = (params: Params, known: Tensor, action: Tensor): Tensor[] =>
    names.map((name) => tf.tanh(tf.matMul(tf.concat([known, action], 1), params[name])));
  return {
    parameters,
    latentShapes: { known: [SIZE], spread: [] },
    imagine(params, { known }, action) {
      const all = tf.stack(guesses(params, known, action));
      const spread = tf.mean(tf.square(tf.sub(all, tf.mean(all, 0, true))), [0, 2]);
      return { known: tf.squeeze(tf.slice(all, [0, 0, 0], [1, -1, -1]), [0]), spread };
    },
    outcome(params, { known, spread }) {
      const reward = column(known, params['reward/kernel']);
      return { reward: certain(reward), discount: certain(tf.fill(reward.shape, 0.9)), disagreement: spread };
    },
  };
}

/** What is observed is known, so far as the members of an ensemble are concerned. */
const withSpread = (representation: Representation): Representation => ({
  ...representation,
  observe(params, carry, input, noise) {
    const { carry: next, latent } = representation.observe(params, carry, input, noise);
    return { carry: next, latent: { ...latent, spread: tf.zerosLike(input.isFirst) } };
  },
  filter(params, batch, noise) {
    return { ...representation.filter(params, batch, noise), spread: tf.zerosLike(batch.isFirst) };
  },
});

/** A policy over discrete actions, and where it `values` them also what a latent is worth. */
const heads = (actionSize: number, values: boolean): Prediction => ({
  parameters: { 'policy/kernel': kernel(SIZE, actionSize), ...(values ? { 'value/kernel': kernel(SIZE, 1) } : {}) },
  predict: (params, features) => ({
    policy: categorical(tf.matMul(features, params['policy/kernel'])),
    ...(values ? { value: certain(column(features, params['value/kernel'])) } : {}),
  }),
});

const agentOf = (parts: Pick<Agent, 'representation' | 'dynamics' | 'prediction'>): Agent => ({
  ...parts,
  parameters: { ...parts.representation.parameters, ...parts.dynamics?.parameters, ...parts.prediction?.parameters },
  stages: [], targetShapes: {},
});

/** Imagines nothing. */
export const reflexAgent = (actionSize: number): Agent =>
  agentOf({ representation: halfLife(actionSize), prediction: heads(actionSize, false) });

/** Imagines by three members, and says where they disagree. */
export const ensembleAgent = (actionSize: number): Agent => agentOf({
  representation: withSpread(halfLife(actionSize)), dynamics: ensemble(actionSize), prediction: heads(actionSize, true),
});

/** Imagines, and has no opinion of what to do. */
export const plannedAgent = (actionSize: number): Agent =>
  agentOf({ representation: withSpread(halfLife(actionSize)), dynamics: ensemble(actionSize) });
