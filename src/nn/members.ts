/**
 * Networks of one shape that learn apart: each has numbers of its own, and all are computed together, as one stack of
 * matrices. What they disagree about is what none of them has seen.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { rmsNorm, silu } from '../engine/fused.ts';
import type { Group, ParameterSpec, Params } from '../types.ts';
import { along } from './sequences.ts';

export interface Members {
  readonly parameters: Group<ParameterSpec>;
  /** Rows [N, inputs] that all of them see to [K, N, outputs]. */
  apply(params: Params, rows: Tensor): Tensor;
}

export interface MembersShape {
  /** K */
  readonly count: number;
  readonly inputs: number;
  readonly units: number;
  /** Hidden layers. */
  readonly layers: number;
  readonly outputs: number;
  /** Of the last layer's first numbers; 0 where all are to begin alike, at zero. */
  readonly scale?: number;
}

/** K perceptrons: hidden layers of linear, RMSNorm and SiLU, and a linear one. */
export function members(name: string, { count, inputs, units, layers, outputs, scale = 1 }: MembersShape): Members {
  const widths = [inputs, ...Array.from({ length: layers }, () => units), outputs];
  const parameters: Record<string, ParameterSpec> = {};
  for (let i = 0; i <= layers; i++) {
    const [from, to] = [widths[i], widths[i + 1]];
    parameters[`${name}/${i}/kernel`] = { shape: [count, from, to], init: { fanIn: from, scale: i === layers ? scale : 1 } };
    parameters[`${name}/${i}/bias`] = { shape: [count, 1, to], init: 'zeros' };
    if (i < layers) parameters[`${name}/${i}/scale`] = { shape: [count, 1, to], init: 'ones' };
  }
  return {
    parameters,
    apply(params, rows) {
      let x = along(rows, 0, count);
      for (let i = 0; i <= layers; i++) {
        x = tf.add(tf.matMul(x as tf.Tensor3D, params[`${name}/${i}/kernel`] as tf.Tensor3D), params[`${name}/${i}/bias`]);
        if (i < layers) x = silu(tf.mul(rmsNorm(x, tf.ones([units])), params[`${name}/${i}/scale`]));
      }
      return x;
    },
  };
}
