/**
 * Learning: an agent is what it sees, what it imagines, how it acts, and in which stages it learns. Nothing that trains
 * one knows more of it than this file.
 */
import type { Tensor } from '@tensorflow/tfjs';
import type { Batch, Dynamics, Largest, Prediction, Representation } from './models.ts';
import type { EngineChoice, Group, Groups, NdArray, Noise, ParamArrays, ParameterSpec, Params, Rng } from './numbers.ts';

/** Everything that an agent is, apart from its numbers. */
export interface Agent {
  /** All there are, in the order in which they are kept. */
  readonly parameters: Group<ParameterSpec>;
  /** h */
  readonly representation: Representation;
  /** g; absent where nothing is imagined. */
  readonly dynamics?: Dynamics;
  /** f; absent where actions are planned alone. */
  readonly prediction?: Prediction;
  /** Who acts while it learns, where that is another than it learns for: f of whoever explores. */
  readonly explorer?: Prediction;
  /** What is learned, in this order where several are due. Their names are unlike. */
  readonly stages: readonly Stage[];
  /** Leaves of `batch.targets` without batch and time: what a search found, for stages that learn from it. */
  readonly targetShapes: Group<readonly number[]>;
  /** Compile what makes targets anew before an update learns from them; absent where nothing does. */
  refresh?(setting: RefreshSetting): Promise<Refresher | undefined>;
  /** What its heads can say; larger rewards and values are counted and told of. */
  readonly largest?: { readonly reward?: Largest; readonly value?: Largest };
  /**
   * It learns from what was just received alone: a block of steps about `train.trainRatio` times, as sequences that overlap by
   * what a representation needs and may reach back a little before it; the next block is acted by what came of that.
   */
  readonly onPolicy?: boolean;
  /** Two players act in turn, each for itself: after every action what is good is bad for whoever is next. */
  readonly takesTurns?: boolean;
}

/** One thing that is learned, with its own optimiser and rhythm. It has a `loss` or a `search`. */
export interface Stage {
  readonly name: string;
  /** What the names of its parameters begin with, '' for all; all others arrive with their gradient stopped. */
  readonly trains: readonly string[];
  /** What turns gradients into steps; where there is a loss. */
  readonly optimizer?: Optimizer;
  /** Copies of parameters that follow behind; '' means all of them. */
  readonly slow?: SlowCopies;
  /** At every update where it is absent. */
  readonly when?: Schedule;
  /** Numbers beside the parameters that it reads and writes, such as the scale of returns, as they are at first. */
  readonly statistics?: ParamArrays;
  /** Traced into the update program; the stages that are due together share one program and one backward pass. */
  loss?(input: StageInput): StageLoss;
  /** Learning without gradients: new values for parameters that it trains, and for its statistics. */
  search?(input: SearchStageInput): Promise<SearchStageResult>;
}

/** Copies that follow: a share `rate` of the way at each of the stage's steps, or all of it once every `every` updates. */
export type SlowCopies = { readonly prefixes: readonly string[] } & (
  | { readonly rate: number; readonly every?: undefined }
  | { readonly every: number; readonly rate?: undefined }
);

/** Counted in updates, from 1. All bounds are included. */
export interface Schedule {
  /** Every so many updates, the first of them at `from`; 1 where it is absent. */
  readonly every?: number;
  /** Steps at an update that is due, on the same batch with noise of their own; 1 where it is absent. */
  readonly repeat?: number;
  readonly from?: number;
  readonly until?: number;
}

export interface StageInput {
  readonly params: Params;
  readonly slow: Params;
  readonly statistics: Params;
  readonly batch: Batch;
  readonly noise: Noise;
  /** What the stages before it came to in the same program, by name; no gradient flows back into them. */
  readonly earlier: Readonly<Record<string, StageLoss>>;
}

/** One evaluation of a stage: what to minimise, and what is worth knowing. */
export interface StageLoss {
  /** A scalar. */
  readonly total: Tensor;
  /** Metrics, scalars; the names are those in the logs. */
  readonly parts: Group<Tensor>;
  /** What replay keeps of the latents (`Representation.contextShapes`), leaves [B, T, …], from the stage that filters. */
  readonly context?: Group<Tensor>;
  /** [B]: how much there is to learn from each sequence, where it says so. */
  readonly priority?: Tensor;
  /** New values of its statistics; those that are missing stay. */
  readonly statistics?: Group<Tensor>;
  /** Whatever a later stage may want of it. */
  readonly shared?: Groups<Tensor>;
}

export interface SearchStageInput {
  readonly params: ParamArrays;
  readonly statistics: ParamArrays;
  /** The groups of the update: `batch`, `context`, `targets`, `weight`. */
  readonly inputs: Groups<NdArray>;
  readonly update: number;
  readonly rng: Rng;
}

export interface SearchStageResult {
  readonly params: ParamArrays;
  readonly statistics?: ParamArrays;
  /** Numbers for the logs, by their names there. */
  readonly metrics?: Readonly<Record<string, number>>;
}

/** From gradients to steps. Pure: what it remembers comes in and goes out, in named slots that begin at zero. */
export interface Optimizer {
  /** Shapes of what it remembers of parameters of these shapes. */
  slots(params: Group<{ readonly shape: readonly number[] }>): Groups<readonly number[]>;
  /** Numbers that change from step to step, such as the learning rate; of step `step`, counted from 1. */
  schedule(step: number): ParamArrays;
  /** One step. `params` and `gradients` are named alike. */
  apply(input: { params: Params; gradients: Group<Tensor>; slots: Groups<Tensor>; schedule: Params }): {
    params: Group<Tensor>;
    slots: Groups<Tensor>;
    /** Of all gradients together. */
    gradientNorm: Tensor;
  };
}

/** What a learner says to whoever makes targets anew for it. Batches are as its update program takes them. */
export interface RefreshSetting {
  readonly batchSize: number;
  readonly batchLength: number;
  /** [H, W, C] */
  readonly imageShape: readonly number[];
  readonly actionSize: number;
  /** The file in `policies`, or a user's own, by which the agent acts, and the values of its options. */
  readonly policy: { readonly name: string; readonly options: Groups<unknown> };
  readonly threads: number;
  readonly engine: EngineChoice;
}

/** Targets made anew for replayed steps, such as by searching them again (reanalyse). */
export interface Refresher {
  /** `params` are those of now, the slowly following ones where there are copies. */
  run(params: ParamArrays, inputs: Groups<NdArray>, rng: Rng): Promise<RefreshedTargets>;
}

/** New targets of the last R sequences of a batch, leaves [R, T − first, …]: from the first step on that has its past. */
export interface RefreshedTargets {
  readonly first: number;
  readonly targets: Group<NdArray>;
}
