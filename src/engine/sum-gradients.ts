/** Gradients of sums and means without the array of ones that tfjs fills for each, megabytes where pictures are summed. */
import * as tf from '@tensorflow/tfjs';
import type { GradConfig, NamedAttrMap, Tensor } from '@tensorflow/tfjs';

/** In place of tfjs's own; what they compute is the same. */
export function registerSumGradients(): void {
  replace('Sum', (dy, x, axis) => repeat(dy, x, axis));
  replace('Mean', (dy, x, axis) => tf.div(repeat(dy, x, axis), x.size / dy.size));
}

function replace(kernelName: string, gradient: (dy: Tensor, x: Tensor, axis: readonly number[]) => Tensor): void {
  const gradFunc: GradConfig['gradFunc'] = (dy, [x], attributes) => ({
    x: () => gradient(dy as Tensor, x, axesOf(x, attributes)),
  });
  tf.unregisterGradient(kernelName);
  tf.registerGradient({ kernelName, inputsToSave: ['x'], gradFunc });
}

const axesOf = ({ shape }: Tensor, { axis }: NamedAttrMap): readonly number[] =>
  tf.util.parseAxisParam(axis as number | number[], shape);

/** A value for every sum, repeated for each of its terms. */
function repeat(dy: Tensor, x: Tensor, axis: readonly number[]): Tensor {
  const kept = tf.reshape(dy, x.shape.map((side, i) => (axis.includes(i) ? 1 : side)));
  return tf.mul(kept, tf.fill(x.shape, 1));
}
