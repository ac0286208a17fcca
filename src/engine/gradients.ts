/** Gradients of a loss with respect to parameters, and the two ways of keeping a gradient out. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { Group, Params } from '../types.ts';
import { mapGroup, mapGroups } from '../nd-array.ts';

/**
 * The value of a loss, what else it computed, and its gradient for every parameter (zeros where it has none).
 * Gradients have the parameters' names and shapes.
 */
export function valueAndGradients<Name extends string>(
  params: Params,
  loss: () => { total: Tensor; extras: Readonly<Record<Name, Group<Tensor>>> },
): { total: Tensor; extras: Record<Name, Group<Tensor>>; gradients: Group<Tensor> } {
  const names = Object.keys(params);
  let extras: Readonly<Record<string, Group<Tensor>>> = {};
  const { value, grads } = tf.engine().gradients(
    () => {
      const result = loss();
      // tfjs frees what a differentiated function made, unless it is kept.
      extras = mapGroups(result.extras, (tensor) => tf.keep(stopGradient(tensor)));
      return result.total as tf.Scalar;
    },
    names.map((name) => params[name]),
    undefined,
    true,
  );
  const owned = mapGroups(extras, disown) as Record<Name, Group<Tensor>>;
  const gradients = Object.fromEntries(names.map((name, i) => [name, grads[i] ?? tf.zerosLike(params[name])]));
  return { total: value, extras: owned, gradients };
}

/** The same numbers, through which no gradient flows. tfjs has none: this is a second handle that no tape has seen. */
export function stopGradient<T extends Tensor>(tensor: T): T {
  const { dataId, shape, dtype } = tensor;
  tf.backend().incRef(dataId);
  return tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype }) as T;
}

/** The same numbers, whose gradient is `share` of what it would be. */
export const scaleGradient = (tensor: Tensor, share: number): Tensor =>
  tf.add(tf.mul(tensor, share), tf.mul(stopGradient(tensor), 1 - share));

export const stopGradients = (group: Group<Tensor>): Group<Tensor> => mapGroup(group, stopGradient);

/** Hand a kept tensor over to the scope around it. */
function disown(kept: Tensor): Tensor {
  const tensor = stopGradient(kept);
  kept.dispose();
  return tensor;
}
