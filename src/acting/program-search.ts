/**
 * Tree search with a compiled model: its program takes latents and actions, and says what `Recurrent` asks for. Whatever
 * the latents are, the search only carries them.
 */
import type { Options, OptionsOf } from '../config/index.ts';
import type { Program } from '../engine/program.ts';
import { float32 } from '../nd-array.ts';
import { sampledMuzeroPolicy } from '../planning/sampled-muzero-policy.ts';
import { summarize, type Tree } from '../planning/tree.ts';
import type { PolicyOutput } from '../planning/types.ts';
import type { Group, NdArray, ParamArrays, Rng } from '../types.ts';
import type { TreeSearch } from './policy-variant.ts';
import { searchSettings } from './search-options.ts';

/** How to search. Plain data. */
export interface SearchPlan {
  /** The file of the policy that searches. */
  readonly file: string;
  /** Those of that policy. */
  readonly options: OptionsOf<Options>;
  /** Roots searched at once. */
  readonly roots: number;
  /** Length of an encoded action. */
  readonly actionSize: number;
  /** Search as in learning, with all its randomness, or for the best that there is. */
  readonly explore: boolean;
  /** As `valueUnit`; 1 where it is absent. */
  readonly unit?: number;
}

/** What a program says of B latents, as search wants it. */
export interface Roots {
  readonly latent: Group<NdArray>;
  /** `priorLogits`, `value` and, where actions are sampled, `sampledActions`. */
  readonly root: Group<NdArray>;
}

export interface SearchResult {
  /** float32 [B, A], one-hot or in [−1, 1]. */
  readonly action: NdArray;
  /** What an agent learns from it: `searchPolicy`, `searchValue` and, where actions were sampled, `searchActions`. */
  readonly targets: Group<NdArray>;
  /** Absent where threads share the search. */
  readonly tree?: Tree;
}

/** One search at a time: its memory is used again. */
export interface LatentSearch {
  /** `illegal` [B, A] is not 0 where an action may not be taken at the root. */
  run(params: ParamArrays, roots: Roots, rng: Rng, illegal?: Uint8Array): Promise<SearchResult>;
  dispose(): Promise<void>;
}

/**
 * Search with `program`: `latent` and `input.action` (and `params`, unless they are baked in) to the next `latent` and
 * `output`, which is that of `Roots` with `reward` and `discount`. Disposes of the program in the end.
 */
export function searchWith(program: Program, search: TreeSearch, { options, roots, actionSize, explore, unit = 1 }: SearchPlan): LatentSearch {
  const takesParams = 'params' in program.inputs;
  const { simulations, depth } = searchSettings(options);

  async function step(params: ParamArrays, latent: Group<NdArray>, action: NdArray, rng: Rng) {
    const input = { action };
    const { output, latent: embedding } = await program.run(takesParams ? { params, latent, input } : { latent, input }, rng);
    return {
      priorLogits: numbers(output, 'priorLogits'), value: numbers(output, 'value'),
      reward: numbers(output, 'reward'), discount: numbers(output, 'discount'),
      embedding, sampledActions: output.sampledActions,
    };
  }

  const oneHot = float32(new Float32Array(roots * actionSize), [roots, actionSize]);
  const bounds = depth > 0 ? { maxDepth: depth } : {};

  return {
    async run(params, { latent, root }, rng, illegal) {
      const common = { numSimulations: simulations, rng, ...bounds };
      const start = { priorLogits: numbers(root, 'priorLogits'), value: numbers(root, 'value'), embedding: latent };
      if (search.actions === 'continuous') {
        const output = await sampledMuzeroPolicy({
          ...common,
          root: { ...start, sampledActions: root.sampledActions },
          recurrent: (embedding, action, stepRng) => step(params, embedding, action, stepRng),
        }, (input) => search.decide(input, options, explore));
        return { action: output.action, tree: output.searchTree, targets: targetsOf(output, unit, output.sampledActions) };
      }
      const output = await search.decide({
        ...common,
        root: start,
        recurrent: (embedding, chosen, stepRng) => step(params, embedding, encode(chosen, oneHot), stepRng),
        ...(illegal ? { invalidActions: illegal } : {}),
      }, options, explore);
      const action = encode(output.action, float32(new Float32Array(roots * actionSize), [roots, actionSize]));
      return { action, tree: output.searchTree, targets: targetsOf(output, unit) };
    },
    dispose: () => program.dispose(),
  };
}

/** One-hot rows, in the memory of `into`. */
function encode(chosen: Int32Array, into: NdArray): NdArray {
  const [, size] = into.shape;
  into.data.fill(0);
  for (let row = 0; row < chosen.length; row++) into.data[row * size + chosen[row]] = 1;
  return into;
}

function targetsOf(
  { actionWeights, searchTree }: Pick<PolicyOutput, 'actionWeights' | 'searchTree'>,
  unit: number,
  sampled?: NdArray,
): Group<NdArray> {
  const { batch, numActions } = searchTree;
  return {
    searchPolicy: float32(actionWeights, [batch, numActions]),
    searchValue: float32(summarize(searchTree).value.map((value) => value / unit), [batch]),
    ...(sampled ? { searchActions: sampled } : {}),
  };
}

function numbers(group: Group<NdArray>, name: string): Float32Array {
  const data = group[name]?.data;
  if (data instanceof Float32Array) return data;
  throw new Error(`expected float32 ${name}`);
}
