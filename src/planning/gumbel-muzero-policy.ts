/** Gumbel MuZero (Danihelka et al. 2022, "Policy improvement by planning with Gumbel"). */
import { bestConsidered, gumbelInteriorActionSelection, gumbelRootActionSelection } from './action-selection.ts';
import { largest } from './largest.ts';
import { plantTree } from './plant-tree.ts';
import { qtransformCompletedByMixValue, type Qtransform } from './qtransforms.ts';
import { gumbelDeviate } from './root-noise.ts';
import { search } from './search.ts';
import { ROOT_INDEX, rootRows } from './tree.ts';
import type { PolicyOutput, SearchInput } from './types.ts';

export interface GumbelMuzeroOptions {
  readonly qtransform?: Qtransform;
  /** How many actions, at most, Sequential Halving begins with. */
  readonly maxNumConsideredActions?: number;
  /** 0 acts without randomness, as for evaluation. */
  readonly gumbelScale?: number;
}

/**
 * Sequential Halving at the root, visits in the proportions of the improved policy below it. Acts on the best of the
 * actions that were left; `actionWeights` is the improved policy softmax(logits + σ(completed Q)).
 */
export async function gumbelMuzeroPolicy(
  input: SearchInput,
  {
    qtransform = qtransformCompletedByMixValue(),
    maxNumConsideredActions = 16,
    gumbelScale = 1,
  }: GumbelMuzeroOptions = {},
): Promise<PolicyOutput> {
  const { numSimulations, rng } = input;
  const tree = plantTree(input);
  const { batch, numActions } = tree;
  const gumbel = Float32Array.from({ length: batch * numActions }, () => gumbelScale * gumbelDeviate(rng));
  await search(tree, {
    ...input,
    selectRootAction: gumbelRootActionSelection(numActions, {
      numSimulations, maxNumConsideredActions, qtransform, gumbel,
    }),
    selectInteriorAction: gumbelInteriorActionSelection(numActions, qtransform),
  });

  const priors = rootRows(tree, tree.childrenPriorProbs);
  const visits = rootRows(tree, tree.childrenVisits);
  const actionWeights = new Float32Array(batch * numActions);
  const qvalues = new Float64Array(numActions);
  const action = new Int32Array(batch);
  for (let root = 0; root < batch; root++) {
    const row = root * numActions;
    qtransform(tree, root, ROOT_INDEX, qvalues);
    actionWeights.set(softmax(qvalues.map((q, i) => Math.log(priors[row + i]) + q)), row);
    const mostVisits = largest(visits.subarray(row, row + numActions));
    action[root] = bestConsidered(tree, root, mostVisits, { gumbel, qvalues });
  }
  return { action, actionWeights, searchTree: tree };
}

function softmax(logits: Float64Array): Float64Array {
  const highest = largest(logits);
  const weights = logits.map((logit) => Math.exp(logit - highest));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
