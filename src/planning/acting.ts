/** What a way of acting is made of, and what it gives: one file in `policies` is one `PolicyVariant`. */
import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import type { Config } from '../config/index.ts';
import type { CompileOptions } from '../engine/compile.ts';
import { mapGroup, zeros } from '../nd-array.ts';
import type { ActionSpace, Agent, Group, LatentModel, NdArray, Observation, ParamArrays, Policy } from '../types.ts';

export interface ActingOptions extends Pick<CompileOptions, 'engine'> {
  /** Threads that may share a search, where parameters are frozen; 1 by default. */
  readonly threads?: number;
  readonly agent: Agent;
  readonly actions: ActionSpace;
  readonly search: Config['search'];
  readonly params: ParamArrays;
  /** Worlds acted in at once. */
  readonly lanes: number;
  /** [H, W, C] */
  readonly imageShape: readonly number[];
  /** Length of an encoded action. */
  readonly actionSize: number;
  /** Act as in learning, with all the randomness that finds new things; or as well as it can. */
  readonly explore: boolean;
  /** Whether the actor takes its most probable action where it does not explore; true by default. */
  readonly greedy?: boolean;
  /** The parameters will never change: they are baked into the programs, and `update` throws. */
  readonly frozen?: boolean;
}

/** A policy of an agent; `carry` is what its model's `observe` hands on, leaves [N, …]. */
export interface Actor extends Policy {
  /** Act with other parameters from now on. */
  update(params: ParamArrays): void;
  dispose(): Promise<void>;
}

export interface PolicyVariant {
  /** One sentence for `dreamtree list`. */
  readonly description: string;
  /** Why it cannot act in a world with these actions; undefined where it can. */
  refuses(actions: ActionSpace): string | undefined;
  create(options: ActingOptions): Promise<Actor>;
}

/** What `observe` remembers before anything was seen. */
export const blankCarry = ({ carryShapes }: LatentModel, lanes: number): Group<NdArray> =>
  mapGroup(carryShapes, (shape) => zeros([lanes, ...shape]));

/** An observation of nothing, for its shapes. */
export const blankObservation = (
  { lanes, imageShape, actionSize }: Pick<ActingOptions, 'lanes' | 'imageShape' | 'actionSize'>,
): Omit<Observation, 'legal'> => ({
  image: zeros([lanes, ...imageShape], 'uint8'),
  previousAction: zeros([lanes, actionSize]),
  isFirst: zeros([lanes]),
});

/** Bytes to [0, 1]. */
export const pixels = (image: Tensor): Tensor => tf.div(tf.cast(image, 'float32'), 255);
