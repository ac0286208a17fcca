/**
 * LaProp (Ziyin, Wang and Ueda 2020) with adaptive gradient clipping (Brock et al. 2021) and linear warm-up, as in
 * DreamerV3: normalise each gradient by its running root mean square first, then take momentum.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { float32, zeros } from '../engine/nd-array.ts';
import type { Group, ParamArrays, Params } from '../types.ts';

export interface OptimizerConfig {
  readonly learningRate: number;
  /** Updates over which the learning rate rises from zero. */
  readonly warmup: number;
  readonly agc: number;
  readonly agcMin: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

export interface OptimizerState {
  readonly momentum: ParamArrays;
  readonly variance: ParamArrays;
}

export function initOptimizer(params: ParamArrays): OptimizerState {
  const blank = () => Object.fromEntries(Object.entries(params).map(([name, { shape }]) => [name, zeros(shape)]));
  return { momentum: blank(), variance: blank() };
}

/** What changes from update to update: learning rate and bias corrections of update `step`, counted from 1. */
export function schedule({ learningRate, warmup, beta1, beta2 }: OptimizerConfig, step: number): ParamArrays {
  const scalars = {
    learningRate: learningRate * Math.min(1, step / Math.max(1, warmup)),
    momentumCorrection: 1 / (1 - beta1 ** step),
    varianceCorrection: 1 / (1 - beta2 ** step),
  };
  return Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, float32([value], [])]));
}

/** One step for every parameter. All inputs and outputs are named alike. */
export function applyGradients(
  { agc, agcMin, beta1, beta2, epsilon }: OptimizerConfig,
  input: { params: Params; gradients: Group<Tensor>; momentum: Params; variance: Params; schedule: Params },
): { params: Group<Tensor>; momentum: Group<Tensor>; variance: Group<Tensor>; gradientNorm: Tensor } {
  const { learningRate, momentumCorrection, varianceCorrection } = input.schedule;
  const rate = tf.mul(learningRate, momentumCorrection);
  const names = Object.keys(input.params);
  const { clips, gradientNorm } = clipFactors(names, input, agc, agcMin);
  const params: Record<string, Tensor> = {};
  const momentum: Record<string, Tensor> = {};
  const variance: Record<string, Tensor> = {};
  names.forEach((name, i) => {
    const gradient = tf.mul(input.gradients[name], clips[i]);
    // ν ← β₂ν + (1 − β₂)g²;  μ ← β₁μ + (1 − β₁) g / (√ν̂ + ε);  p ← p − lr·μ̂
    variance[name] = tf.add(tf.mul(input.variance[name], beta2), tf.mul(tf.square(gradient), 1 - beta2));
    const deviation = tf.add(tf.sqrt(tf.mul(variance[name], varianceCorrection)), epsilon);
    momentum[name] = tf.add(tf.mul(input.momentum[name], beta1), tf.mul(tf.div(gradient, deviation), 1 - beta1));
    params[name] = tf.sub(input.params[name], tf.mul(momentum[name], rate));
  });
  return { params, momentum, variance, gradientNorm };
}

/** min(1, agc · max(‖p‖, agcMin) / ‖g‖) for every parameter, computed for all of them as one vector. */
function clipFactors(
  names: readonly string[],
  { params, gradients }: { params: Params; gradients: Group<Tensor> },
  agc: number,
  agcMin: number,
): { clips: Tensor[]; gradientNorm: Tensor } {
  const norms = (group: Group<Tensor>) => tf.sqrt(tf.stack(names.map((name) => tf.sum(tf.square(group[name])))));
  const size = norms(gradients);
  const bound = tf.mul(tf.maximum(norms(params), agcMin), agc);
  const clips = tf.minimum(tf.div(bound, tf.maximum(size, 1e-12)), 1);
  return { clips: tf.unstack(clips), gradientNorm: tf.sqrt(tf.sum(tf.square(size))) };
}
