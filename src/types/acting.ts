/** Acting: from what is seen to what is done. */
import type { Group, NdArray, ParamArrays, Rng } from './numbers.ts';

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

/** A policy with its compiled programs. */
export interface RunningPolicy extends Policy {
  /** Act with other parameters from now on. */
  update(params: ParamArrays): void;
  dispose(): Promise<void>;
}
