/** Cutting and joining the time axis of tensors [B, T, …]. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { sizeOf } from '../nd-array.ts';
import type { Latent } from '../types.ts';

export const mapLatent = (latent: Latent, fn: (leaf: Tensor, name: string) => Tensor): Latent =>
  Object.fromEntries(Object.entries(latent).map(([name, leaf]) => [name, fn(leaf, name)]));

/** `count` of the T, from `start` on. */
export function cut(tensor: Tensor, start: number, count: number): Tensor {
  const rest = tensor.shape.slice(2);
  return tf.slice(tensor, [0, start, ...rest.map(() => 0)], [-1, count, ...rest.map(() => -1)]);
}

export const firstSteps = (tensor: Tensor, count: number): Tensor => cut(tensor, 0, count);

export function lastSteps(tensor: Tensor, count: number): Tensor {
  const [, length]: number[] = tensor.shape;
  return cut(tensor, length - count, count);
}

/** Every step at the place of the one `by` after it; zeros come in at the front. */
export function delay(tensor: Tensor, by: number): Tensor {
  const [batch, length, ...rest]: number[] = tensor.shape;
  return by === 0 ? tensor : tf.concat([tf.zeros([batch, by, ...rest]), cut(tensor, 0, length - by)], 1);
}

/** Every step at the place of the one `by` before it; zeros come in at the end. */
export function advance(tensor: Tensor, by: number): Tensor {
  const [batch, length, ...rest]: number[] = tensor.shape;
  return by === 0 ? tensor : tf.concat([cut(tensor, by, length - by), tf.zeros([batch, by, ...rest])], 1);
}

/** [B, T, …] → [B, S, K + 1, …]: what index s + k holds, for S starts from `first` on and k in 0..K. */
export const windows = (tensor: Tensor, { first, starts, steps }: Windows): Tensor =>
  tf.stack(Array.from({ length: steps + 1 }, (_, k) => cut(tensor, first + k, starts)), 2);

export interface Windows {
  readonly first: number;
  /** S */
  readonly starts: number;
  /** K */
  readonly steps: number;
}

/** Join the first `axes` axes. */
export const flatten = (tensor: Tensor, axes: number): Tensor =>
  tf.reshape(tensor, [sizeOf(tensor.shape.slice(0, axes)), ...tensor.shape.slice(axes)]);

/** Leaves [B, T, …] → [B·T, …] */
export const mergeTime = (latent: Latent): Latent => mapLatent(latent, (leaf) => flatten(leaf, 2));

/** The same along a new axis, `times` over. tfjs has no gradient of a tile of five dimensions. */
export function along(tensor: Tensor, axis: number, times: number): Tensor {
  const kept = tf.expandDims(tensor, axis);
  return tf.mul(kept, tf.fill(kept.shape.map((_, i) => (i === axis ? times : 1)), 1));
}

/** Leaves [N, …] → [N·times, …], each row so many times. */
export const repeated = (latent: Latent, times: number): Latent => mapLatent(latent, (leaf) => flatten(along(leaf, 1, times), 2));
