/**
 * The search trees of B roots as one record of arrays. Layout and words are those of mctx (Babuschkin et al. 2020);
 * embeddings alone are [N, B, …], so that what a simulation computes for all roots is one block of memory.
 */
import { mapGroup, zeros } from '../nd-array.ts';
import type { Group, NdArray } from '../types.ts';
import type { Embedding, RootOutput } from './search-model.ts';

export const ROOT_INDEX = 0;
export const NO_PARENT = -1;
export const UNVISITED = -1;

/**
 * B trees of at most N nodes with A actions each: simulation i writes node i + 1 of every tree. A node that was never
 * visited has no meaning.
 */
export interface Tree {
  readonly batch: number;
  readonly numNodes: number;
  readonly numActions: number;
  /** [B, N] */
  readonly nodeVisits: Int32Array;
  /** [B, N]: the model's own estimates. */
  readonly rawValues: Float32Array;
  /** [B, N]: means over all visits. */
  readonly nodeValues: Float32Array;
  /** [B, N]: NO_PARENT at the root. */
  readonly parents: Int32Array;
  /** [B, N]: NO_PARENT at the root. */
  readonly actionFromParent: Int32Array;
  /** [B, N, A]: UNVISITED where there is no child yet. */
  readonly childrenIndex: Int32Array;
  /** [B, N, A]: rows sum to one. */
  readonly childrenPriorProbs: Float32Array;
  /** [B, N, A] */
  readonly childrenVisits: Int32Array;
  /** [B, N, A] */
  readonly childrenRewards: Float32Array;
  /** [B, N, A] */
  readonly childrenDiscounts: Float32Array;
  /** [B, N, A]: reward + discount · value of the child; 0 where there is none. */
  readonly childrenQvalues: Float32Array;
  /** [B, A]: 1 where an action may not be taken at the root. */
  readonly rootInvalidActions: Uint8Array;
  /** Leaves [N, B, …]. */
  readonly embeddings: Group<NdArray>;
}

/** Statistics of the roots. */
export interface SearchSummary {
  /** [B, A] */
  readonly visitCounts: Int32Array;
  /** [B, A]: rows sum to one. */
  readonly visitProbs: Float32Array;
  /** [B] */
  readonly value: Float32Array;
  /** [B, A]: 0 where an action was never visited. */
  readonly qvalues: Float32Array;
}

export interface TreeShape {
  readonly batch: number;
  readonly numNodes: number;
  readonly numActions: number;
}

/** Trees without nodes; the embeddings will be like `embedding`, leaves [B, …]. */
export function emptyTree({ batch, numNodes, numActions }: TreeShape, embedding: Embedding): Tree {
  const nodes = batch * numNodes;
  const edges = nodes * numActions;
  return {
    batch,
    numNodes,
    numActions,
    nodeVisits: new Int32Array(nodes),
    rawValues: new Float32Array(nodes),
    nodeValues: new Float32Array(nodes),
    parents: new Int32Array(nodes).fill(NO_PARENT),
    actionFromParent: new Int32Array(nodes).fill(NO_PARENT),
    childrenIndex: new Int32Array(edges).fill(UNVISITED),
    childrenPriorProbs: new Float32Array(edges),
    childrenVisits: new Int32Array(edges),
    childrenRewards: new Float32Array(edges),
    childrenDiscounts: new Float32Array(edges),
    childrenQvalues: new Float32Array(edges),
    rootInvalidActions: new Uint8Array(batch * numActions),
    embeddings: mapGroup(embedding, ({ shape, dtype }) => zeros([numNodes, ...shape], dtype)),
  };
}

/** Put the model's outputs for one state into a node: its value, and the priors of its actions. */
export function writeNode(tree: Tree, root: number, node: number, { priorLogits, value }: RootOutput): void {
  const index = root * tree.numNodes + node;
  tree.nodeVisits[index] = 1;
  tree.rawValues[index] = value[root];
  tree.nodeValues[index] = value[root];
  writePriors(tree, root, index, priorLogits);
}

/** The priors of node `index` of [B, N]: softmax of row `root` of logits [B, A]. */
export function writePriors(tree: Tree, root: number, index: number, logits: Float32Array): void {
  const { numActions, childrenPriorProbs } = tree;
  const from = root * numActions;
  const to = index * numActions;
  let highest = -Infinity;
  for (let i = from; i < from + numActions; i++) if (logits[i] > highest) highest = logits[i];
  let sum = 0;
  for (let action = 0; action < numActions; action++) {
    const weight = Math.exp(logits[from + action] - highest);
    childrenPriorProbs[to + action] = weight;
    sum += weight;
  }
  for (let i = to; i < to + numActions; i++) childrenPriorProbs[i] /= sum;
}

/** The roots' rows [B, A] of an array [B, N, A], copied. */
export function rootRows<Values extends Float32Array | Int32Array>(tree: Tree, edges: Values): Values;
export function rootRows({ batch, numNodes, numActions }: Tree, edges: Float32Array | Int32Array) {
  const rows = edges.slice(0, batch * numActions);
  for (let root = 0; root < batch; root++) {
    const first = root * numNodes * numActions;
    rows.set(edges.subarray(first, first + numActions), root * numActions);
  }
  return rows;
}

/** What was found at the roots. */
export function summarize(tree: Tree): SearchSummary {
  const { batch, numNodes, numActions } = tree;
  const visitCounts = new Int32Array(batch * numActions);
  const visitProbs = new Float32Array(batch * numActions);
  const qvalues = new Float32Array(batch * numActions);
  const value = new Float32Array(batch);
  for (let root = 0; root < batch; root++) {
    const node = root * numNodes + ROOT_INDEX;
    value[root] = tree.nodeValues[node];
    let total = 0;
    for (let action = 0; action < numActions; action++) total += tree.childrenVisits[node * numActions + action];
    for (let action = 0; action < numActions; action++) {
      const edge = node * numActions + action;
      const out = root * numActions + action;
      visitCounts[out] = tree.childrenVisits[edge];
      visitProbs[out] = total > 0 ? tree.childrenVisits[edge] / total : 1 / numActions;
      qvalues[out] = tree.childrenQvalues[edge];
    }
  }
  return { visitCounts, visitProbs, value, qvalues };
}
