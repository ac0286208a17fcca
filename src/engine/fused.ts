/**
 * Operations with gradients of their own, where tfjs's would cost several passes over memory. Each is a formula in
 * tfjs operations; the tracing engine replaces RMSNorm's by one node where the provider has it.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { fusedRmsNorm } from './trace-backend.ts';

/** x·sigmoid(x) (Elfwing, Uchibe and Doya 2018). */
export function silu(x: Tensor): Tensor {
  return siluWithGradient(x);
}

const siluWithGradient = tf.customGrad((x: Tensor | tf.GradSaveFunc, save: Tensor | tf.GradSaveFunc) => {
  const input = x as Tensor;
  const gate = tf.sigmoid(input);
  const value = tf.mul(input, gate);
  (save as tf.GradSaveFunc)([gate, value]);
  return {
    value,
    // d/dx x·σ = σ + x·σ·(1 − σ) = σ + y − y·σ
    gradFunc: (dy: Tensor, [g, y]: Tensor[]) => tf.mul(dy, tf.sub(tf.add(g, y), tf.mul(g, y))),
  };
});

/**
 * y = x / sqrt(mean(x², last axis) + epsilon) · scale (Zhang and Sennrich 2019).
 * x [..., C], scale [C].
 */
export function rmsNorm(x: Tensor, scale: Tensor, epsilon = 1e-4): Tensor {
  const withGradient = tf.customGrad((...args: (Tensor | tf.GradSaveFunc)[]) => {
    const [input, gain] = args as Tensor[];
    const save = args[2] as tf.GradSaveFunc;
    const { value, inverse } = fusedRmsNorm(input, gain, epsilon) ?? plainRmsNorm(input, gain, epsilon);
    save([input, gain, inverse]);
    return {
      value,
      gradFunc: (dy: Tensor, [x_, gain_, inverse_]: Tensor[]) => {
        // With n = x/rms: dx = (dy·s − n·mean(dy·s·n))/rms, ds = Σ dy·n. The mean is a product with s, which reads once.
        const size = gain_.shape[0] as number;
        const rows = (tensor: Tensor) => tf.reshape(tensor, [-1, tensor.shape[tensor.rank - 1] as number]);
        const normal = rows(tf.mul(x_, inverse_));
        const slope = rows(dy);
        const along = tf.mul(slope, normal);
        const mean = tf.matMul(along as tf.Tensor2D, tf.reshape(tf.div(gain_, size), [size, 1]));
        const dx = tf.mul(rows(inverse_), tf.sub(tf.mul(slope, gain_), tf.mul(normal, mean)));
        return [tf.reshape(dx, dy.shape), tf.sum(along, 0)];
      },
    };
  });
  return withGradient(x, scale);
}

function plainRmsNorm(x: Tensor, scale: Tensor, epsilon: number): { value: Tensor; inverse: Tensor } {
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon));
  return { value: tf.mul(tf.mul(x, inverse), scale), inverse };
}
