/** A latent model of one number, which is observed as it is: an action moves it, and arriving at s pays s². */
import * as tf from '@tensorflow/tfjs';
import { certain } from '../../../src/nn/distributions.ts';
import type { LatentModel } from '../../../src/types.ts';

/** Batches carry the state as their `context`. */
export const numberWorld: LatentModel = {
  parameters: {},
  representation: {
    parameters: {}, carryShapes: {}, contextShapes: {}, blindSteps: 0, featureSize: 1,
    encode: (_, image) => image,
    observe: (_, carry, { tokens }) => ({ carry, latent: { state: tokens } }),
    filter: (_, { context: { state } }) => ({ state }),
    features: ({ state }) => state,
  },
  dynamics: {
    parameters: {}, latentShapes: { state: [1] },
    imagine: (_, { state }, action) => ({ state: tf.add(state, action) }),
    outcome: (_, { state }) => {
      const flat = tf.squeeze(state, [-1]);
      return { reward: certain(tf.square(flat)), discount: certain(tf.mul(tf.onesLike(flat), 0.9)) };
    },
  },
  loss: (_, { context: { state } }) => ({ total: tf.scalar(0), parts: {}, latents: { state } }),
};
