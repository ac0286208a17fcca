/** Rolling a model out under a policy, in the latent space alone. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { stopGradient, stopGradients } from '../engine/gradients.ts';
import type { Latent, LatentModel, Noise, Params } from '../types.ts';

export interface Imagined {
  /** Leaves [N, H + 1, …], the starts first. */
  readonly latents: Latent;
  /** [N, H + 1, F] */
  readonly features: Tensor;
  /** [N, H + 1, A]: the action taken at each latent; the last leads nowhere. */
  readonly actions: Tensor;
}

/**
 * Imagine `horizon` steps from every start (leaves [N, …]). No gradient flows: the actor learns from what it did, not
 * through the dynamics.
 */
export function imagine(
  params: Params,
  model: LatentModel,
  starts: Latent,
  act: (features: Tensor) => Tensor,
  horizon: number,
  noise: Noise,
): Imagined {
  const frozen = stopGradients(params);
  let latent: Latent = stopGradients(starts);
  const latents = [latent];
  const features = [model.features(latent)];
  const actions = [stopGradient(act(features[0]))];
  for (let step = 0; step < horizon; step++) {
    latent = stopGradients(model.imagine(frozen, latent, actions[step], noise));
    latents.push(latent);
    features.push(model.features(latent));
    actions.push(stopGradient(act(features[step + 1])));
  }
  const stack = (tensors: readonly Tensor[]) => tf.stack([...tensors], 1);
  return {
    latents: Object.fromEntries(Object.keys(starts).map((leaf) => [leaf, stack(latents.map((each) => each[leaf]))])),
    features: stopGradient(stack(features)),
    actions: stack(actions),
  };
}
