/**
 * Rolling dynamics out in the latent space alone: under given plans or under whatever acts, with gradients or without.
 * Imagination, the trio's own unroll and every planner are this one loop.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { stopGradient, stopGradients } from '../engine/gradients.ts';
import type { Dynamics, Latent, Noise, Params } from '../types.ts';
import { mapLatent } from './sequences.ts';

export interface RolloutOptions {
  /** Given plans [N, H, A]; or what acts at each of H + 1 latents (leaves [N, …]), where the last action leads nowhere. */
  readonly actions: Tensor | { readonly horizon: number; act(latent: Latent, step: number): Tensor };
  /** Most probable steps are taken where it is absent. */
  readonly noise?: Noise;
  /**
   * What gradients reach: nothing; the actions alone, through the operations of the dynamics but neither its parameters
   * nor the starts; or parameters, starts and actions.
   */
  readonly gradients: 'none' | 'actions' | 'all';
  /** What step `step` (from 0) starts from in place of the latent before, for example with a smaller gradient. */
  from?(latent: Latent, step: number): Latent;
}

export interface Rollout {
  /** Leaves [N, H + 1, …], the starts first. */
  readonly latents: Latent;
  /** [N, H, A] as given, or [N, H + 1, A] of what acted. */
  readonly actions: Tensor;
}

/** Imagine from every start (leaves [N, …]). */
export function rollout(dynamics: Dynamics, params: Params, starts: Latent, options: RolloutOptions): Rollout {
  const { actions, noise, gradients, from = (latent) => latent } = options;
  const weights = gradients === 'all' ? params : stopGradients(params);
  const settled = (latent: Latent) => (gradients === 'none' ? stopGradients(latent) : latent);
  const acting = 'horizon' in actions ? actions : undefined;
  const plans = 'horizon' in actions ? [] : tf.unstack(actions, 1);
  const actAt = (latent: Latent, step: number): Tensor => {
    const action = acting ? acting.act(latent, step) : plans[step];
    return gradients === 'none' ? stopGradient(action) : action;
  };

  let latent: Latent = gradients === 'all' ? starts : stopGradients(starts);
  const reached = [latent];
  const taken = [actAt(latent, 0)];
  const horizon = acting?.horizon ?? plans.length;
  for (let step = 0; step < horizon; step++) {
    latent = settled(dynamics.imagine(weights, from(latent, step), taken[step], noise));
    reached.push(latent);
    if (acting || step + 1 < horizon) taken.push(actAt(latent, step + 1));
  }
  return {
    latents: mapLatent(starts, (_, name) => tf.stack(reached.map((each) => each[name]), 1)),
    actions: tf.stack(taken, 1),
  };
}
