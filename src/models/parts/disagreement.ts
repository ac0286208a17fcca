/** How far the members of an ensemble are apart, and when that is more than usual. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { ParameterSpec, Params } from '../../types.ts';

/** Standard deviation over the members of [K, …]. */
export const deviation = (each: Tensor): Tensor =>
  // The root has no slope at 0, where planners that climb would get none that is a number.
  tf.sqrt(tf.add(tf.mean(tf.squaredDifference(each, tf.mean(each, 0, true)), 0), 1e-12));

/** Disagreement [N] about features [K, N, F]: the mean over the features of the members' standard deviation. */
export const apartness = (each: Tensor): Tensor => tf.mean(deviation(each), -1);

/** The quantile of disagreement in replay: ten times this and three less is its logarithm, as an optimiser's steps are small. */
const LIMIT = 'ensemble/limit';
const logLimit = (params: Params): Tensor => tf.sub(tf.mul(params[LIMIT], 10), 3);

export const limitParameter = { [LIMIT]: { shape: [1], init: 'zeros' } as ParameterSpec };

/** A scalar. */
export const limitOf = (params: Params): Tensor => tf.exp(tf.reshape(logLimit(params), []));

/** 1 where disagreement [N] is at most that, else 0. */
export const isKnown = (params: Params, disagreement: Tensor): Tensor => tf.cast(tf.lessEqual(disagreement, limitOf(params)), 'float32');

/** Quantile regression (Koenker and Bassett 1978): least where a share `quantile` of the disagreements [N] that count is below. */
export function limitLoss(params: Params, disagreement: Tensor, counts: Tensor, quantile: number): Tensor {
  const above = tf.sub(tf.log(tf.maximum(disagreement, 1e-12)), logLimit(params));
  return tf.mean(tf.mul(tf.maximum(tf.mul(above, quantile), tf.mul(above, quantile - 1)), counts));
}
