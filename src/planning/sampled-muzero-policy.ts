/**
 * Sampled MuZero (Hubert et al. 2021): search over K actions that are sampled at every node, so that actions may be
 * continuous. To search itself they are K numbered actions; which they are is part of the embedding.
 */
import { gatherRows, reshaped } from '../nd-array.ts';
import type { NdArray, Rng } from '../types.ts';
import { muzeroPolicy } from './muzero-policy.ts';
import type { Embedding, Recurrent, RecurrentOutput, RootOutput } from './search-model.ts';
import type { PolicyOutput, SearchInput } from './types.ts';

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
  { root, recurrent, ...input }: SampledInput,
  policy: (input: SearchInput) => Promise<PolicyOutput> = muzeroPolicy,
): Promise<SampledPolicyOutput> {
  const output = await policy({ ...input, root: remember(root), recurrent: overSampledActions(recurrent) });
  return { ...output, action: pick(root.sampledActions, output.action), sampledActions: root.sampledActions };
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
