/**
 * Batched Monte-Carlo tree search: B trees grow side by side, and every simulation asks the model once for all of them.
 * What it means to select is left to the two functions it is given. After mctx (Babuschkin et al. 2020).
 */
import { sizeOf } from '../nd-array.ts';
import type { NdArray, Rng } from '../types.ts';
import type { ActionSelection } from './action-selection.ts';
import type { Recurrent, RecurrentOutput } from './search-model.ts';
import { ROOT_INDEX, UNVISITED, writeNode, type Tree } from './tree.ts';

export interface SearchSettings {
  readonly recurrent: Recurrent;
  readonly numSimulations: number;
  readonly selectRootAction: ActionSelection;
  readonly selectInteriorAction: ActionSelection;
  readonly rng: Rng;
  readonly maxDepth?: number;
  readonly expandTerminal?: boolean;
}

/**
 * Grow the trees by `numSimulations` simulations, in place. Node i + 1 of a tree is what simulation i found there; it
 * stays empty where the simulation ended at a node that was known: at the depth limit, or at the end of an
 * episode (a discount of 0), beyond which nothing adds to any value.
 */
export async function search(tree: Tree, settings: SearchSettings): Promise<void> {
  const { recurrent, numSimulations, rng } = settings;
  const { batch, numNodes, numActions, childrenIndex } = tree;
  const walk = createWalk(tree, settings);
  const leaves = createLeaves(tree);
  const parents = new Int32Array(batch);
  const actions = new Int32Array(batch);
  const childOf = (root: number) => childrenIndex[(root * numNodes + parents[root]) * numActions + actions[root]];

  for (let simulation = 0; simulation < numSimulations; simulation++) {
    let grows = false;
    for (let root = 0; root < batch; root++) {
      parents[root] = walk(root, actions);
      if (childOf(root) === UNVISITED) grows = true;
    }
    const output = grows ? await recurrent(leaves.gather(parents), actions, rng) : undefined;
    const newNode = simulation + 1;
    if (output) {
      checkOutput(output, tree);
      leaves.store(output, newNode);
    }
    for (let root = 0; root < batch; root++) {
      const known = childOf(root);
      if (output && known === UNVISITED) {
        expand(tree, root, parents[root], actions[root], newNode, output);
        backward(tree, root, newNode);
      } else {
        tree.nodeVisits[root * numNodes + known]++;
        backward(tree, root, known);
      }
    }
  }
}

/** Down from the root until an action leads nowhere yet, or must not be followed: gives the node, writes the action. */
function createWalk(
  tree: Tree,
  { selectRootAction, selectInteriorAction, maxDepth = Infinity, expandTerminal = false }: SearchSettings,
): (root: number, actions: Int32Array) => number {
  const { numNodes, numActions, childrenIndex, childrenDiscounts } = tree;
  return (root, actions) => {
    let node = ROOT_INDEX;
    let action = selectRootAction(tree, root, ROOT_INDEX, 0);
    for (let depth = 1; depth < maxDepth; depth++) {
      const edge = (root * numNodes + node) * numActions + action;
      const child = childrenIndex[edge];
      if (child === UNVISITED || (childrenDiscounts[edge] === 0 && !expandTerminal)) break;
      node = child;
      action = selectInteriorAction(tree, root, node, depth);
    }
    actions[root] = action;
    return node;
  };
}

/** The way of embeddings: from the parents' nodes into one batch, and from the model's answer into the new nodes. */
function createLeaves({ batch, embeddings }: Tree) {
  const leaves = Object.entries(embeddings).map(([leaf, { data, shape, dtype }]) => {
    const size = sizeOf(shape.slice(2));
    const rows: NdArray = { data: data.slice(0, batch * size), shape: shape.slice(1), dtype };
    return { leaf, data, size, rows };
  });
  const gathered = Object.fromEntries(leaves.map(({ leaf, rows }) => [leaf, rows]));
  return {
    gather(nodes: Int32Array) {
      for (const { data, size, rows } of leaves) {
        for (let root = 0; root < batch; root++) {
          const from = (nodes[root] * batch + root) * size;
          rows.data.set(data.subarray(from, from + size), root * size);
        }
      }
      return gathered;
    },
    store({ embedding }: RecurrentOutput, node: number) {
      for (const { leaf, data, size } of leaves) {
        const came = embedding[leaf]?.data;
        if (came?.length !== batch * size) {
          throw new Error(`embedding leaf '${leaf}': expected ${batch * size} numbers, got ${came?.length}`);
        }
        data.set(came, node * batch * size);
      }
    },
  };
}

function checkOutput(output: RecurrentOutput, { batch, numActions }: Tree): void {
  for (const name of ['reward', 'discount', 'value', 'priorLogits'] as const) {
    const expected = name === 'priorLogits' ? batch * numActions : batch;
    if (output[name].length !== expected) {
      throw new Error(`${name}: expected ${expected} numbers, got ${output[name].length}`);
    }
  }
}

function expand(tree: Tree, root: number, parent: number, action: number, node: number, output: RecurrentOutput): void {
  const base = root * tree.numNodes;
  const edge = (base + parent) * tree.numActions + action;
  tree.childrenIndex[edge] = node;
  tree.childrenRewards[edge] = output.reward[root];
  tree.childrenDiscounts[edge] = output.discount[root];
  tree.parents[base + node] = parent;
  tree.actionFromParent[base + node] = action;
  writeNode(tree, root, node, output);
}

/** Carry a leaf's value up to the root: every node on the way becomes the mean of one more return. */
function backward(tree: Tree, root: number, leaf: number): void {
  const { numActions, nodeValues, nodeVisits, childrenVisits, childrenRewards, childrenDiscounts } = tree;
  const base = root * tree.numNodes;
  let node = leaf;
  let value = nodeValues[base + leaf];
  while (node !== ROOT_INDEX) {
    const parent = tree.parents[base + node];
    const edge = (base + parent) * numActions + tree.actionFromParent[base + node];
    const visits = nodeVisits[base + parent];
    value = childrenRewards[edge] + childrenDiscounts[edge] * value;
    childrenVisits[edge]++;
    tree.childrenQvalues[edge] = childrenRewards[edge] + childrenDiscounts[edge] * nodeValues[base + node];
    nodeValues[base + parent] = (nodeValues[base + parent] * visits + value) / (visits + 1);
    nodeVisits[base + parent] = visits + 1;
    node = parent;
  }
}
