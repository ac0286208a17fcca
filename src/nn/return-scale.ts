/** The running range of returns, by which whatever climbs them is scaled (Hafner et al. 2025, equation 7). */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { fraction, positive, type Broken, type OptionsOf, type Shape } from '../config/index.ts';
import { scalar } from '../nd-array.ts';
import type { Group, ParamArrays, Params } from '../types.ts';
import { quantile } from './returns.ts';

/** Keys of whatever scales returns. */
export const returnScaleOptions = {
  returnRate: fraction.default(0.01).describe('Rate of the moving percentiles that returns are scaled by.'),
  returnLow: fraction.default(0.05).describe('Lower percentile of returns, as a fraction.'),
  returnHigh: fraction.default(0.95).describe('Upper percentile of returns, as a fraction.'),
  returnLimit: positive.default(1).describe('Smallest scale that returns are divided by.'),
} as const satisfies Shape;

export type ReturnScaleOptions = OptionsOf<{ behavior: typeof returnScaleOptions }>['behavior'];

export const returnScaleRules = ({ returnLow, returnHigh }: Pick<ReturnScaleOptions, 'returnLow' | 'returnHigh'>): Broken[] =>
  (returnLow >= returnHigh
    ? [{ key: 'behavior.returnLow', expected: `expected less than behavior.returnHigh = ${returnHigh}` }]
    : []);

/** Statistics of a stage that scales returns, as they are at first. */
export const returnScaleBegins: ParamArrays = { returnLow: scalar(0), returnHigh: scalar(0) };

/** Percentiles of returns, followed slowly; returns are divided by their distance, but by no less than the limit. */
export function returnScale(
  returns: Tensor,
  before: Params,
  { returnRate, returnLow: low, returnHigh: high, returnLimit }: ReturnScaleOptions,
): { size: Tensor; statistics: Group<Tensor> } {
  const follow = (old: Tensor, share: number) =>
    tf.add(tf.mul(old, 1 - returnRate), tf.mul(quantile(returns, share), returnRate));
  const returnLow = follow(before.returnLow, low);
  const returnHigh = follow(before.returnHigh, high);
  return { size: tf.maximum(tf.sub(returnHigh, returnLow), returnLimit), statistics: { returnLow, returnHigh } };
}
