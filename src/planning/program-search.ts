/**
 * Tree search with a compiled model: its program takes latents and actions, and says what `Recurrent` asks for. Whatever
 * the latents are, the search only carries them.
 */
import type { Config } from '../config/index.ts';
import type { Program } from '../engine/compile.ts';
import { float32 } from '../nd-array.ts';
import type { Group, NdArray, ParamArrays, Rng } from '../types.ts';
import { gumbelMuzeroPolicy } from './gumbel-muzero-policy.ts';
import { muzeroPolicy } from './muzero-policy.ts';
import { sampledMuzeroPolicy } from './sampled-muzero-policy.ts';
import { summarize, type Tree } from './tree.ts';
import type { PolicyOutput, SearchInput } from './types.ts';

/** Which search: PUCT, Gumbel, or Gumbel over sampled actions. */
export type SearchKind = 'puct' | 'gumbel' | 'sampled';

/** How to search. Plain data. */
export interface SearchPlan {
  readonly kind: SearchKind;
  readonly search: Config['search'];
  /** Roots searched at once. */
  readonly roots: number;
  /** Length of an encoded action. */
  readonly actionSize: number;
  /** Search as in learning, with all its randomness, or for the best that there is. */
  readonly explore: boolean;
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
  /** What a behaviour learns from it: `searchPolicy`, `searchValue` and, where actions were sampled, `searchActions`. */
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
export function searchWith(program: Program, { kind, search, roots, actionSize, explore }: SearchPlan): LatentSearch {
  const takesParams = 'params' in program.inputs;

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
  const policy = (input: SearchInput): Promise<PolicyOutput> =>
    kind === 'puct'
      ? muzeroPolicy(input, explore
        ? { dirichletFraction: search.dirichletFraction, dirichletAlpha: search.dirichletAlpha, temperature: search.temperature }
        : { dirichletFraction: 0, temperature: 0 })
      : gumbelMuzeroPolicy(input, {
        maxNumConsideredActions: search.considered, gumbelScale: explore ? search.gumbelScale : 0,
      });

  return {
    async run(params, { latent, root }, rng, illegal) {
      const common = {
        numSimulations: search.simulations, rng,
        ...(search.depth > 0 ? { maxDepth: search.depth } : {}),
      };
      const start = { priorLogits: numbers(root, 'priorLogits'), value: numbers(root, 'value'), embedding: latent };
      if (kind === 'sampled') {
        const output = await sampledMuzeroPolicy({
          ...common,
          root: { ...start, sampledActions: root.sampledActions },
          recurrent: (embedding, action, stepRng) => step(params, embedding, action, stepRng),
        }, policy);
        return { action: output.action, tree: output.searchTree, targets: targetsOf(output, output.sampledActions) };
      }
      const output = await policy({
        ...common,
        root: start,
        recurrent: (embedding, chosen, stepRng) => step(params, embedding, encode(chosen, oneHot), stepRng),
        ...(illegal ? { invalidActions: illegal } : {}),
      });
      const action = encode(output.action, float32(new Float32Array(roots * actionSize), [roots, actionSize]));
      return { action, tree: output.searchTree, targets: targetsOf(output) };
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

function targetsOf({ actionWeights, searchTree }: Pick<PolicyOutput, 'actionWeights' | 'searchTree'>, sampled?: NdArray): Group<NdArray> {
  const { batch, numActions } = searchTree;
  return {
    searchPolicy: float32(actionWeights, [batch, numActions]),
    searchValue: float32(summarize(searchTree).value, [batch]),
    ...(sampled ? { searchActions: sampled } : {}),
  };
}

function numbers(group: Group<NdArray>, name: string): Float32Array {
  const data = group[name]?.data;
  if (data instanceof Float32Array) return data;
  throw new Error(`expected float32 ${name}`);
}
