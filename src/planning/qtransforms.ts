/**
 * Ways to put the Q-values of a node's actions on a common scale before they meet the priors; those of mctx.
 * Each fills `out` [A] for one node of one root.
 */
import type { Tree } from './tree.ts';

export type Qtransform = (tree: Tree, root: number, node: number, out: Float64Array) => void;

/** The smallest normal float32, so that visited actions without prior keep a weight (as in mctx). */
const TINY = 1.1754944e-38;

/** (q − min) / (max − min) with given bounds; actions without visits count as the minimum. */
export function qtransformByMinMax({ minValue, maxValue }: { minValue: number; maxValue: number }): Qtransform {
  return (tree, root, node, out) => {
    const { numActions, childrenVisits, childrenQvalues } = tree;
    const first = (root * tree.numNodes + node) * numActions;
    for (let action = 0; action < numActions; action++) {
      const edge = first + action;
      out[action] = childrenVisits[edge] > 0 ? (childrenQvalues[edge] - minValue) / (maxValue - minValue) : 0;
    }
  };
}

/**
 * MuZero's: to [0, 1] between the smallest and the largest of the node's value and its children's; actions without
 * visits count as the smallest. `epsilon` is the least difference to divide by.
 */
export function qtransformByParentAndSiblings({ epsilon = 1e-8 }: { epsilon?: number } = {}): Qtransform {
  return (tree, root, node, out) => {
    const { numActions, childrenVisits, childrenQvalues } = tree;
    const index = root * tree.numNodes + node;
    const first = index * numActions;
    let low = tree.nodeValues[index];
    let high = low;
    for (let action = 0; action < numActions; action++) {
      const edge = first + action;
      if (childrenVisits[edge] === 0) continue;
      const q = childrenQvalues[edge];
      out[action] = q;
      if (q < low) low = q;
      if (q > high) high = q;
    }
    const scale = 1 / Math.max(high - low, epsilon);
    for (let action = 0; action < numActions; action++) {
      out[action] = childrenVisits[first + action] > 0 ? (out[action] - low) * scale : 0;
    }
  };
}

export interface MixValueOptions {
  /** c_scale of the paper. */
  readonly valueScale?: number;
  /** c_visit of the paper. */
  readonly maxvisitInit?: number;
  /** Bring the Q-values to [0, 1] first. */
  readonly rescaleValues?: boolean;
  /** Complete with the mixed value; otherwise with the raw value. */
  readonly useMixedValue?: boolean;
  /** The least difference to divide by where values are rescaled. */
  readonly epsilon?: number;
}

/**
 * Gumbel MuZero's σ(completed Q) = (c_visit + max visits) · c_scale · q, where actions without visits get the mixed
 * value (v + Σn · Σπq / Σπ) / (1 + Σn) over the visited ones (Danihelka et al. 2022, equation 8 and appendix D).
 */
export function qtransformCompletedByMixValue({
  valueScale = 0.1,
  maxvisitInit = 50,
  rescaleValues = true,
  useMixedValue = true,
  epsilon = 1e-8,
}: MixValueOptions = {}): Qtransform {
  return (tree, root, node, out) => {
    const { numActions, childrenVisits, childrenQvalues, childrenPriorProbs } = tree;
    const index = root * tree.numNodes + node;
    const first = index * numActions;
    let visited = 0;
    let visits = 0;
    let mostVisits = 0;
    let probs = 0;
    let weighted = 0;
    let low = Infinity;
    let high = -Infinity;
    for (let action = 0; action < numActions; action++) {
      const edge = first + action;
      const count = childrenVisits[edge];
      if (count === 0) continue;
      const q = childrenQvalues[edge];
      const prob = Math.max(childrenPriorProbs[edge], TINY);
      out[action] = q;
      visited++;
      visits += count;
      if (count > mostVisits) mostVisits = count;
      probs += prob;
      weighted += prob * q;
      if (q < low) low = q;
      if (q > high) high = q;
    }
    let value = tree.rawValues[index];
    if (useMixedValue && visited > 0) value = (value + (visits * weighted) / probs) / (visits + 1);
    if (visited < numActions) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    const offset = rescaleValues ? low : 0;
    const range = rescaleValues ? Math.max(high - low, epsilon) : 1;
    const scale = ((maxvisitInit + mostVisits) * valueScale) / range;
    for (let action = 0; action < numActions; action++) {
      out[action] = ((childrenVisits[first + action] > 0 ? out[action] : value) - offset) * scale;
    }
  };
}
