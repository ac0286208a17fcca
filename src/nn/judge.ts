/** What imagined steps are worth to whoever learns from them. */
import type { Tensor } from '@tensorflow/tfjs';
import type { Outcome } from '../types.ts';
import { cumulativeProduct } from './returns.ts';
import { lastSteps } from './sequences.ts';

export type Judge = (outcome: Outcome) => {
  /** [N] */
  readonly reward: Tensor;
  /** 1 where a step may be learned from, else 0; all may where it is absent. */
  readonly known?: Tensor;
  /** The end of an episode ends nothing: the next one begins with what is known by then (Burda et al. 2019). */
  readonly endless?: boolean;
};

/** What the model says is received. */
export const rewarded: Judge = ({ reward }) => ({ reward: reward.predict() });

/** Of `known` [N, H + 1], which tells of the step that led to each index: whether all up to the one that follows index t are, [N, H]. */
export const knownSoFar = (known: Tensor): Tensor => cumulativeProduct(lastSteps(known, (known.shape[1] as number) - 1));
