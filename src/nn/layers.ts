/**
 * Layers as data: each knows its parameters and how to apply them. Parameters live in one flat record under the
 * layer's name. Initialisation and normalisation follow DreamerV3 (Hafner et al. 2025).
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { rmsNorm, silu } from '../engine/fused.ts';
import type { Group, ParameterSpec, Params } from '../types.ts';

export interface Layer {
  readonly parameters: Group<ParameterSpec>;
  apply(params: Params, x: Tensor): Tensor;
}

/** x [..., inputs] → [..., outputs]. */
export function linear(
  name: string,
  inputs: number,
  outputs: number,
  { scale = 1, bias = true }: { scale?: number; bias?: boolean } = {},
): Layer {
  return {
    parameters: {
      [`${name}/kernel`]: { shape: [inputs, outputs], init: { fanIn: inputs, scale } },
      ...(bias ? { [`${name}/bias`]: { shape: [outputs], init: 'zeros' } as const } : {}),
    },
    apply(params, x) {
      const product = tf.matMul(asRows(x, inputs, name), params[`${name}/kernel`] as tf.Tensor2D);
      const sum = bias ? tf.add(product, params[`${name}/bias`]) : product;
      return tf.reshape(sum, [...x.shape.slice(0, -1), outputs]);
    },
  };
}

/** A linear layer whose matrix is block-diagonal: each of `blocks` slices of the input feeds its slice of the output. */
export function blockLinear(
  name: string,
  inputs: number,
  outputs: number,
  blocks: number,
  { scale = 1 }: { scale?: number } = {},
): Layer {
  if (blocks === 1) return linear(name, inputs, outputs, { scale });
  if (inputs % blocks !== 0 || outputs % blocks !== 0) {
    throw new Error(`${name}: expected widths divisible by ${blocks} blocks, got ${inputs} and ${outputs}`);
  }
  const [width, height] = [inputs / blocks, outputs / blocks];
  return {
    parameters: {
      [`${name}/kernel`]: { shape: [blocks, width, height], init: { fanIn: width, scale } },
      [`${name}/bias`]: { shape: [outputs], init: 'zeros' },
    },
    apply(params, x) {
      const rows = asRows(x, inputs, name);
      const split = tf.transpose(tf.reshape(rows, [-1, blocks, width]), [1, 0, 2]);
      const product = tf.matMul(split, params[`${name}/kernel`] as tf.Tensor3D);
      const joined = tf.reshape(tf.transpose(product, [1, 0, 2]), [rows.shape[0], outputs]);
      return tf.reshape(tf.add(joined, params[`${name}/bias`]), [...x.shape.slice(0, -1), outputs]);
    },
  };
}

/** RMSNorm and SiLU: what follows every hidden layer. */
export function normAct(name: string, size: number): Layer {
  return {
    parameters: { [`${name}/scale`]: { shape: [size], init: 'ones' } },
    apply: (params, x) => silu(rmsNorm(x, params[`${name}/scale`])),
  };
}

/** One layer after the other. */
export function chain(...layers: readonly Layer[]): Layer {
  return {
    parameters: parametersOf(layers),
    apply: (params, x) => layers.reduce((value, layer) => layer.apply(params, value), x),
  };
}

/** The parameters of all of them. */
export const parametersOf = (layers: readonly Pick<Layer, 'parameters'>[]): Group<ParameterSpec> =>
  Object.assign({}, ...layers.map(({ parameters }) => parameters));

/** A hidden layer: linear, RMSNorm, SiLU. */
export const dense = (name: string, inputs: number, outputs: number): Layer =>
  chain(linear(name, inputs, outputs), normAct(`${name}/norm`, outputs));

/** `layers` hidden layers of `units`. */
export const mlp = (name: string, inputs: number, units: number, layers: number): Layer =>
  chain(...Array.from({ length: layers }, (_, i) => dense(`${name}/${i}`, i === 0 ? inputs : units, units)));

function asRows(x: Tensor, width: number, name: string): tf.Tensor2D {
  if (x.shape[x.rank - 1] !== width) throw new Error(`${name}: expected [..., ${width}], got [${x.shape}]`);
  return tf.reshape(x, [-1, width]);
}
