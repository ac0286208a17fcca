/** The trees that a search begins with: bare roots, or what was kept of an earlier search under fresh roots. */
import { copyNodes } from './subtree.ts';
import { ROOT_INDEX, UNVISITED, emptyTree, writeNode, writePriors, type Tree } from './tree.ts';
import type { RootOutput, SearchInput } from './types.ts';

type PlantInput = Pick<SearchInput, 'root' | 'numSimulations' | 'invalidActions' | 'tree' | 'maxDepth'>;

/**
 * Trees with room for `numSimulations` more nodes. Invalid actions get a prior of 0. Where `tree` holds an earlier
 * search, its nodes stay, but the root's own priors, value and embedding are those of `root`, which saw the world.
 * @throws Error where sizes do not fit together, or a root has no valid action
 */
export function plantTree({ root, numSimulations, invalidActions, tree: kept, maxDepth }: PlantInput): Tree {
  if (!Number.isInteger(numSimulations) || numSimulations < 1) {
    throw new Error(`expected numSimulations ≥ 1, got ${numSimulations}`);
  }
  if (maxDepth !== undefined && !(maxDepth >= 1)) throw new Error(`expected maxDepth ≥ 1, got ${maxDepth}`);
  const batch = root.value.length;
  const numActions = root.priorLogits.length / batch;
  checkShapes(root, { batch, numActions, invalidActions, kept });

  const firstFree = kept?.numNodes ?? 1;
  const tree = emptyTree({ batch, numActions, firstFree, numNodes: firstFree + numSimulations }, root.embedding);
  if (kept) copyNodes(kept, tree);
  root.priorLogits.forEach((logit, i) => {
    const isInvalid = logit === -Infinity || (invalidActions !== undefined && invalidActions[i] !== 0);
    tree.rootInvalidActions[i] = Number(isInvalid);
  });
  for (let lane = 0; lane < batch; lane++) {
    if (!tree.rootInvalidActions.subarray(lane * numActions, (lane + 1) * numActions).includes(0)) {
      throw new Error(`expected a valid action at every root, got none at root ${lane}`);
    }
    if (tree.nodeVisits[lane * tree.numNodes + ROOT_INDEX] === 0) writeNode(tree, lane, ROOT_INDEX, root);
    else renewRoot(tree, lane, root);
  }
  for (const [leaf, { data }] of Object.entries(tree.embeddings)) data.set(root.embedding[leaf].data);
  setRootPriors(tree, root.priorLogits);
  return tree;
}

/** Write the roots' priors, [B, A] logits; invalid actions get none. */
export function setRootPriors(tree: Tree, priorLogits: Float32Array): void {
  const logits = priorLogits.map((logit, i) => (tree.rootInvalidActions[i] !== 0 ? -Infinity : logit));
  for (let root = 0; root < tree.batch; root++) writePriors(tree, root, root * tree.numNodes + ROOT_INDEX, logits);
}

/** A kept root with another value of its own, and without what it knew of actions that are invalid now. */
function renewRoot(tree: Tree, root: number, { value }: RootOutput): void {
  const { numActions, childrenVisits } = tree;
  const node = root * tree.numNodes + ROOT_INDEX;
  let ended = tree.nodeVisits[node]; // visits that went no further, and brought the node's own value
  for (let action = 0; action < numActions; action++) ended -= childrenVisits[node * numActions + action];
  let visits = ended;
  let sum = ended * value[root];
  for (let action = 0; action < numActions; action++) {
    const edge = node * numActions + action;
    if (tree.rootInvalidActions[root * numActions + action] !== 0) {
      tree.childrenIndex[edge] = UNVISITED;
      childrenVisits[edge] = 0;
      tree.childrenQvalues[edge] = 0;
    }
    visits += childrenVisits[edge];
    sum += childrenVisits[edge] * tree.childrenQvalues[edge];
  }
  tree.rawValues[node] = value[root];
  tree.nodeValues[node] = sum / visits;
  tree.nodeVisits[node] = visits;
}

interface Expected {
  readonly batch: number;
  readonly numActions: number;
  readonly invalidActions?: Uint8Array;
  readonly kept?: Tree;
}

function checkShapes(
  { priorLogits, embedding }: RootOutput,
  { batch, numActions, invalidActions, kept }: Expected,
): void {
  if (!(batch >= 1 && numActions >= 1 && Number.isInteger(numActions))) {
    throw new Error(`expected priorLogits [B, A] and value [B], got ${priorLogits.length} and ${batch} numbers`);
  }
  for (const [leaf, { shape }] of Object.entries(embedding)) {
    if (shape[0] !== batch) throw new Error(`embedding leaf '${leaf}': expected [${batch}, …], got [${shape}]`);
  }
  if (kept && (kept.batch !== batch || kept.numActions !== numActions)) {
    const got = `${kept.batch} trees with ${kept.numActions} actions`;
    throw new Error(`expected to go on with ${batch} trees with ${numActions} actions, got ${got}`);
  }
  if (invalidActions && invalidActions.length !== batch * numActions) {
    throw new Error(`expected invalidActions [${batch}, ${numActions}], got ${invalidActions.length} numbers`);
  }
}
