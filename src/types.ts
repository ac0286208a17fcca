/**
 * Every interface of dreamtree. This file is a leaf: it imports nothing of ours.
 *
 * Two kinds of number, never mixed. `Tensor` (TensorFlow.js) is symbolic or eager and lives only inside a
 * program given to `compile`. `NdArray` is plain memory and is what exists at run time. A `Program` joins them.
 *
 * Time, once and for all: index t holds image_t, the action that led to it, the reward received on arriving,
 * `isFirst` and `isTerminal`. A time limit ends an episode but is not terminal.
 */
import type { Tensor } from '@tensorflow/tfjs';
import type { SKRSContext2D } from '@napi-rs/canvas';

// ---------------------------------------------------------------- numbers

export type DType = 'float32' | 'int32' | 'uint8' | 'bool';

/** A dense row-major array. `bool` holds 0 and 1 in bytes. */
export interface NdArray {
  readonly data: Float32Array | Int32Array | Uint8Array;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** Named values in named groups, for example `{ params: { 'actor/out/kernel': … }, batch: { image: … } }`. */
export type Group<T> = Readonly<Record<string, T>>;
export type Groups<T> = Readonly<Record<string, Group<T>>>;

/** Parameters are one flat record, named by path: `dynamics/gru/kernel`. Inside a program they are tensors. */
export type Params = Group<Tensor>;
/** The same parameters as memory. */
export type ParamArrays = Group<NdArray>;

/** A parameter before it has numbers: zeros, ones, or normals of variance `scale²/fanIn`. */
export interface ParameterSpec {
  readonly shape: readonly number[];
  readonly init: 'zeros' | 'ones' | { readonly fanIn: number; readonly scale: number };
}

// ---------------------------------------------------------------- randomness

/** Where a stream of random numbers stands; plain data, so that a run can be continued exactly. */
export interface RngState {
  readonly key: readonly [number, number];
  readonly counter: number;
}

/** A seeded, counter-based, splittable stream of random numbers (see random.ts). */
export interface Rng {
  /** A float in [0, 1). */
  uniform(): number;
  /** A standard normal deviate. */
  normal(): number;
  /** An integer in [0, n). */
  int(n: number): number;
  /** A new, independent stream; the same label always gives the same stream, whatever was drawn before. */
  split(label: string | number): Rng;
  /** Fill `out` with uniforms in [0, 1), or with standard normals. */
  fillUniform(out: Float32Array): void;
  fillNormal(out: Float32Array): void;
  state(): RngState;
}

/** Random tensors inside a program. They are inputs of the compiled graph, fed from a counter-based stream. */
export interface Noise {
  /** Uniforms in [0, 1) of the given shape. */
  uniform(shape: readonly number[]): Tensor;
  /** Standard normals of the given shape. */
  normal(shape: readonly number[]): Tensor;
}

// ---------------------------------------------------------------- worlds

export type ActionSpace =
  | { readonly kind: 'discrete'; readonly n: number; readonly names?: readonly string[] }
  | { readonly kind: 'continuous'; readonly low: readonly number[]; readonly high: readonly number[] };

/** A discrete action is its index; a continuous one is a vector within [low, high]. */
export type Action = number | readonly number[];

/** Colours a world draws with; a nuisance may redraw them, so worlds should not hard-code their own. CSS colours. */
export interface Palette {
  readonly background: string;
  readonly foreground: string;
  readonly agent: string;
  readonly goal: string;
  readonly accent: string;
  readonly danger: string;
}

export interface Transition<S> {
  readonly state: S;
  readonly reward: number;
  /** True where the episode ends in the world itself. The time limit belongs to the driver. */
  readonly terminated: boolean;
}

/**
 * A world. Pure: the state goes in and comes out, so the true world can be forked and drawn beside the dream.
 * `S` is plain data (it is written into checkpoints). A user's own world is a file whose default export is one of these.
 */
export interface Environment<S = unknown> {
  /** The name it goes by on the command line, for example `catch`. */
  readonly name: string;
  /** One sentence for `dreamtree list`. */
  readonly description: string;
  readonly actions: ActionSpace;
  /** Time limit in actions; the driver cuts the episode here, and that is not a termination. */
  readonly maxSteps: number;
  /** A first state. Every random number comes from `rng`. */
  reset(rng: Rng): S;
  step(state: S, action: Action, rng: Rng): Transition<S>;
  /**
   * Draw the scene for `state`, and for nothing else, onto a square of side 1: the context is scaled so that
   * (0, 0) is the top left and (1, 1) the bottom right. The background is already painted. Must not draw randomness.
   */
  draw(ctx: SKRSContext2D, state: S, palette: Palette): void;
  /** Which discrete actions may be taken; all of them where it is absent. */
  legal?(state: S): readonly boolean[];
  /** Which of two players acts in this state; rewards are seen from that side. Absent where there is one player. */
  toMove?(state: S): 0 | 1;
  /** What a scripted player would do. */
  expert?(state: S): Action;
  /** The whole distribution over outcomes, for tabular worlds. */
  transitions?(state: S, action: number): readonly (Transition<S> & { readonly probability: number })[];
  /** Measured mean returns: of uniformly random actions, and of the best known player. */
  readonly reference?: { readonly random: number; readonly expert: number };
  /** For checking against recorded trajectories: a state to and from the recording's vector of numbers. */
  readonly recording?: { toVector(state: S): readonly number[]; fromVector(vector: readonly number[]): S };
}

/** What N parallel worlds show a policy at one tick. */
export interface Observation {
  /** uint8 [N, H, W, C]: C = 3 for every moment that a picture shows. */
  readonly image: NdArray;
  /** The action that led here: float32 [N, A], one-hot or scaled to [-1, 1]; zeros on the first step. */
  readonly previousAction: NdArray;
  /** float32 [N], 1 where an episode begins. */
  readonly isFirst: NdArray;
  /** float32 [N, A], 1 where a discrete action may be taken and 0 where not; absent where all always may. */
  readonly legal?: NdArray;
}

/** One moment of one lane (one of the parallel worlds), as it is stored for replay. */
export interface Step {
  /** uint8 [H·W·C] */
  readonly image: Uint8Array;
  /** float32 [A]: the action that led to this image, one-hot or scaled to [-1, 1]. */
  readonly action: Float32Array;
  readonly reward: number;
  readonly isFirst: boolean;
  /** The episode ended here, for whatever reason. */
  readonly isLast: boolean;
  /** The world itself ended here; false at a time limit. */
  readonly isTerminal: boolean;
}

// ---------------------------------------------------------------- models

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
  /** What the model asked to be kept of the moment before index 0; every leaf [B, …]. Masked where isFirst. */
  readonly context: Latent;
  /** What a search found at every step, for behaviours that learn from it (`Behavior.targetShapes`). */
  readonly targets: Group<Tensor>;
  /** [B]: weight of every sequence, at most 1; below where it was drawn more often than others. */
  readonly weight: Tensor;
}

