/**
 * LaProp (Ziyin, Wang and Ueda 2020) with adaptive gradient clipping (Brock et al. 2021) and linear warm-up, as in
 * DreamerV3: normalise each gradient by its running root mean square first, then take momentum.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { float32, mapGroup, sizeOf, zeros } from '../nd-array.ts';
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

/** What the optimiser remembers of parameters of these shapes. */
export function optimizerShapes(params: Group<{ readonly shape: readonly number[] }>): Group<readonly number[]> {
  const large = Object.entries(params).filter(([, spec]) => !isSmall(spec));
  const packed = Object.values(params).filter(isSmall).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return { ...Object.fromEntries(large.map(([name, { shape }]) => [name, shape])), ...(packed > 0 ? { [PACKED]: [packed] } : {}) };
}

export function initOptimizer(params: ParamArrays): OptimizerState {
  const blank = () => mapGroup(optimizerShapes(params), (shape) => zeros(shape));
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

/** One step for every parameter. `params` and `gradients` are named alike; the state is what `initOptimizer` made. */
export function applyGradients(
  { agc, agcMin, beta1, beta2, epsilon }: OptimizerConfig,
  input: { params: Params; gradients: Group<Tensor>; momentum: Params; variance: Params; schedule: Params },
): { params: Group<Tensor>; momentum: Group<Tensor>; variance: Group<Tensor>; gradientNorm: Tensor } {
  const { learningRate, momentumCorrection, varianceCorrection } = input.schedule;
  const rate = tf.mul(learningRate, momentumCorrection);
  const { clipped, gradientNorm } = clipGradients(input, agc, agcMin);
  const [gradients, before] = [pack(clipped), pack(input.params)];
  const params: Record<string, Tensor> = {};
  const momentum: Record<string, Tensor> = {};
  const variance: Record<string, Tensor> = {};
  for (const [name, gradient] of Object.entries(gradients)) {
    // ν ← β₂ν + (1 − β₂)g²;  μ ← β₁μ + (1 − β₁) g / (√ν̂ + ε);  p ← p − lr·μ̂
    variance[name] = tf.add(tf.mul(input.variance[name], beta2), tf.mul(tf.square(gradient), 1 - beta2));
    const deviation = tf.add(tf.sqrt(tf.mul(variance[name], varianceCorrection)), epsilon);
    momentum[name] = tf.add(tf.mul(input.momentum[name], beta1), tf.mul(tf.div(gradient, deviation), 1 - beta1));
    params[name] = tf.sub(before[name], tf.mul(momentum[name], rate));
  }
  return { params: unpack(params, input.params), momentum, variance, gradientNorm };
}

/** Biases and scales go side by side into one vector of this name: most of the names, next to none of the numbers. */
const PACKED = 'packed';
const SMALL = 1024;

const isSmall = ({ shape }: { readonly shape: readonly number[] }): boolean => sizeOf(shape) <= SMALL;

function pack(group: Group<Tensor>): Group<Tensor> {
  const small = Object.values(group).filter(isSmall);
  if (small.length === 0) return group;
  const large = Object.entries(group).filter(([, tensor]) => !isSmall(tensor));
  return { ...Object.fromEntries(large), [PACKED]: tf.concat(small.map((tensor) => tf.reshape(tensor, [-1]))) };
}

/** The inverse of `pack`, with the names and shapes of `like`. */
function unpack(packed: Group<Tensor>, like: Params): Group<Tensor> {
  const small = Object.entries(like).filter(([, tensor]) => isSmall(tensor));
  if (small.length === 0) return packed;
  const parts = tf.split(packed[PACKED], small.map(([, { size }]) => size));
  const named = Object.fromEntries(small.map(([name, { shape }], i) => [name, tf.reshape(parts[i], shape)]));
  return mapGroup(like, (_, name) => named[name] ?? packed[name]);
}

/** g · min(1, agc · max(‖p‖, agcMin) / ‖g‖) for every parameter; the factors are computed as one vector. */
function clipGradients(
  { params, gradients }: { params: Params; gradients: Group<Tensor> },
  agc: number,
  agcMin: number,
): { clipped: Group<Tensor>; gradientNorm: Tensor } {
  const names = Object.keys(params);
  const norms = (group: Group<Tensor>) => tf.sqrt(tf.stack(names.map((name) => tf.sum(tf.square(group[name])))));
  const size = norms(gradients);
  const bound = tf.mul(tf.maximum(norms(params), agcMin), agc);
  const factors = tf.unstack(tf.minimum(tf.div(bound, tf.maximum(size, 1e-12)), 1));
  const clipped = Object.fromEntries(names.map((name, i) => [name, tf.mul(gradients[name], factors[i])]));
  return { clipped, gradientNorm: tf.sqrt(tf.sum(tf.square(size))) };
}
