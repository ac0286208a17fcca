/**
 * Tree search over an agent's latents: `recurrent` is one compiled step of the model's imagination with the behaviour's
 * heads, for all roots at once. Whatever latents the model has, the search only carries them.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { Config } from '../config/index.ts';
import { compile, type CompileOptions, type ProgramFunction } from '../engine/compile.ts';
import { mapGroup } from '../nd-array.ts';
import { openProgram, traceProgram } from '../engine/traced-program.ts';
import { resolveEngine } from '../engine/resolve-engine.ts';
import type { ActionSpace, Agent, Group, Groups, Latent, NdArray, Noise, ParamArrays, Params, TensorSpec } from '../types.ts';
import { searchWith, type LatentSearch, type SearchKind } from './program-search.ts';
import { divide, shareSearch } from './shared-search.ts';

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

/**
 * Compile a search. Its roots come from programs of the caller, by `rootGroup`. Where parameters are baked in, threads
 * share the roots if there are enough of them; each thread's part has a stream of random numbers of its own.
 */
export async function createLatentSearch(options: LatentSearchOptions): Promise<LatentSearch> {
  const { agent, actions, roots, search, explore, kind, baked, threads = 1 } = options;
  if (!fits(kind, actions)) throw new Error(`${kind} search does not go with ${actions.kind} actions`);
  const { model, behavior } = agent;
  const samples = samplesOf(actions, search);
  const actionSize = actions.kind === 'discrete' ? actions.n : actions.low.length;
  const float = (shape: readonly number[]): TensorSpec => ({ shape, dtype: 'float32' });
  const params = mapGroup({ ...model.parameters, ...behavior.parameters }, ({ shape }) => float(shape));
  const engine = options.engine ?? (await resolveEngine());

  const step: ProgramFunction = ({ params: weights, latent, input }, noise) => {
    const next = model.imagine(weights, latent, input.action, search.prior === 'sample' ? noise : undefined);
    const { reward, discount } = model.outcome(weights, next);
    const goesOn = discount.predict();
    const clear = tf.cast(tf.greater(goesOn, SURE_END), 'float32');
    const weight = tf.mul(goesOn, agent.takesTurns ? tf.neg(clear) : clear);
    return {
      latent: next,
      output: { ...rootGroup(agent, weights, next, noise, samples), reward: reward.predict(), discount: weight },
    };
  };
  const inputsFor = (rows: number): Groups<TensorSpec> => ({
    ...(baked ? {} : { params }), latent: mapGroup(model.latentShapes, (shape) => float([rows, ...shape])),
    input: { action: float([rows, actionSize]) },
  });
  const constants: Groups<NdArray> = baked ? { params: baked } : {};
  const plan = { kind, search, roots, actionSize, explore };
  // A GPU would be shared by the threads as well.
  if (baked && engine.name === 'onnx' && engine.provider === 'cpu') {
    const division = divide(plan, threads, (rows) => traceProgram('recurrent', step, inputsFor(rows), { engine, constants }));
    return division.parts === 1 ? searchWith(await openProgram(division.program, { lent: true }), plan) : shareSearch(division, plan);
  }
  return searchWith(await compile('recurrent', step, inputsFor(roots), { engine, threads: baked ? 1 : threads, constants }), plan);
}
