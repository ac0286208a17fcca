/** Programs that say what plans are worth in an agent's imagination, and what its own policy would plan. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { compile, type CompileOptions } from '../engine/compile.ts';
import { valueAndGradients } from '../engine/gradients.ts';
import type { Program } from '../engine/program.ts';
import { mapGroup } from '../nd-array.ts';
import { rollout } from '../nn/rollout.ts';
import { along, cut, flatten, mapLatent, mergeTime, repeated } from '../nn/sequences.ts';
import type { Agent, Dynamics, Groups, Latent, Noise, ParamArrays, Params, TensorSpec } from '../types.ts';
import type { PlanSettings } from './plan-options.ts';

export interface PlanPrograms extends Pick<CompileOptions, 'engine' | 'threads'> {
  readonly agent: Agent;
  readonly dynamics: Dynamics;
  readonly lanes: number;
  readonly horizon: number;
  readonly actionSize: number;
  /** Parameters that never change: baked in. */
  readonly baked?: ParamArrays;
}

/**
 * `{ params, latent: leaves [L, …], plans: { plans: [L, N, H, A] } }` → `{ found: { worth: [L, N] } }`, and beside it
 * `slope` [L, N, H, A] where that is asked for. All plans of a lane meet the same chances, so that none wins by luck.
 */
export function compileWorth(
  setting: PlanPrograms & { readonly count: number; readonly settings: PlanSettings; readonly slopes: boolean },
): Promise<Program> {
  const { lanes, count, horizon, actionSize, settings, slopes } = setting;
  const worthOf = (params: Params, latent: Latent, plans: Tensor, noise: Noise) => {
    const particles = Math.max(1, settings.particles);
    const each = imaginedReturns(setting, params, latent, plans, {
      repeat: count * particles, slopes, ...(settings.particles > 0 ? { noise: shared(noise, lanes, count, particles) } : {}),
    });
    return spread(tf.reshape(each, [lanes, count, particles]), settings.risk);
  };
  return compileHere('worth', setting, { plans: { plans: { shape: [lanes, count, horizon, actionSize], dtype: 'float32' } } },
    ({ params, latent, plans: { plans } }, noise): Groups<Tensor> => {
      if (!slopes) return { found: { worth: worthOf(params, latent, plans, noise) } };
      const { extras, gradients } = valueAndGradients({ plans }, () => {
        const worth = worthOf(params, latent, plans, noise);
        return { total: tf.sum(worth), extras: { found: { worth } } };
      });
      return { found: { worth: extras.found.worth, slope: gradients.plans } };
    });
}

/** `{ params, latent }` → `{ own: { plans: [L, K, H, A] } }`: what the agent's policy does in its imagination. */
export function compileOwn(setting: PlanPrograms & { readonly count: number }): Promise<Program> {
  const { agent: { representation, prediction }, dynamics, lanes, count, horizon, actionSize } = setting;
  if (!prediction) throw new Error('expected an agent with a prediction');
  return compileHere('own-plans', setting, {}, ({ params, latent }, noise) => {
    const act = (at: Latent) => tf.clipByValue(prediction.predict(params, representation.features(at)).policy.sample(noise), -1, 1);
    const { actions } = rollout(dynamics, params, repeated(latent, count), { actions: { horizon: horizon - 1, act }, noise, gradients: 'none' });
    return { own: { plans: tf.reshape(actions, [lanes, count, horizon, actionSize]) } };
  });
}

function compileHere(
  name: string,
  { dynamics, agent, lanes, engine, threads = 1, baked }: PlanPrograms,
  inputs: Parameters<typeof compile>[2],
  fn: Parameters<typeof compile>[1],
): Promise<Program> {
  const float = (shape: readonly number[]): TensorSpec => ({ shape, dtype: 'float32' });
  const params = mapGroup(agent.parameters, ({ shape }) => float(shape));
  return compile(
    name, fn, { ...(baked ? {} : { params }), latent: mapGroup(dynamics.latentShapes, (shape) => float([lanes, ...shape])), ...inputs },
    { threads, ...(engine ? { engine } : {}), ...(baked ? { constants: { params: baked } } : {}) },
  );
}

