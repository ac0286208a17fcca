/** The picture itself as the latent, for agents that look it up and learn nothing about seeing. */
import * as tf from '@tensorflow/tfjs';
import { picturesOf } from '../../nn/image-codec.ts';
import { flatten } from '../../nn/sequences.ts';
import { sizeOf } from '../../nd-array.ts';
import type { Representation, WorldShape } from '../../types.ts';

/** Latent: `picture` [H·W·C], in 0..1. */
export function pictures({ image: { size, channels } }: Pick<WorldShape, 'image'>): Representation {
  const length = sizeOf([size, size, channels]);
  return {
    parameters: {}, carryShapes: {}, contextShapes: {}, blindSteps: 0, featureSize: length,
    encode: (_params, image) => tf.reshape(image, [-1, length]),
    observe: (_params, carry, { tokens }) => ({ carry, latent: { picture: tokens } }),
    filter(_params, { image, isFirst }) {
      const [batch, steps]: number[] = isFirst.shape;
      return { picture: tf.reshape(flatten(picturesOf(image), 1), [batch, steps, length]) };
    },
    features: ({ picture }) => picture,
  };
}
