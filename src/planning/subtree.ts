/** Keeping what a search found below the action that was then taken: the child becomes the root. */
import { mapGroup, rowOf } from '../nd-array.ts';
import { NO_PARENT, ROOT_INDEX, UNVISITED, emptyTree, type Tree } from './tree.ts';

/**
 * The trees below `actions` [B], closed up, for `SearchInput.tree`. A tree begins afresh where the action is −1 (a new
 * episode, say) or was never visited.
 */
export function subtree(tree: Tree, actions: Int32Array): Tree {
  const { batch, numNodes, numActions, embeddings } = tree;
  if (actions.length !== batch) throw new Error(`expected ${batch} actions, got ${actions.length}`);
  const places = new Int32Array(batch * numNodes).fill(UNVISITED);
  let most = 1;
  for (let root = 0; root < batch; root++) {
    const action = actions[root];
    const child = action < 0 ? UNVISITED : tree.childrenIndex[root * numNodes * numActions + action];
    if (child !== UNVISITED) most = Math.max(most, placeBelow(tree, root, child, places));
  }
  const roots = mapGroup(embeddings, (array) => rowOf(array, ROOT_INDEX));
  const kept = emptyTree({ batch, numActions, numNodes: most, firstFree: most }, roots);
  moveNodes(tree, kept, places);
  return kept;
}

/** All nodes of `from` at the same indices of `to`, which is larger. */
export function copyNodes(from: Tree, to: Tree): void {
  const { batch, numNodes } = from;
  const place = (_: unknown, i: number) => (from.nodeVisits[i] > 0 ? i % numNodes : UNVISITED);
  const places = Int32Array.from({ length: batch * numNodes }, place);
  moveNodes(from, to, places);
}

/** Number the nodes at and below `child` in their old order, in which parents come before children; gives how many. */
function placeBelow({ parents, numNodes }: Tree, root: number, child: number, places: Int32Array): number {
  const base = root * numNodes;
  let count = 0;
  places[base + child] = count++;
  for (let node = child + 1; node < numNodes; node++) {
    const parent = parents[base + node];
    if (parent !== NO_PARENT && places[base + parent] !== UNVISITED) places[base + node] = count++;
  }
  return count;
}

const NODE_STATISTICS = ['nodeVisits', 'rawValues', 'nodeValues', 'actionFromParent'] as const;
const EDGE_STATISTICS = [
  ...['childrenPriorProbs', 'childrenVisits'],
  ...['childrenRewards', 'childrenDiscounts', 'childrenQvalues'],
] as const satisfies readonly (keyof Tree)[];

/** Copy each node of `from` to its place [B, N] in `to`; those whose place is UNVISITED stay behind. */
function moveNodes(from: Tree, to: Tree, places: Int32Array): void {
  const { batch, numNodes, numActions } = from;
  for (let root = 0; root < batch; root++) {
    const place = (node: number): number => (node < 0 ? node : places[root * numNodes + node]);
    for (let node = 0; node < numNodes; node++) {
      if (place(node) === UNVISITED) continue;
      const source = root * numNodes + node;
      const target = root * to.numNodes + place(node);
      for (const name of NODE_STATISTICS) to[name][target] = from[name][source];
      for (let action = 0; action < numActions; action++) {
        const edge = source * numActions + action;
        for (const name of EDGE_STATISTICS) to[name][target * numActions + action] = from[name][edge];
        to.childrenIndex[target * numActions + action] = place(from.childrenIndex[edge]);
      }
      to.parents[target] = place(from.parents[source]);
      moveEmbeddings(from, to, { root, node, place: place(node) });
    }
    to.actionFromParent[root * to.numNodes + ROOT_INDEX] = NO_PARENT;
  }
}

interface Move {
  readonly root: number;
  readonly node: number;
  readonly place: number;
}

function moveEmbeddings(from: Tree, to: Tree, { root, node, place }: Move): void {
  for (const [leaf, nodes] of Object.entries(from.embeddings)) {
    rowOf(rowOf(to.embeddings[leaf], place), root).data.set(rowOf(rowOf(nodes, node), root).data);
  }
}