/** Σ_k W_k r_{k+1} + W_H V(s_H) of every plan and particle, [L·N·P]; W_k is the product of the discounts before. */
function imaginedReturns(
  { agent: { representation, prediction }, dynamics, horizon, settings }: PlanPrograms & { readonly settings: PlanSettings },
  params: Params,
  latent: Latent,
  plans: Tensor,
  { repeat, noise, slopes }: { readonly repeat: number; readonly noise?: Noise; readonly slopes: boolean },
): Tensor {
  const starts = repeated(latent, repeat);
  const [lanes, count] = plans.shape as number[];
  const particles = repeat / count;
  const actions = tf.reshape(along(plans, 2, particles), [lanes * repeat, horizon, -1]);
  const { latents } = rollout(dynamics, params, starts, { actions, gradients: slopes ? 'actions' : 'none', ...(noise ? { noise } : {}) });
  const arrived = mapLatent(latents, (leaf) => cut(leaf, 1, horizon));
  const { reward, discount, disagreement, known } = dynamics.outcome(params, mergeTime(arrived));
  const bySteps = (values: Tensor) => tf.unstack(tf.reshape(values, [lanes * repeat, horizon]), 1);
  const received = reward.predict();
  const rewards = bySteps(settings.penalty > 0 && disagreement ? tf.sub(received, tf.mul(disagreement, settings.penalty)) : received);
  const discounts = bySteps(discount.predict());
  const sure = settings.adaptive && known ? bySteps(known) : undefined;
  const valueAt = (step: number) => (settings.terminal === 'critic'
    ? prediction?.predict(params, representation.features(mapLatent(arrived, (leaf) => flatten(cut(leaf, step - 1, 1), 2)))).value?.predict()
    : undefined);
  const value = valueAt(horizon);
  if (sure && !value) return knownMean(rewards, discounts, sure);
  // From the end: what comes after a step counts as much as going on from it does.
  return rewards.reduceRight<Tensor | undefined>((after, now, step) => {
    const here = after ? tf.add(now, tf.mul(discounts[step], after)) : now;
    // A step that is not known is not taken: what lies beyond the one before is as the critic says. The first always counts.
    const before = sure && step > 0 ? valueAt(step) : undefined;
    return sure && before ? tf.add(tf.mul(sure[step], here), tf.mul(tf.sub(1, sure[step]), before)) : here;
  }, value) as Tensor;
}

/**
 * The return of plans of which some steps are not known, where no critic tells what lies beyond: H times the mean of the
 * rewards up to the first of those, each weighed as in the sum. The first step always counts. Each [N].
 */
function knownMean(rewards: readonly Tensor[], discounts: readonly Tensor[], known: readonly Tensor[]): Tensor {
  let [sum, count]: Tensor[] = [rewards[0], tf.onesLike(rewards[0])];
  let [weight, soFar] = [discounts[0], tf.onesLike(rewards[0])];
  for (let step = 1; step < rewards.length; step++) {
    soFar = tf.mul(soFar, known[step]);
    sum = tf.add(sum, tf.mul(tf.mul(soFar, weight), rewards[step]));
    count = tf.add(count, soFar);
    weight = tf.mul(weight, discounts[step]);
  }
  return tf.mul(tf.div(sum, count), rewards.length);
}

/** Noise of which all plans of a lane have the same. */
function shared(noise: Noise, lanes: number, count: number, particles: number): Noise {
  const draw = (kind: 'uniform' | 'normal') => ([, ...rest]: readonly number[]) =>
    flatten(along(noise[kind]([lanes, particles, ...rest]), 1, count), 3);
  return { uniform: draw('uniform'), normal: draw('normal') };
}

/** Mean over the particles, less `risk` standard deviations: [L, N, P] → [L, N]. */
function spread(each: Tensor, risk: number): Tensor {
  const mean = tf.mean(each, 2);
  if (risk === 0) return mean;
  const variance = tf.mean(tf.square(tf.sub(each, tf.expandDims(mean, 2))), 2);
  return tf.sub(mean, tf.mul(risk, tf.sqrt(variance)));
}
