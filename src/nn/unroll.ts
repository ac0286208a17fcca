/** Unrolling dynamics from observed latents under the actions that were really taken: what latent models learn on. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { Batch, Dynamics, Latent, Params, Unrolled } from '../types.ts';
import { stopGradient } from '../engine/gradients.ts';
import { pictureLoss, picturesOf, type ImageDecoder } from './image-codec.ts';
import { rollout, type RolloutOptions } from './rollout.ts';
import { cut, flatten, mapLatent, windows } from './sequences.ts';

/**
 * K steps from every start that has its whole history and future in the batch. `latents` are those of the whole batch,
 * leaves [B, T, …]; `first` is the first index at which a latent has its history.
 */
export function unrollFrom(
  dynamics: Dynamics,
  params: Params,
  latents: Latent,
  { action, isFirst }: Pick<Batch, 'action' | 'isFirst'>,
  { first, steps: count, from }: { readonly first: number; readonly steps: number } & Pick<RolloutOptions, 'from'>,
): Unrolled {
  const [batch, length]: number[] = isFirst.shape;
  const starts = length - count - first;
  const roots = mapLatent(latents, (leaf) => flatten(cut(leaf, first, starts), 2));
  const after = (tensor: Tensor, k: number) => cut(tensor, first + k, starts);
  const steps = Array.from({ length: count }, (_, k) => k + 1);
  const imagined = rollout(dynamics, params, roots, {
    actions: tf.stack(steps.map((k) => flatten(after(action, k), 2)), 1), gradients: 'all', ...(from ? { from } : {}),
  });
  const valid = [tf.ones([batch, starts]) as Tensor];
  for (const k of steps) valid.push(tf.mul(valid[k - 1], tf.sub(1, after(isFirst, k))));
  return {
    first, valid: tf.stack(valid, 2),
    latents: mapLatent(imagined.latents, (leaf) => tf.reshape(leaf, [batch, starts, ...leaf.shape.slice(1)])),
  };
}

/** The same of a model that does not unroll itself: every step and the one that was observed after it. */
export function observedPairs(latents: Latent, { isFirst }: Pick<Batch, 'isFirst'>, first: number): Unrolled {
  const [batch, length]: number[] = isFirst.shape;
  const span = { first, starts: length - first - 1, steps: 1 };
  const next = tf.sub(1, cut(isFirst, first + 1, span.starts));
  return { first, latents: mapLatent(latents, (leaf) => windows(leaf, span)), valid: tf.stack([tf.ones([batch, span.starts]), next], 2) };
}

/** What is looked at while an unroll is learned from. */
export interface UnrolledPictures {
  readonly decoder: ImageDecoder;
  readonly unrolled: Unrolled;
  /** As in a batch: [B, T, H, W, C]. */
  readonly image: Tensor;
  /** [B, S, K + 1] */
  readonly weights: Tensor;
  /** Stride of the first convolution. */
  readonly stem: number;
  /** The decoder only looks at the latents, and shapes nothing. */
  readonly probe: boolean;
}

/** `pictureLoss` of one step of each rollout, another one in each, so that all depths are seen for the price of one: a scalar. */
export function unrolledPictureLoss(params: Params, { decoder, unrolled, image, weights, stem, probe }: UnrolledPictures): Tensor {
  const [, starts, columns]: number[] = unrolled.valid.shape;
  const depth = (start: number): number => start % columns;
  const each = <T>(make: (start: number) => T): T[] => Array.from({ length: starts }, (_, start) => make(start));
  const picked = (tensor: Tensor) => flatten(tf.concat(each((start) =>
    flatten(tf.slice(tensor, [0, start, depth(start)], [-1, 1, 1]), 2)), 1), 2);
  const state = picked(unrolled.latents.state);
  const pictures = tf.stack(each((start) => tf.squeeze(cut(image, unrolled.first + start + depth(start), 1), [1])), 1);
  const seen = { state: probe ? stopGradient(state) : state };
  return pictureLoss(decoder, params, seen, picturesOf(pictures), stem, picked(weights));
}
