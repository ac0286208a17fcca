/**
 * EfficientZero's self-supervised consistency (Ye et al. 2021, section 4.1), which is SimSiam's (Chen and He 2021): what
 * was imagined, projected and predicted, points where the projection of what was then observed points.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { stopGradient } from '../engine/gradients.ts';
import type { Group, ParameterSpec, Params } from '../types.ts';
import { chain, dense, linear, parametersOf } from './layers.ts';

export interface Consistency {
  readonly parameters: Group<ParameterSpec>;
  /** Negative cosines [N] of states [N, D]; no gradient flows into `observed`. */
  loss(params: Params, imagined: Tensor, observed: Tensor): Tensor;
}

export function consistency(inputs: number, units: number): Consistency {
  const project = chain(dense('projection/0', inputs, units), linear('projection/out', units, units));
  const predict = chain(dense('prediction/0', units, units), linear('prediction/out', units, units));
  return {
    parameters: parametersOf([project, predict]),
    loss(params, imagined, observed) {
      const guess = predict.apply(params, project.apply(params, imagined));
      const goal = stopGradient(project.apply(params, stopGradient(observed)));
      return tf.neg(tf.sum(tf.mul(unit(guess), unit(goal)), -1));
    },
  };
}

const unit = (x: Tensor): Tensor => tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x), -1, true), 1e-8)));
