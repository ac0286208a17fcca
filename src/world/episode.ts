/**
 * One episode of one world under way, and what a row of worlds shows to a policy. Here, not in the worlds, lives the
 * time limit: it ends an episode without being terminal.
 */
import type { Environment, NdArray, Observation, Rng, Step } from '../types.ts';
import { actionSize, decodeAction, encodeAction } from './actions.ts';
import { LARGEST_REWARD } from './guarded.ts';
import { WorldError } from './world-error.ts';

/** `length` counts actions and `return` sums rewards, undiscounted. */
export interface Episode {
  readonly rng: Rng;
  state: unknown;
  length: number;
  return: number;
}

/** Begin an episode; every random number of it comes from `rng`. */
export function beginEpisode(environment: Environment, rng: Rng): Episode {
  return { rng, state: environment.reset(rng), length: 0, return: 0 };
}

/** Let a world that computes many moves at once do so, before `advanceEpisode` makes each of these. */
export async function lookAhead(
  environment: Environment,
  moves: readonly { readonly episode: Episode; readonly row: Float32Array }[],
): Promise<void> {
  await environment.ahead?.(moves.map(({ episode: { state, rng }, row }) => ({ state, rng, action: decodeAction(environment.actions, row) })));
}

/** What an action led to; `action` is the row of the action as it was taken: one-hot, or clipped to [-1, 1]. */
export interface Arrival {
  readonly action: Float32Array;
  readonly reward: number;
  readonly isLast: boolean;
  readonly isTerminal: boolean;
}

/**
 * Take the action that `row`, float32 [A], stands for, and move `episode` on.
 * @throws Error that names the world, on an action that cannot be taken; WorldError on a reward that cannot be kept
 */
export function advanceEpisode(
  environment: Environment,
  episode: Episode,
  row: Float32Array,
  maxSteps: number,
): Arrival {
  const { name, actions } = environment;
  const where = `world '${name}', action ${episode.length + 1} of an episode`;
  if (!row.every(Number.isFinite)) throw new Error(`${where}: expected finite numbers, got [${row}]`);
  const action = decodeAction(actions, row);
  const legal = environment.legal?.(episode.state);
  if (legal !== undefined && !legal[Number(action)]) {
    throw new Error(`${where}: action ${Number(action)} is not legal here; legal() gives [${legal}]`);
  }

  const { state, reward, terminated } = environment.step(episode.state, action, episode.rng);
  if (!(Math.abs(reward) <= LARGEST_REWARD)) {
    throw new WorldError(`world '${name}': expected a reward from −3.4e38 to 3.4e38, the largest that 32 bits hold, got ${reward}`);
  }
  if (typeof terminated !== 'boolean') {
    throw new Error(`${where}: expected terminated to be true or false, got ${String(terminated)}`);
  }
  episode.state = state;
  episode.length++;
  episode.return += reward;
  return {
    action: encodeAction(actions, action, new Float32Array(actionSize(actions))),
    reward,
    isLast: terminated || episode.length >= maxSteps,
    isTerminal: terminated,
  };
}

/** An action as a person would say it. */
export function actionInWords({ actions }: Pick<Environment, 'actions'>, row: Float32Array): string {
  if (!row.every(Number.isFinite)) return 'not a number';
  const action = decodeAction(actions, row);
  if (typeof action !== 'number') return `[${action.map((value) => Number(value.toPrecision(3))).join(', ')}]`;
  const named = actions.kind === 'discrete' ? actions.names?.[action] : undefined;
  return named === undefined ? String(action) : `${action}, ${named}`;
}

/** `fn()`, whose `WorldError`s are told where they happened. */
export function telling<T>(fn: () => T, where: () => string): T {
  try {
    return fn();
  } catch (error) {
    throw error instanceof WorldError ? error.at(where()) : error;
  }
}

/** What `arrival` led to, or the beginning of an episode, as a record; an action has `actionLength` numbers. */
export function recordOf(image: Uint8Array, arrival: Arrival | undefined, actionLength: number): Step {
  return {
    image,
    action: arrival?.action ?? new Float32Array(actionLength),
    reward: arrival?.reward ?? 0,
    isFirst: arrival === undefined,
    isLast: arrival?.isLast ?? false,
    isTerminal: arrival?.isTerminal ?? false,
  };
}

/** The memory behind the observation of N worlds; `observation` is one object whose numbers `show` overwrites. */
export interface ObservationBuffer {
  readonly observation: Observation;
  /**
   * Show `state`, drawn as `image`, uint8 [size·size·channels], in one lane; `action` is the row that led to it, absent
   * on a first step.
   */
  show(lane: number, state: unknown, image: Uint8Array, action?: Float32Array): void;
  /** The row that led to what one lane shows, float32 [A]; not a copy. */
  previousAction(lane: number): Float32Array;
}

/** Pictures are of size × size pixels with so many channels. */
export function createObservationBuffer(
  environment: Environment,
  lanes: number,
  size: number,
  channels = 3,
): ObservationBuffer {
  const actionLength = actionSize(environment.actions);
  const image = new Uint8Array(lanes * size * size * channels);
  const previousAction = new Float32Array(lanes * actionLength);
  const isFirst = new Float32Array(lanes);
  const legal = environment.legal && new Float32Array(lanes * actionLength);
  const rowOf = (lane: number) => previousAction.subarray(lane * actionLength, (lane + 1) * actionLength);
  return {
    observation: {
      image: { data: image, shape: [lanes, size, size, channels], dtype: 'uint8' },
      previousAction: { data: previousAction, shape: [lanes, actionLength], dtype: 'float32' },
      isFirst: { data: isFirst, shape: [lanes], dtype: 'float32' },
      ...(legal && { legal: { data: legal, shape: [lanes, actionLength], dtype: 'float32' } }),
    },
    show(lane, state, frame, action) {
      image.set(frame, lane * size * size * channels);
      if (action === undefined) rowOf(lane).fill(0);
      else rowOf(lane).set(action);
      isFirst[lane] = action === undefined ? 1 : 0;
      if (environment.legal && legal) legal.set(environment.legal(state).map(Number), lane * actionLength);
    },
    previousAction: rowOf,
  };
}

/**
 * The rows of a batch of actions, float32 [lanes, A].
 * @throws Error that names the world, on another shape or type
 */
export function actionRows(environment: Environment, lanes: number, actions: NdArray): readonly Float32Array[] {
  const size = actionSize(environment.actions);
  const { data, shape, dtype } = actions;
  if (!(data instanceof Float32Array) || shape.length !== 2 || shape[0] !== lanes || shape[1] !== size) {
    const got = `${dtype} [${shape}]`;
    throw new Error(`world '${environment.name}': expected actions of float32 [${lanes},${size}], got ${got}`);
  }
  return Array.from({ length: lanes }, (_, lane) => data.subarray(lane * size, (lane + 1) * size));
}
