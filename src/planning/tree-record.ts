/** One root's search tree as plain records, for whoever wants to look at it: its most visited nodes. */
import { NO_PARENT, ROOT_INDEX, UNVISITED, type Tree } from './tree.ts';

/** A node, and the edge that leads to it. The root has no edge: action −1, prior 1, reward 0, discount 1, Q = value. */
export interface TreeRecordNode {
  /** Where the tree keeps it, for instance its embedding. */
  readonly index: number;
  /** Position in the record, before the node's own; −1 at the root. */
  readonly parent: number;
  readonly action: number;
  readonly prior: number;
  readonly visits: number;
  /** Mean over all visits. */
  readonly value: number;
  /** reward + discount · value */
  readonly qvalue: number;
  readonly reward: number;
  readonly discount: number;
  /** Edges from the root. */
  readonly depth: number;
  /** The model's own estimate of the value. */
  readonly rawValue: number;
  /** How many visited nodes were left out below it, not counting those below a kept node further down. */
  readonly hidden: number;
}

export interface TreeRecord {
  /** The most visited first; the root is nodes[0], and parents come before children. */
  readonly nodes: readonly TreeRecordNode[];
  /** All visited nodes of the tree, kept or not. */
  readonly total: number;
}

interface Candidate {
  readonly index: number;
  readonly parent: number;
  readonly action: number;
  readonly depth: number;
  readonly visits: number;
}

/**
 * The tree of one root, 0..B−1. Of more than `maxNodes` visited nodes the most visited are kept, of equals the
 * shallower, then the one found first; a node is never kept without its parent.
 * @throws RangeError where there is no such root, it was never visited, or `maxNodes` is not an integer ≥ 1
 */
export function treeRecord(tree: Tree, root: number, { maxNodes }: { readonly maxNodes: number }): TreeRecord {
  if (!Number.isInteger(root) || root < 0 || root >= tree.batch) {
    throw new RangeError(`expected a root of 0..${tree.batch - 1}, got ${root}`);
  }
  if (!Number.isInteger(maxNodes) || maxNodes < 1) throw new RangeError(`expected maxNodes ≥ 1, got ${maxNodes}`);
  const visits = tree.nodeVisits[root * tree.numNodes + ROOT_INDEX];
  if (visits === 0) throw new RangeError(`expected a tree that was searched, got no visit of root ${root}`);

  const kept: Candidate[] = [];
  const frontier: Candidate[] = [{ index: ROOT_INDEX, parent: NO_PARENT, action: NO_PARENT, depth: 0, visits }];
  while (frontier.length > 0 && kept.length < maxNodes) {
    const [next] = frontier.splice(firstOf(frontier), 1);
    frontier.push(...childrenOf(tree, root, next, kept.length));
    kept.push(next);
  }
  const hidden = kept.map(() => 0);
  for (const candidate of frontier) hidden[candidate.parent] += countFrom(tree, root, candidate);
  const nodes = kept.map((candidate, i) => recordNode(tree, root, kept[candidate.parent], candidate, hidden[i]));
  return { nodes, total: hidden.reduce((sum, count) => sum + count, nodes.length) };
}

function firstOf(candidates: readonly Candidate[]): number {
  let best = 0;
  candidates.forEach((candidate, i) => {
    const { visits, depth, index } = candidates[best];
    if ((visits - candidate.visits || candidate.depth - depth || candidate.index - index) < 0) best = i;
  });
  return best;
}

/** The visited children of a node that has, or would have, position `parent` in the record. */
function childrenOf(tree: Tree, root: number, { index, depth }: Candidate, parent: number): Candidate[] {
  const { numNodes, numActions, childrenIndex, nodeVisits } = tree;
  const children: Candidate[] = [];
  for (let action = 0; action < numActions; action++) {
    const child = childrenIndex[(root * numNodes + index) * numActions + action];
    const visits = child === UNVISITED ? 0 : nodeVisits[root * numNodes + child];
    if (visits > 0) children.push({ index: child, parent, action, depth: depth + 1, visits });
  }
  return children;
}

/** Visited nodes at and below one. */
function countFrom(tree: Tree, root: number, from: Candidate): number {
  const found = [from];
  for (let i = 0; i < found.length; i++) found.push(...childrenOf(tree, root, found[i], from.parent));
  return found.length;
}

function recordNode(
  tree: Tree,
  root: number,
  above: Candidate | undefined,
  { index, parent, action, depth, visits }: Candidate,
  hidden: number,
): TreeRecordNode {
  const node = root * tree.numNodes + index;
  const value = tree.nodeValues[node];
  const rawValue = tree.rawValues[node];
  const shared = { index, parent, action, visits, value, rawValue, depth, hidden };
  if (!above) return { ...shared, prior: 1, qvalue: value, reward: 0, discount: 1 };
  const edge = (root * tree.numNodes + above.index) * tree.numActions + action;
  return {
    ...shared,
    prior: tree.childrenPriorProbs[edge],
    qvalue: tree.childrenQvalues[edge],
    reward: tree.childrenRewards[edge],
    discount: tree.childrenDiscounts[edge],
  };
}
