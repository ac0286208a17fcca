/** The newest pictures, and the actions between them, as one vector: what latents without a recurrence are made from. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { Group, Latent, ParameterSpec, Params, Representation } from '../types.ts';
import { picturesOf } from './image-codec.ts';
import { chain, dense, parametersOf, type Layer } from './layers.ts';
import { cut, delay } from './sequences.ts';

export interface FrameHistory {
  readonly parameters: Group<ParameterSpec>;
  /** `history` [frames − 1, row]: the embedded pictures before, each with the action that led to it. */
  readonly carryShapes: Group<readonly number[]>;
  /** Pictures before the newest. */
  readonly before: number;
  /** Length of the vector: a row of every picture. */
  readonly size: number;
  /** Pictures [N, H, W, C] in [0, 1] to [N, hidden]. */
  embed(params: Params, image: Tensor): Tensor;
  /** The newest row beside those that the carry remembers: [B, size]. */
  observe(carry: Latent, input: Parameters<Representation['observe']>[2]): { rows: Tensor; carry: Latent };
  /** Of every step of whole sequences, as far as its episode goes back: [B, T, size]. */
  filter(params: Params, batch: Pick<Parameters<Representation['filter']>[1], 'image' | 'action' | 'isFirst'>): Tensor;
}

export function frameHistory(
  { encoder, frames, hidden, actionSize }: {
    readonly encoder: Layer & { readonly tokens: number };
    /** How many pictures, the newest among them. */
    readonly frames: number;
    /** Numbers that each is embedded in. */
    readonly hidden: number;
    readonly actionSize: number;
  },
): FrameHistory {
  const embedding = chain(encoder, dense('embed', encoder.tokens, hidden));
  const row = hidden + actionSize;
  const before = frames - 1;
  return {
    parameters: embedding.parameters,
    carryShapes: { history: [before, row] },
    before,
    size: frames * row,
    embed: embedding.apply,
    observe({ history }, { tokens, previousAction, isFirst }) {
      const keep = tf.expandDims(tf.sub(1, isFirst), -1);
      const newest = tf.concat([tokens, tf.mul(previousAction, keep)], -1);
      const rows = tf.concat([tf.mul(history, tf.expandDims(keep, -1)), tf.expandDims(newest, 1)], 1);
      return { rows: tf.reshape(rows, [-1, frames * row]), carry: { history: cut(rows, 1, before) } };
    },
    filter(params, { image, action, isFirst }) {
      const [batch, length]: number[] = isFirst.shape;
      const keep = tf.expandDims(tf.sub(1, isFirst), -1);
      const tokens = tf.reshape(embedding.apply(params, picturesOf(image)), [batch, length, hidden]);
      const rows = tf.concat([tokens, tf.mul(action, keep)], -1);
      const seen = [rows];
      let known = keep;
      for (let back = 1; back < frames; back++) {
        seen.unshift(tf.mul(delay(rows, back), known));
        known = tf.mul(known, delay(keep, back));
      }
      return tf.concat(seen, -1);
    },
  };
}

/** The representation whose latents have as their leaf `state` [size] what `layers` make of that vector, and as others what `rooted` adds. */
export function frameRepresentation(
  history: FrameHistory,
  layers: Layer,
  size: number,
  rooted: (state: Tensor) => Latent = (state) => ({ state }),
): Representation {
  return {
    parameters: parametersOf([history, layers]),
    carryShapes: history.carryShapes,
    contextShapes: {},
    blindSteps: history.before,
    featureSize: size,
    encode: history.embed,
    observe(params, before, input) {
      const { rows, carry } = history.observe(before, input);
      return { carry, latent: rooted(layers.apply(params, rows)) };
    },
    filter: (params, batch) => rooted(layers.apply(params, history.filter(params, batch))),
    features: ({ state }) => state,
  };
}
