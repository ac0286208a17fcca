/**
 * Tree search over an agent's latents: `recurrent` is one compiled step of its imagination with its prediction, for all
 * roots at once. Whatever latents it has, the search only carries them.
 */
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { Options, OptionsOf } from '../config/index.ts';
import { compile, type CompileOptions } from '../engine/compile.ts';
import type { ProgramFunction } from '../engine/program.ts';
import { mapGroup } from '../nd-array.ts';
import { openProgram, traceProgram } from '../engine/traced-program.ts';
import { resolveEngine } from '../engine/resolve-engine.ts';
import { nameOf } from '../listing.ts';
import { valueUnit } from '../nn/search-targets.ts';
import type {
  ActionSpace, Agent, Dynamics, Group, Groups, Latent, NdArray, Noise, ParamArrays, Params, TensorSpec,
} from '../types.ts';
import { UserError } from '../user-error.ts';
import type { TreeSearch } from './policy-variant.ts';
import { searchWith, type LatentSearch } from './program-search.ts';
import { searchSettings, type SearchSettings } from './search-options.ts';
import { divide, shareSearch } from './shared-search.ts';

export interface LatentSearchOptions extends Pick<CompileOptions, 'engine' | 'threads'> {
  readonly agent: Agent;
  readonly actions: ActionSpace;
  readonly search: TreeSearch;
  /** Of the policy that searches. */
  readonly options: OptionsOf<Options>;
  /** Roots searched at once. */
  readonly roots: number;
  /** Search as in learning, with all its randomness, or for the best that there is. */
  readonly explore: boolean;
  /** Parameters that never change: baked into the program, which is faster; `run` ignores its own. */
  readonly baked?: ParamArrays;
}

/** Where the model gives going on no more chance than this, the episode has ended: nothing is searched beyond. */
const SURE_END = 0.05;

type Searched = Pick<TreeSearch, 'file' | 'actions'>;

/** The name of the policy that searches. */
export const searchName = ({ file }: Pick<TreeSearch, 'file'>): string => nameOf(fileURLToPath(file));

/** Why it cannot search such actions, or what this agent imagines; undefined where it can. */
export function searchRefusal(search: Searched, { kind }: ActionSpace, agent?: Agent): string | undefined {
  const name = searchName(search);
  if (kind !== search.actions) return `${name} searches ${search.actions} actions, and these are ${kind}`;
  if (agent && !agent.dynamics) return `${name} searches what an agent imagines, and this one has no dynamics`;
  if (agent && !agent.prediction) return `${name} asks what imagined states are worth, and this agent has no prediction`;
  return undefined;
}

/** @throws UserError with the reason, where the agent cannot be searched */
export function requireDynamics(search: Searched, actions: ActionSpace, agent: Agent): Dynamics {
  const { dynamics } = agent;
  const refusal = searchRefusal(search, actions, agent);
  if (refusal !== undefined || !dynamics) throw new UserError(refusal ?? 'expected an agent with dynamics');
  return dynamics;
}

/**
 * Inside a program: priors, values and, where actions are continuous, `samples` sampled actions of every latent. The
 * first of them is the policy's mode.
 * @throws UserError where the agent does not say what a latent is worth
 */
export function rootGroup(
  { representation, prediction }: Agent,
  params: Params,
  latent: Latent,
  noise: Noise,
  samples: number | undefined,
): Group<Tensor> {
  const { policy, value } = prediction?.predict(params, representation.features(latent)) ?? {};
  if (!policy || !value) throw new UserError('a search weighs states by their values, and this agent predicts none');
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
export const samplesOf = (actions: ActionSpace, { samples }: Pick<SearchSettings, 'samples'>): number | undefined =>
  actions.kind === 'continuous' ? samples : undefined;

/**
 * Compile a search. Its roots come from programs of the caller, by `rootGroup`. Where parameters are baked in, threads
 * share the roots if there are enough of them; each thread's part has a stream of random numbers of its own.
 * @throws UserError with the reason, where it does not go with the actions or the agent
 */
export async function createLatentSearch(setting: LatentSearchOptions): Promise<LatentSearch> {
  const { agent, actions, search, options, roots, explore, baked, threads = 1 } = setting;
  const dynamics = requireDynamics(search, actions, agent);
  const settings = searchSettings(options);
  const samples = samplesOf(actions, settings);
  const actionSize = actions.kind === 'discrete' ? actions.n : actions.low.length;
  const float = (shape: readonly number[]): TensorSpec => ({ shape, dtype: 'float32' });
  const params = mapGroup(agent.parameters, ({ shape }) => float(shape));
  const engine = setting.engine ?? (await resolveEngine());

  const step: ProgramFunction = ({ params: weights, latent, input }, noise) => {
    const next = dynamics.imagine(weights, latent, input.action, settings.prior === 'sample' ? noise : undefined);
    const { reward, discount } = dynamics.outcome(weights, next);
    const goesOn = discount.predict();
    const clear = tf.cast(tf.greater(goesOn, SURE_END), 'float32');
    const weight = tf.mul(goesOn, agent.takesTurns ? tf.neg(clear) : clear);
    return {
      latent: next,
      output: { ...rootGroup(agent, weights, next, noise, samples), reward: reward.predict(), discount: weight },
    };
  };
  const inputsFor = (rows: number): Groups<TensorSpec> => ({
    ...(baked ? {} : { params }), latent: mapGroup(dynamics.latentShapes, (shape) => float([rows, ...shape])),
    input: { action: float([rows, actionSize]) },
  });
  const constants: Groups<NdArray> = baked ? { params: baked } : {};
  const plan = { file: search.file, options, roots, actionSize, explore, unit: valueUnit(agent.largest?.value) };
  // A GPU would be shared by the threads as well.
  if (baked && engine.name === 'onnx' && engine.provider === 'cpu') {
    const division = divide(plan, threads, (rows) => traceProgram('recurrent', step, inputsFor(rows), { engine, constants }));
    if (division.parts > 1) return shareSearch(division, search, plan);
    return searchWith(await openProgram(division.program, { lent: true }), search, plan);
  }
  const program = await compile('recurrent', step, inputsFor(roots), { engine, threads: baked ? 1 : threads, constants });
  return searchWith(program, search, plan);
}
