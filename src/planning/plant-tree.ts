/** The trees that a search begins with: bare roots. */
import type { RootOutput } from './search-model.ts';
import { ROOT_INDEX, emptyTree, writeNode, writePriors, type Tree } from './tree.ts';
import type { SearchInput } from './types.ts';

type PlantInput = Pick<SearchInput, 'root' | 'numSimulations' | 'invalidActions' | 'maxDepth'>;

/**
 * Trees with room for `numSimulations` nodes below their roots. Invalid actions get a prior of 0.
 * @throws Error where sizes do not fit together, or a root has no valid action
 */
export function plantTree({ root, numSimulations, invalidActions, maxDepth }: PlantInput): Tree {
  if (!Number.isInteger(numSimulations) || numSimulations < 1) {
    throw new Error(`expected numSimulations ≥ 1, got ${numSimulations}`);
  }
  if (maxDepth !== undefined && !(maxDepth >= 1)) throw new Error(`expected maxDepth ≥ 1, got ${maxDepth}`);
  const batch = root.value.length;
  const numActions = root.priorLogits.length / batch;
  checkShapes(root, { batch, numActions, invalidActions });

  const tree = emptyTree({ batch, numActions, numNodes: 1 + numSimulations }, root.embedding);
  root.priorLogits.forEach((logit, i) => {
    const isInvalid = logit === -Infinity || (invalidActions !== undefined && invalidActions[i] !== 0);
    tree.rootInvalidActions[i] = Number(isInvalid);
  });
  for (let lane = 0; lane < batch; lane++) {
    if (!tree.rootInvalidActions.subarray(lane * numActions, (lane + 1) * numActions).includes(0)) {
      throw new Error(`expected a valid action at every root, got none at root ${lane}`);
    }
    writeNode(tree, lane, ROOT_INDEX, root);
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

interface Expected {
  readonly batch: number;
  readonly numActions: number;
  readonly invalidActions?: Uint8Array;
}

function checkShapes(
  { priorLogits, embedding }: RootOutput,
  { batch, numActions, invalidActions }: Expected,
): void {
  if (!(batch >= 1 && numActions >= 1 && Number.isInteger(numActions))) {
    throw new Error(`expected priorLogits [B, A] and value [B], got ${priorLogits.length} and ${batch} numbers`);
  }
  for (const [leaf, { shape }] of Object.entries(embedding)) {
    if (shape[0] !== batch) throw new Error(`embedding leaf '${leaf}': expected [${batch}, …], got [${shape}]`);
  }
  if (invalidActions && invalidActions.length !== batch * numActions) {
    throw new Error(`expected invalidActions [${batch}, ${numActions}], got ${invalidActions.length} numbers`);
  }
}
