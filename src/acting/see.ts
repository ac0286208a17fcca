/** From what is seen to a latent: the front of every program that acts in a world, or looks at one. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { mapGroup, zeros } from '../nd-array.ts';
import type { Group, Latent, NdArray, Noise, Observation, Params, Representation } from '../types.ts';
import type { ActingSetting } from './policy-variant.ts';

/** What `observe` remembers before anything was seen. */
export const blankCarry = ({ carryShapes }: Representation, lanes: number): Group<NdArray> =>
  mapGroup(carryShapes, (shape) => zeros([lanes, ...shape]));

/** An observation of nothing, for its shapes. */
export const blankObservation = (
  { lanes, imageShape, actionSize }: Pick<ActingSetting, 'lanes' | 'imageShape' | 'actionSize'>,
): Omit<Observation, 'legal'> => ({
  image: zeros([lanes, ...imageShape], 'uint8'),
  previousAction: zeros([lanes, actionSize]),
  isFirst: zeros([lanes]),
});

/** Bytes to [0, 1]. */
export const pixels = (image: Tensor): Tensor => tf.div(tf.cast(image, 'float32'), 255);

/** One moment, inside a program: `observation` has the leaves `image`, `previousAction` and `isFirst`. */
export function see(
  representation: Representation,
  params: Params,
  carry: Latent,
  { image, previousAction, isFirst }: Group<Tensor>,
  noise: Noise,
): { carry: Latent; latent: Latent } {
  const tokens = representation.encode(params, pixels(image));
  return representation.observe(params, carry, { tokens, previousAction, isFirst }, noise);
}
