/**
 * Tree search over an agent's latents: `recurrent` is one compiled step of the model's imagination with the behaviour's
 * heads, for all roots at once. Whatever latents the model has, the search only carries them.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { Config } from '../config/index.ts';
import { compile, type CompileOptions } from '../engine/compile.ts';
import { float32, mapGroup } from '../engine/nd-array.ts';
import type { ActionSpace, Agent, Group, Latent, NdArray, Noise, ParamArrays, Params, Rng, TensorSpec } from '../types.ts';
import { gumbelMuzeroPolicy } from './gumbel-muzero-policy.ts';
import { muzeroPolicy } from './muzero-policy.ts';
import { sampledMuzeroPolicy } from './sampled-muzero-policy.ts';
import { summarize, type Tree } from './tree.ts';
import type { PolicyOutput, RecurrentOutput, SearchInput } from './types.ts';

/** Which search: PUCT, Gumbel, or Gumbel over sampled actions. */
export type SearchKind = 'puct' | 'gumbel' | 'sampled';

export interface LatentSearchOptions extends Pick<CompileOptions, 'engine' | 'threads'> {
  readonly agent: Agent;
  readonly actions: ActionSpace;
  readonly kind: SearchKind;
  readonly search: Config['search'];
  /** Roots searched at once. */
  readonly roots: number;
  /** Search as in learning, with all its randomness, or for the best that there is. */
  readonly explore: boolean;
  /** Parameters that never change: baked into the program, which is faster; `run` ignores its own. */
  readonly baked?: ParamArrays;
}

/** What a program says of B latents, as search wants it: `rootGroup` makes it. */
export interface Roots {
  readonly latent: Group<NdArray>;
  readonly root: Group<NdArray>;
}

export interface SearchResult {
  /** float32 [B, A], one-hot or in [−1, 1]. */
  readonly action: NdArray;
  /** What a behaviour learns from it: `searchPolicy`, `searchValue` and, where actions were sampled, `searchActions`. */
  readonly targets: Group<NdArray>;
  readonly tree: Tree;
}

/** One search at a time: its memory is used again. */
export interface LatentSearch {
  /** `illegal` [B, A] is not 0 where an action may not be taken at the root. */
  run(params: ParamArrays, roots: Roots, rng: Rng, illegal?: Uint8Array): Promise<SearchResult>;
  dispose(): Promise<void>;
}

/** Where the model gives going on no more chance than this, the episode has ended: nothing is searched beyond. */
const SURE_END = 0.05;

/** The searches that can be made in a world with these actions. */
export const fits = (kind: SearchKind, actions: ActionSpace): boolean =>
  (kind === 'sampled') === (actions.kind === 'continuous');

/**
 * Inside a program: priors, values and, where actions are continuous, `samples` sampled actions of every latent. The
 * first of them is the policy's mode.
 */
export function rootGroup(
  { model, behavior }: Agent,
  params: Params,
  latent: Latent,
  noise: Noise,
  samples: number | undefined,
): Group<Tensor> {
  const { policy, value } = behavior.predict(params, model.features(latent));
  if (samples === undefined) {
    if (!policy.logProbs) throw new Error('expected a policy over discrete actions');
    return { priorLogits: policy.logProbs, value: value.predict() };
  }
  const drawn = Array.from({ length: samples }, (_, i) => (i === 0 ? policy.predict() : policy.sample(noise)));
  const sampledActions = tf.clipByValue(tf.stack(drawn, 1), -1, 1);
  const [batch]: number[] = sampledActions.shape;
  return { priorLogits: tf.zeros([batch, samples]), value: value.predict(), sampledActions };
}

/** Samples of every node, or undefined where all actions are searched. */
export const samplesOf = (actions: ActionSpace, { samples }: Config['search']): number | undefined =>
  actions.kind === 'continuous' ? samples : undefined;

/** Compile a search. Its roots come from programs of the caller, by `rootGroup`. */
export async function createLatentSearch(options: LatentSearchOptions): Promise<LatentSearch> {
  const { agent, actions, roots, search, explore, kind, baked } = options;
  if (!fits(kind, actions)) throw new Error(`${kind} search does not go with ${actions.kind} actions`);
  const { model, behavior } = agent;
  const samples = samplesOf(actions, search);
  const actionSize = actions.kind === 'discrete' ? actions.n : actions.low.length;
  const float = (shape: readonly number[]): TensorSpec => ({ shape, dtype: 'float32' });
  const params = mapGroup({ ...model.parameters, ...behavior.parameters }, ({ shape }) => float(shape));

  const program = await compile('recurrent', ({ params: weights, latent, input }, noise) => {
    const next = model.imagine(weights, latent, input.action, search.prior === 'sample' ? noise : undefined);
    const { reward, discount } = model.outcome(weights, next);
    const goesOn = discount.predict();
    const clear = tf.cast(tf.greater(goesOn, SURE_END), 'float32');
    return {
      latent: next,
      output: { ...rootGroup(agent, weights, next, noise, samples), reward: reward.predict(), discount: tf.mul(goesOn, clear) },
    };
  }, {
    ...(baked ? {} : { params }), latent: mapGroup(model.latentShapes, (shape) => float([roots, ...shape])),
    input: { action: float([roots, actionSize]) },
  }, { ...options, ...(baked ? { constants: { params: baked } } : {}) });

  async function step(weights: ParamArrays, latent: Group<NdArray>, action: NdArray, rng: Rng) {
    const outputs = await program.run({ ...(baked ? {} : { params: weights }), latent, input: { action } }, rng);
    return { ...numbersOf(outputs.output), embedding: outputs.latent, sampledActions: outputs.output.sampledActions };
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
    async run(weights, { latent, root }, rng, illegal) {
      const common = {
        numSimulations: search.simulations, rng,
        ...(search.depth > 0 ? { maxDepth: search.depth } : {}),
      };
      const start = { ...numbersOf(root), embedding: latent };
      if (samples !== undefined) {
        const output = await sampledMuzeroPolicy({
          ...common,
          root: { ...start, sampledActions: root.sampledActions },
          recurrent: (embedding, action, stepRng) => step(weights, embedding, action, stepRng),
        }, policy);
        return { action: output.action, tree: output.searchTree, targets: targetsOf(output, output.sampledActions) };
      }
      const output = await policy({
        ...common,
        root: start,
        recurrent: (embedding, chosen, stepRng) => step(weights, embedding, encode(chosen, oneHot), stepRng),
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
  chosen.forEach((action, row) => (into.data[row * size + action] = 1));
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

type Numbers = Omit<RecurrentOutput, 'embedding'>;

/** The numbers that a program said, as search reads them. */
function numbersOf(group: Group<NdArray>): Numbers {
  const of = (name: keyof Numbers) => {
    const data = group[name]?.data ?? new Float32Array(0); // a root has neither reward nor discount
    if (!(data instanceof Float32Array)) throw new Error(`expected float32 ${name}`);
    return data;
  };
  return { priorLogits: of('priorLogits'), value: of('value'), reward: of('reward'), discount: of('discount') };
}
