/**
 * Sampled MuZero (Hubert et al. 2021): search over K actions that are sampled at every node, so that actions may be
 * continuous. To search itself they are K numbered actions; which they are is part of the embedding.
 */
import { copyRows, gatherRows, reshaped, rowOf } from '../nd-array.ts';
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
  const sampledActions = copyRows(root.sampledActions, 0, tree.batch);
  const keptActions = rowOf(tree.embeddings[LEAF], ROOT_INDEX);
  const priorLogits = root.priorLogits.slice();
  const keptProbs = rootRows(tree, tree.childrenPriorProbs);
  for (let lane = 0; lane < tree.batch; lane++) {
    if (tree.nodeVisits[lane * tree.numNodes + ROOT_INDEX] === 0) continue;
    rowOf(sampledActions, lane).data.set(rowOf(keptActions, lane).data);
    const [first, end] = [lane * tree.numActions, (lane + 1) * tree.numActions];
    priorLogits.set(keptProbs.subarray(first, end).map(Math.log), first);
  }
  return { ...root, priorLogits, sampledActions };
}

function overSampledActions(recurrent: SampledRecurrent): Recurrent {
  return async ({ [LEAF]: sampled, ...embedding }, actions, rng) =>
    remember(await recurrent(embedding, pick(sampled, actions), rng));
}

function remember<Output extends RootOutput & SampledActions>(output: Output): Output {
  return { ...output, embedding: { ...output.embedding, [LEAF]: output.sampledActions } };
}

/** Row `indices[b]` of each [K, D]. */
function pick(sampled: NdArray, indices: Int32Array): NdArray {
  const [batch, samples, size] = sampled.shape;
  return gatherRows(reshaped(sampled, [batch * samples, size]), indices.map((index, root) => root * samples + index));
}