/** One evaluation of a loss: what to minimise, its named parts (the names are the metrics' names). */
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

/**
 * The one latent interface. `observe` is MuZero's representation h, `imagine` its dynamics g; Dreamer's
 * posterior and prior. Behaviours and planners consume it and never know which model they got.
 */
export interface LatentModel {
  /** Shapes of the latent's leaves without the batch. */
  readonly latentShapes: Group<readonly number[]>;
  /** The same of what `observe` remembers from step to step. */
  readonly carryShapes: Group<readonly number[]>;
  /** Leaves of the latent that replay keeps for every step, so that sequences may start anywhere. */
  readonly contextShapes: Group<readonly number[]>;
  /** Steps at the front of a sequence of which `filter` lacks some of the past that `observe` would have had. */
  readonly blindSteps: number;
  /** Length of `features`. */
  readonly featureSize: number;
  readonly parameters: Group<ParameterSpec>;
  /** Images [N, H, W, C] in [0, 1] to tokens [N, K]; batched over B·T, one call a sequence. */
  encode(params: Params, image: Tensor): Tensor;
  /** h: one step of filtering. `carry` is what the step before handed on; zeros before the first. */
  observe(
    params: Params,
    carry: Latent,
    input: { tokens: Tensor; previousAction: Tensor; isFirst: Tensor },
    noise: Noise,
  ): { carry: Latent; latent: Latent };
  /** h over whole sequences: leaves [B, T, …]. */
  filter(params: Params, batch: Pick<Batch, 'image' | 'action' | 'isFirst' | 'context'>, noise: Noise): Latent;
  /** g: one step of imagination under `action` [B, A]; the most probable one where there is no noise. */
  imagine(params: Params, latent: Latent, action: Tensor, noise?: Noise): Latent;
  /** What is received on arriving at a latent; batched over any number of latents at once. */
  outcome(params: Params, latent: Latent): { reward: Distribution; discount: Distribution };
  /** The latent as one vector [B, featureSize] for the heads of a behaviour. */
  features(latent: Latent): Tensor;
  /** Pictures [B, H, W, C] in [0, 1]; absent where a model has no decoder. */
  decode?(params: Params, latent: Latent): Tensor;
  loss(params: Params, batch: Batch, noise: Noise): ModelLoss;
}

// ---------------------------------------------------------------- behaviour

/** Learning to act; owns the policy and value heads (MuZero's prediction f), so that agents are compositions. */
export interface Behavior {
  /** Parameters of which a slowly following copy is kept, by what their names begin with; '' means all of them. */
  readonly slowPrefixes: readonly string[];
  /** What it learns from search: leaves of `batch.targets` without batch and time; none where it does not. */
  readonly targetShapes: Group<readonly number[]>;
  readonly parameters: Group<ParameterSpec>;
  /** Running statistics that an update reads and writes, such as the scale of returns. */
  initState(): ParamArrays;
  /** f */
  predict(params: Params, features: Tensor): { policy: Distribution; value: Distribution };
  /** Part of the same backward pass as the model's loss. */
  loss(input: {
    params: Params;
    slow: Params;
    state: Params;
    model: LatentModel;
    world: Pick<ModelLoss, 'latents' | 'unrolled'>;
    batch: Batch;
    noise: Noise;
  }): {
    total: Tensor;
    parts: Group<Tensor>;
    state: Group<Tensor>;
    /** [B]: how much there is to learn from each sequence, where it says so. */
    priority?: Tensor;
  };
}

/** A model and a behaviour that share one latent: everything an agent is, apart from its numbers. */
export interface Agent {
  readonly model: LatentModel;
  readonly behavior: Behavior;
  /** Two players act in turn, each for itself: after every action what is good is bad for whoever is next. */
  readonly takesTurns?: boolean;
}

// ---------------------------------------------------------------- acting

/** One way to act. `Carry` is whatever it remembers between steps, with leaves [N, …]. */
export interface Policy {
  readonly name: string;
  initial(lanes: number): Group<NdArray>;
  /** Actions for all lanes at once: float32 [N, A], one-hot or in [-1, 1]. */
  act(
    carry: Group<NdArray>,
    observation: Observation,
    rng: Rng,
  ): Promise<Choice>;
}

export interface Choice {
  /** float32 [N, A], one-hot or in [-1, 1]. */
  readonly action: NdArray;
  readonly carry: Group<NdArray>;
  readonly stats: Readonly<Record<string, number>>;
  /** What a search found, for behaviours that learn from it: leaves [N, …]. */
  readonly targets?: Group<NdArray>;
}
