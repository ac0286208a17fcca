/** What replay keeps of a search, and what a policy learns from it. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { count } from '../config/index.ts';
import type { ActionSpace, Distribution, Group, Largest } from '../types.ts';

/** Keys of whatever searches continuous actions, or learns from such a search. */
export const sampledOptions = {
  samples: count.max(4096).default(16).describe('Actions that are sampled at every node of a search over continuous ones.'),
};

/**
 * `searchPolicy`: the improved policy over A actions, or over the K `searchActions` [K, A] that were sampled where
 * actions are continuous; `searchValue`: the root's value in units of `valueUnit`. All zeros where there was no search.
 * Where the world `forbids` discrete actions, also `legal`: 1 where one may be taken, all zeros where none was.
 */
export function searchTargetShapes(
  actions: ActionSpace,
  { samples }: { readonly samples: number },
  forbids = false,
): Group<readonly number[]> {
  return actions.kind === 'discrete'
    ? { searchPolicy: [actions.n], searchValue: [], ...(forbids ? { legal: [actions.n] } : {}) }
    : { searchPolicy: [samples], searchValue: [], searchActions: [samples, actions.low.length] };
}

/** What is kept in half precision ends at 65504, and a mean of returns may be a few times what a head can say. */
const LARGEST_KEPT = 2 ** 14;

/**
 * The unit of searched values, which replay keeps in half precision: a power of two that brings very large and very small
 * ones into its range, 1 for all others. `largest` is what the head that learns them can say.
 */
export function valueUnit(largest: Largest | undefined): number {
  // Only a range that somebody has set, or that has followed the rewards, says how large values are.
  if (largest?.key === undefined || (largest.size >= 1 && largest.size <= LARGEST_KEPT)) return 1;
  return 2 ** Math.ceil(Math.log2(largest.size / (largest.size > 1 ? LARGEST_KEPT : 1)));
}

/** 1 where there was a search, else 0: [B, T]. */
export const isSearched = ({ searchPolicy }: Group<Tensor>): Tensor =>
  tf.cast(tf.greater(tf.sum(searchPolicy, -1), 0.5), 'float32');

/** −Σ π̂ log π of rows of targets: [N]. (Sampled actions: Hubert et al. 2021, equation 9.) */
export function searchPolicyLoss(policy: Distribution, { searchPolicy, searchActions }: Group<Tensor>): Tensor {
  return tf.neg(tf.sum(tf.mul(searchPolicy, searchActions ? ofEach(policy, searchActions) : outcomes(policy)), -1));
}

function outcomes({ logProbs }: Distribution): Tensor {
  if (!logProbs) throw new Error('expected a policy over discrete actions');
  return logProbs;
}

/** Log-probabilities [N, K] of actions [N, K, A]. */
const ofEach = (policy: Distribution, actions: Tensor): Tensor =>
  tf.stack(tf.unstack(actions, 1).map((action) => policy.logProb(action)), 1);
