/**
 * LaProp (Ziyin, Wang and Ueda 2020) with adaptive gradient clipping (Brock et al. 2021) and linear warm-up, as in
 * DreamerV3: normalise each gradient by its running root mean square first, then take momentum.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { float32, mapGroup, sizeOf } from '../nd-array.ts';
import { decay, natural, positive, type Component, type OptionsOf, type PresetsOf } from '../config/index.ts';
import type { Group, Optimizer, Params } from '../types.ts';

const options = {
  optimizer: {
    learningRate: positive.default(4e-5).describe('Step size of LaProp.'),
    warmup: natural.default(1000).describe('Updates over which the learning rate rises from zero.'),
    agc: positive.default(0.3).describe('Adaptive gradient clipping: largest gradient norm over parameter norm.'),
    agcMin: positive.default(1e-3).describe('Parameter norm below which the clipping stops shrinking.'),
    beta1: decay.default(0.9).describe('Decay of the momentum.'),
    beta2: decay.default(0.999).describe('Decay of the squared gradients.'),
    epsilon: positive.default(1e-20).describe('Added to the root of the squared gradients.'),
  },
};

const quick = { optimizer: { learningRate: 1e-3, warmup: 100 } };
const slow = { optimizer: {} };

export const laprop = {
  options,
  presets: {
    debug: { optimizer: { warmup: 10 } }, tiny: quick, small: quick,
    size1m: slow, size12m: slow, size25m: slow, size50m: slow, size100m: slow, size200m: slow, size400m: slow,
  } satisfies PresetsOf<typeof options>,
} satisfies Component<typeof options>;

export type LapropOptions = OptionsOf<typeof options>['optimizer'];

export function createLaprop({ learningRate, warmup, agc, agcMin, beta1, beta2, epsilon }: LapropOptions): Optimizer {
  return {
    slots(params) {
      const shapes = packedShapes(params);
      return { momentum: shapes, variance: shapes };
    },

    schedule(step) {
      const scalars = {
        learningRate: learningRate * Math.min(1, step / Math.max(1, warmup)),
        momentumCorrection: 1 / (1 - beta1 ** step),
        varianceCorrection: 1 / (1 - beta2 ** step),
      };
      return Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, float32([value], [])]));
    },

    apply(input) {
      const { learningRate: now, momentumCorrection, varianceCorrection } = input.schedule;
      const rate = tf.mul(now, momentumCorrection);
      const { clipped, gradientNorm } = clipGradients(input, agc, agcMin);
      const [gradients, before] = [pack(clipped), pack(input.params)];
      const params: Record<string, Tensor> = {};
      const momentum: Record<string, Tensor> = {};
      const variance: Record<string, Tensor> = {};
      for (const [name, gradient] of Object.entries(gradients)) {
        // ν ← β₂ν + (1 − β₂)g²;  μ ← β₁μ + (1 − β₁) g / (√ν̂ + ε);  p ← p − lr·μ̂
        variance[name] = tf.add(tf.mul(input.slots.variance[name], beta2), tf.mul(tf.square(gradient), 1 - beta2));
        const deviation = tf.add(tf.sqrt(tf.mul(variance[name], varianceCorrection)), epsilon);
        momentum[name] = tf.add(tf.mul(input.slots.momentum[name], beta1), tf.mul(tf.div(gradient, deviation), 1 - beta1));
        params[name] = tf.sub(before[name], tf.mul(momentum[name], rate));
      }
      return { params: unpack(params, input.params), slots: { momentum, variance }, gradientNorm };
    },
  };
}

/** Momentum and variance are kept as `pack` lays parameters out. */
function packedShapes(params: Group<{ readonly shape: readonly number[] }>): Group<readonly number[]> {
  const large = Object.entries(params).filter(([, spec]) => !isSmall(spec));
  const packed = Object.values(params).filter(isSmall).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return { ...Object.fromEntries(large.map(([name, { shape }]) => [name, shape])), ...(packed > 0 ? { [PACKED]: [packed] } : {}) };
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
