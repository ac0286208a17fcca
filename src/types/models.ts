/**
 * Models: the one latent interface, in MuZero's three parts. The representation h turns pictures into latents
 * (Dreamer's posterior), the dynamics g imagines on from them (Dreamer's prior), the prediction f says what to do there.
 * Behaviours and planners consume the parts and never know which model they got.
 */
import type { Tensor } from '@tensorflow/tfjs';
import type { Group, Noise, ParameterSpec, Params } from './numbers.ts';

/** A latent state: every leaf is [B, …]. */
export type Latent = Group<Tensor>;

/** A random variable as a head of a network returns it. What each method takes and gives is up to the kind of head. */
export interface Distribution {
  /** The mean, or for one-hots the mode. */
  predict(): Tensor;
  sample(noise: Noise): Tensor;
  logProb(value: Tensor): Tensor;
  entropy(): Tensor;
  /** Of every outcome [..., classes], where they can be counted. */
  readonly logProbs?: Tensor;
}

/** What a batch of replayed sequences holds; every leaf is [B, T, …] save `context` and `weight`. */
export interface Batch {
  /** uint8 values as int32 [B, T, H, W, C], in 0..255. */
  readonly image: Tensor;
  /** [B, T, A] */
  readonly action: Tensor;
  /** [B, T] */
  readonly reward: Tensor;
  /** [B, T], 0 or 1. */
  readonly isFirst: Tensor;
  /** [B, T], 0 or 1. */
  readonly isTerminal: Tensor;
  /** What the representation asked to be kept of the moment before index 0; every leaf [B, …]. Masked where isFirst. */
  readonly context: Latent;
  /** What a search found at every step, for agents that learn from it (`Agent.targetShapes`). */
  readonly targets: Group<Tensor>;
  /** [B]: weight of every sequence, at most 1; below where it was drawn more often than others. */
  readonly weight: Tensor;
}

/** h: from pictures to latents. */
export interface Representation {
  readonly parameters: Group<ParameterSpec>;
  /** Shapes, without the batch, of what `observe` remembers from step to step. */
  readonly carryShapes: Group<readonly number[]>;
  /** Leaves of the latent that replay keeps for every step, so that sequences may start anywhere. */
  readonly contextShapes: Group<readonly number[]>;
  /** Steps at the front of a sequence of which `filter` lacks some of the past that `observe` would have had. */
  readonly blindSteps: number;
  /** Length of `features`. */
  readonly featureSize: number;
  /** Images [N, H, W, C] in [0, 1] to tokens [N, K]; batched over B·T, one call a sequence. */
  encode(params: Params, image: Tensor): Tensor;
  /** One step of filtering. `carry` is what the step before handed on; zeros before the first. */
  observe(
    params: Params,
    carry: Latent,
    input: { tokens: Tensor; previousAction: Tensor; isFirst: Tensor },
    noise: Noise,
  ): { carry: Latent; latent: Latent };
  /** The same over whole sequences: leaves [B, T, …]. */
  filter(params: Params, batch: Pick<Batch, 'image' | 'action' | 'isFirst' | 'context'>, noise: Noise): Latent;
  /** The latent as one vector [B, featureSize] for the heads of a prediction. */
  features(latent: Latent): Tensor;
}

/** What is received on arriving at a latent. */
export interface Outcome {
  readonly reward: Distribution;
  /** The probability of going on, times the discount. */
  readonly discount: Distribution;
  /** [N]: how far the members of an ensemble are apart about the step that led here, where there are any; at least 0. */
  readonly disagreement?: Tensor;
  /** [N]: standard deviation of the rewards that they foresee. */
  readonly spread?: Tensor;
  /** A scalar: how large disagreement seldom is in replay. */
  readonly usual?: Tensor;
  /** [N]: 1 where disagreement is no larger; else 0. */
  readonly known?: Tensor;
}

/** g: from latent to latent, without pictures. */
export interface Dynamics {
  readonly parameters: Group<ParameterSpec>;
  /** Shapes of the latent's leaves without the batch. */
  readonly latentShapes: Group<readonly number[]>;
  /** One step of imagination under `action` [B, A]; the most probable one where there is no noise. */
  imagine(params: Params, latent: Latent, action: Tensor, noise?: Noise): Latent;
  /** What arriving at each of any number of latents gives. */
  outcome(params: Params, latent: Latent): Outcome;
  /** Pictures [B, H, W, C] in [0, 1]; absent where there is no decoder. */
  decode?(params: Params, latent: Latent): Tensor;
}

/** f: what to do at a latent, and what it is worth. */
export interface Prediction {
  readonly parameters: Group<ParameterSpec>;
  /** Of features [N, F]: a distribution over actions, the value [N], and values of actions, one for each critic. */
  predict(params: Params, features: Tensor): {
    policy: Distribution;
    value?: Distribution;
    q?: readonly Tensor[];
  };
}

/** A representation, and the dynamics that share its latents, where there are any. */
export interface Model {
  readonly representation: Representation;
  readonly dynamics?: Dynamics;
}

/** What learns from replayed sequences to see, and to imagine where it does. */
export interface LearnedModel extends Model {
  /** Of both parts, and what its loss needs beside them, in the order in which they are kept. */
  readonly parameters: Group<ParameterSpec>;
  /** Largest reward that it can say. */
  readonly largest?: Largest;
  loss(params: Params, batch: Batch, noise: Noise): ModelLoss;
}

/** A model that imagines: what a file in `models` builds. */
export interface LatentModel extends LearnedModel {
  readonly dynamics: Dynamics;
}

/** Where the bins of a head end: what is larger is taken for this. */
export interface Largest {
  readonly size: number;
  /** The key that moves the end, where there is one. */
  readonly key?: string;
}

/** One evaluation of a model's loss: what to minimise, its named parts (the names are the metrics' names). */
export interface ModelLoss {
  readonly total: Tensor;
  readonly parts: Group<Tensor>;
  /** Latents of the whole batch as `filter` gives them, leaves [B, T, …]. */
  readonly latents: Latent;
  /** Where the model learns by unrolling itself: what its losses were taken on, for the behaviour to learn on as well. */
  readonly unrolled?: Unrolled;
}

/** From indices `first … first + S − 1` of every sequence, K steps of imagination under the batch's own actions. */
export interface Unrolled {
  readonly first: number;
  /** Leaves [B, S, K + 1, …]: k steps after the start. Gradients flow back to the first. */
  readonly latents: Latent;
  /** [B, S, K + 1]: 0 where an episode ended before the k-th step. */
  readonly valid: Tensor;
}
