/**
 * Sampled MuZero (Hubert et al. 2021): search over K actions that are sampled at every node, so that actions may be
 * continuous. To search itself they are K numbered actions; which they are is part of the embedding.
 */
import type { NdArray, Rng } from '../types.ts';
import { muzeroPolicy } from './muzero-policy.ts';
import { ROOT_INDEX, rootRows, type Tree } from './tree.ts';
import type { Embedding, PolicyOutput, Recurrent, RecurrentOutput, RootOutput, SearchInput } from './types.ts';

/** What a model says of B states and K sampled actions each. */
export interface SampledActions {
  /** float32 [B, K, D] */
  readonly sampledActions: NdArray;
  /** [B, K]: log π − log β up to a constant, β being what the actions were sampled from; zeros where β = π. */
  readonly priorLogits: Float32Array;
}

export type SampledRootOutput = RootOutput & SampledActions;
export type SampledRecurrentOutput = RecurrentOutput & SampledActions;

/** As `Recurrent`, with the actions themselves: float32 [B, D]. */
export type SampledRecurrent = (embedding: Embedding, actions: NdArray, rng: Rng) => Promise<SampledRecurrentOutput>;

export interface SampledInput extends Omit<SearchInput, 'root' | 'recurrent' | 'invalidActions'> {
  readonly root: SampledRootOutput;
  readonly recurrent: SampledRecurrent;
}

export interface SampledPolicyOutput extends Omit<PolicyOutput, 'action'> {
  /** float32 [B, D] */
  readonly action: NdArray;
  /** float32 [B, K, D]: what the K columns of `actionWeights` stand for. */
  readonly sampledActions: NdArray;
}

/** The leaf of the embedding that remembers a node's actions. */
const LEAF = 'sampledActions';

/** Any search policy, over sampled actions; MuZero's by default. */
export async function sampledMuzeroPolicy(
  { root: fresh, recurrent, ...input }: SampledInput,
  policy: (input: SearchInput) => Promise<PolicyOutput> = muzeroPolicy,
): Promise<SampledPolicyOutput> {
  const root = input.tree ? withKeptActions(fresh, input.tree) : fresh;
  const output = await policy({ ...input, root: remember(root), recurrent: overSampledActions(recurrent) });
  return { ...output, action: pick(root.sampledActions, output.action), sampledActions: root.sampledActions };
}

/** Where a tree was kept, its root keeps the actions whose children it has, and their priors. */
function withKeptActions(root: SampledRootOutput, tree: Tree): SampledRootOutput {
  const { shape, dtype } = root.sampledActions;
  const [, numActions, size] = shape;
  const data = root.sampledActions.data.slice();
  const priorLogits = root.priorLogits.slice();
  const keptProbs = rootRows(tree, tree.childrenPriorProbs);
  for (let lane = 0; lane < tree.batch; lane++) {
    if (tree.nodeVisits[lane * tree.numNodes + ROOT_INDEX] === 0) continue;
    const [first, end] = [lane * numActions, (lane + 1) * numActions];
    data.set(tree.embeddings[LEAF].data.subarray(first * size, end * size), first * size);
    priorLogits.set(keptProbs.subarray(first, end).map(Math.log), first);
  }
  return { ...root, priorLogits, sampledActions: { data, shape, dtype } };
}

function overSampledActions(recurrent: SampledRecurrent): Recurrent {
  return async ({ [LEAF]: sampled, ...embedding }, actions, rng) =>
    remember(await recurrent(embedding, pick(sampled, actions), rng));
}

function remember<Output extends RootOutput & SampledActions>(output: Output): Output {
  return { ...output, embedding: { ...output.embedding, [LEAF]: output.sampledActions } };
}

/** Row `indices[b]` of each [K, D]. */
function pick({ data, shape: [batch, samples, size] }: NdArray, indices: Int32Array): NdArray {
  const actions = new Float32Array(batch * size);
  for (let root = 0; root < batch; root++) {
    const from = (root * samples + indices[root]) * size;
    actions.set(data.subarray(from, from + size), root * size);
  }
  return { data: actions, shape: [batch, size], dtype: 'float32' };
}
