/**
 * Which action a simulation takes at a node. MuZero's PUCT (Schrittwieser et al. 2020, appendix B) and Gumbel MuZero's
 * two rules (Danihelka et al. 2022), with the constants and the tie-breaking of mctx.
 */
import type { Qtransform } from './qtransforms.ts';
import { sequenceOfConsideredVisits } from './sequential-halving.ts';
import type { Tree } from './tree.ts';

/** The action for one node of one root; depth 0 is the root itself. */
export type ActionSelection = (tree: Tree, root: number, node: number, depth: number) => number;

export interface PuctOptions {
  /** c₁ of the paper. */
  readonly pbCInit: number;
  /** c₂ of the paper. */
  readonly pbCBase: number;
  readonly qtransform: Qtransform;
  /** [B, A]: tiny numbers that decide between equals; one for each root and action is enough for a whole search. */
  readonly tieBreak: Float32Array;
}

/** argmax of q + prior · √N / (1 + n) · (c₁ + log((N + c₂ + 1) / c₂)), over the valid actions at the root. */
export function muzeroActionSelection(
  numActions: number,
  { pbCInit, pbCBase, qtransform, tieBreak }: PuctOptions,
): ActionSelection {
  const qvalues = new Float64Array(numActions);
  const explorationOf = (visits: number) => Math.sqrt(visits) * (pbCInit + Math.log((visits + pbCBase + 1) / pbCBase));
  const explorations: number[] = []; // by the visits of a node, made when first asked for
  return (tree, root, node, depth) => {
    const { childrenVisits, childrenPriorProbs, rootInvalidActions } = tree;
    const index = root * tree.numNodes + node;
    const first = index * numActions;
    const row = root * numActions;
    const visits = tree.nodeVisits[index];
    const exploration = (explorations[visits] ??= explorationOf(visits));
    qtransform(tree, root, node, qvalues);
    let best = 0;
    let highest = -Infinity;
    for (let action = 0; action < numActions; action++) {
      const edge = first + action;
      // What cannot be taken has no prior.
      if (depth === 0 ? rootInvalidActions[row + action] !== 0 : childrenPriorProbs[edge] === 0) continue;
      const policyScore = (exploration * childrenPriorProbs[edge]) / (childrenVisits[edge] + 1);
      const score = qvalues[action] + policyScore + tieBreak[row + action];
      if (score > highest) {
        highest = score;
        best = action;
      }
    }
    return best;
  };
}

/** A logit this low is still allowed where nothing else is left. */
const LOW_LOGIT = -1e9;

/** The valid root action with the highest gumbel + logit + q among those with `consideredVisit` visits. */
export function bestConsidered(
  tree: Tree,
  root: number,
  consideredVisit: number,
  { gumbel, qvalues }: { readonly gumbel: Float32Array; readonly qvalues: Float64Array },
): number {
  const { numActions, childrenVisits, childrenPriorProbs, rootInvalidActions } = tree;
  const first = root * tree.numNodes * numActions;
  const row = root * numActions;
  let best = 0;
  let highest = -Infinity;
  for (let action = 0; action < numActions; action++) {
    if (rootInvalidActions[row + action] !== 0) continue;
    if (childrenVisits[first + action] !== consideredVisit) continue;
    const logit = Math.log(childrenPriorProbs[first + action]);
    const score = Math.max(LOW_LOGIT, gumbel[row + action] + logit + qvalues[action]);
    if (score > highest) {
      highest = score;
      best = action;
    }
  }
  return best;
}

export interface GumbelRootOptions {
  readonly numSimulations: number;
  readonly maxNumConsideredActions: number;
  readonly qtransform: Qtransform;
  /** [B, A] */
  readonly gumbel: Float32Array;
}

/** Sequential Halving with Gumbel: the actions sampled without replacement, the better half visited again and again. */
export function gumbelRootActionSelection(
  numActions: number,
  { numSimulations, maxNumConsideredActions, qtransform, gumbel }: GumbelRootOptions,
): ActionSelection {
  const qvalues = new Float64Array(numActions);
  const sequences: Int32Array[] = []; // by how many actions are considered, made when first asked for
  return (tree, root, node) => {
    const first = root * tree.numNodes * numActions;
    const row = root * numActions;
    let valid = 0;
    let simulation = 0;
    for (let action = 0; action < numActions; action++) {
      if (tree.rootInvalidActions[row + action] === 0) valid++;
      simulation += tree.childrenVisits[first + action];
    }
    const considered = Math.min(maxNumConsideredActions, valid);
    const sequence = (sequences[considered] ??= sequenceOfConsideredVisits(considered, numSimulations));
    qtransform(tree, root, node, qvalues);
    return bestConsidered(tree, root, sequence[simulation], { gumbel, qvalues });
  };
}

/**
 * argmax of π′ − n / (1 + Σn), so that visits follow the improved policy π′ ∝ prior · exp(q). No randomness.
 */
export function gumbelInteriorActionSelection(numActions: number, qtransform: Qtransform): ActionSelection {
  const qvalues = new Float64Array(numActions);
  const weights = new Float64Array(numActions);
  return (tree, root, node) => {
    const { childrenVisits, childrenPriorProbs } = tree;
    const first = (root * tree.numNodes + node) * numActions;
    qtransform(tree, root, node, qvalues);
    let visits = 0;
    let highestQ = -Infinity;
    for (let action = 0; action < numActions; action++) {
      visits += childrenVisits[first + action];
      if (qvalues[action] > highestQ && childrenPriorProbs[first + action] > 0) highestQ = qvalues[action];
    }
    let sum = 0;
    let lastQ = highestQ;
    let power = 1;
    for (let action = 0; action < numActions; action++) {
      const prior = childrenPriorProbs[first + action];
      if (qvalues[action] !== lastQ) { // completed values are equal, and exp is what takes time here
        lastQ = qvalues[action];
        power = Math.exp(lastQ - highestQ);
      }
      weights[action] = prior > 0 ? prior * power : 0;
      sum += weights[action];
    }
    let best = 0;
    let highest = -Infinity;
    for (let action = 0; action < numActions; action++) {
      const score = weights[action] / sum - childrenVisits[first + action] / (1 + visits);
      if (score > highest) {
        highest = score;
        best = action;
      }
    }
    return best;
  };
}
