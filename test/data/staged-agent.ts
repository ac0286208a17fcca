/**
 * An agent of four numbers that imagines nothing, for what must hold of stages: `a` is drawn to 1 at every other update,
 * `b` to `a` in updates 3 to 5, twice in each, and `c` is counted up without a gradient.
 */
import * as tf from '@tensorflow/tfjs';
import { defineAgent, positive } from '../../src/config/index.ts';
import { float32, mapGroup, scalar } from '../../src/nd-array.ts';
import type { Optimizer, Stage } from '../../src/types.ts';

/** The plainest there is: p ← p − rate · g. */
const descent = (rate: number): Optimizer => ({
  slots: () => ({}),
  schedule: () => ({}),
  apply: ({ params, gradients }) => ({
    params: mapGroup(params, (value, name) => tf.sub(value, tf.mul(gradients[name], rate))), slots: {}, gradientNorm: tf.scalar(0),
  }),
});

const number = { shape: [1], init: 'zeros' } as const;

export default defineAgent({
  description: 'four numbers that learn in stages of their own',
  options: { numbers: { rate: positive.default(0.25).describe('Step size of both optimisers.') } },
  acts: 'random',
  refuses: () => undefined,
  build({ numbers: { rate } }) {
    const stages: Stage[] = [
      {
        name: 'a', trains: ['a'], optimizer: descent(rate), when: { every: 2 }, slow: { prefixes: ['a'], every: 4 },
        statistics: { steps: scalar(0) },
        // (a − 1)²: the gradient is 2 (a − 1)
        loss: ({ params, statistics }) => {
          const total = tf.sum(tf.square(tf.sub(params.a, 1)));
          return { total, parts: { 'a/loss': total }, statistics: { steps: tf.add(statistics.steps, 1) }, shared: { seen: { a: params.a } } };
        },
      },
      {
        name: 'b', trains: ['b'], optimizer: descent(rate), when: { from: 3, until: 5, repeat: 2 },
        slow: { prefixes: ['b'], rate: 0.5 },
        // (b − a)², whatever `a` could gain by it
        loss: ({ params, earlier }) => {
          const total = tf.sum(tf.square(tf.sub(params.b, earlier.a?.shared?.seen.a ?? params.a)));
          return { total, parts: { 'b/loss': total } };
        },
      },
      {
        name: 'c', trains: ['c'], when: { every: 3, from: 2 },
        search: async ({ params, update }) => ({ params: { c: float32([params.c.data[0] + update], [1]) } }),
      },
    ];
    return {
      parameters: { a: number, b: number, c: number, d: number },
      representation: {
        parameters: {}, carryShapes: {}, contextShapes: {}, blindSteps: 0, featureSize: 1,
        encode: (_params, image) => tf.mean(image, [1, 2]),
        observe: (_params, carry, { isFirst }) => ({ carry, latent: { first: isFirst } }),
        filter: (_params, { isFirst }) => ({ first: isFirst }),
        features: ({ first }) => tf.expandDims(first, -1),
      },
      stages, targetShapes: {},
    };
  },
});
