/** Worlds: what is played, drawn and remembered. */
import type { SKRSContext2D } from '@napi-rs/canvas';
import type { Rng } from './numbers.ts';

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

/** What `step` is about to be asked; `rng` is the stream of the episode, of which only the key counts here. */
export interface Move<S> {
  readonly state: S;
  readonly action: Action;
  readonly rng: Rng;
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
  /**
   * Of worlds that are computed for many states at once, such as dreams: awaited before the `step` of each of these
   * moves, which then finds what it is to give. Other moves cannot be made.
   */
  ahead?(moves: readonly Move<S>[]): Promise<void>;
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

/** The sides of a world, as it is configured, that an agent is built for. Plain data. */
export interface WorldShape {
  readonly actions: ActionSpace;
  /** Length of an encoded action. */
  readonly actionSize: number;
  /** Side of the square picture in pixels, and its channels: three for every moment that it shows. */
  readonly image: { readonly size: number; readonly channels: number };
  /** Two players act in turn. */
  readonly takesTurns?: boolean;
  /** Some actions are forbidden in some states. */
  readonly forbids?: boolean;
}
