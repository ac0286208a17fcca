/**
 * One episode of one lane under way in Python, as this side counts it: its seed, its time limit, and how often each
 * action is applied. What `wrappers.ts` does around our own worlds is decided here, before anything is sent.
 */
import type { Action, ActionSpace, Rng } from '../../types.ts';
import { actionSize, decodeAction, encodeAction } from '../actions.ts';
import type { Arrival } from '../episode.ts';
import type { DriverOptions } from '../driver.ts';
import { layFrames } from '../frame-stack.ts';
import type { WrapperSettings } from '../wrappers.ts';
import type { LanesOptions } from './lanes.ts';
import { SEED_LIMIT } from './protocol.ts';
import type { LaneArrival, Move } from './protocol.ts';

/** A Python world as it is to be played; `timeLimit` is in its own steps. */
export interface GymRules extends Pick<WrapperSettings, 'actionRepeat' | 'stickyActions' | 'timeLimit'> {
  readonly name: string;
  readonly actions: ActionSpace;
  /** Whether the time limit is neither the world's own nor what the user asked for. */
  readonly isDefaultLimit?: boolean;
  /** As of `LanesOptions`. */
  readonly worldTimeoutMs?: number;
}

export interface GymEpisode {
  readonly seed: number;
  /** Decides about sticky actions. */
  readonly rng: Rng;
  /** The action that was last applied. */
  applied?: Action;
  /** The last pictures, oldest first, as many as one observation shows. */
  recent: readonly Uint8Array[];
  /** Steps of the world. */
  steps: number;
  /** Actions chosen. */
  length: number;
  /** Sum of rewards, undiscounted. */
  return: number;
}

/** An episode that is to begin; every random number of it, the seed for Python first, comes from `rng`. */
export function planEpisode(rng: Rng): GymEpisode {
  // Two draws, because one has only 24 random bits.
  const seed = rng.int(2 ** 16) * (SEED_LIMIT / 2 ** 16) + rng.int(SEED_LIMIT / 2 ** 16);
  return { seed, rng, recent: [], steps: 0, length: 0, return: 0 };
}

/** What its process is to be, with so many lanes. */
export function lanesOf(rules: GymRules, lanes: number, { size, look }: Pick<DriverOptions, 'size' | 'look'>): LanesOptions {
  const { name, actions, worldTimeoutMs } = rules;
  const greyscale = look?.greyscale ?? false;
  return { name, lanes, size, greyscale, actions, ...(worldTimeoutMs === undefined ? {} : { worldTimeoutMs }) };
}

/** Where an episode stands, in words; lanes and episodes are given as they are counted here, from 0. */
export function whereIs(lane: number, number: number, { length }: GymEpisode): string {
  return `lane ${lane + 1}, episode ${number + 1}, action ${length + 1}`;
}

/**
 * What the action that `row`, float32 [A], stands for asks of the lane: with sticky actions the last one that was
 * applied comes again with that probability, drawn anew for every repetition.
 * @param seed of the next episode, where one shall begin as soon as this one ends
 * @throws Error that names the world, on an action that is not of finite numbers
 */
export function planMove(rules: GymRules, episode: GymEpisode, row: Float32Array, seed: number | null): Move {
  if (!row.every(Number.isFinite)) {
    const where = `world '${rules.name}', action ${episode.length + 1} of an episode`;
    throw new Error(`${where}: expected finite numbers, got [${row}]`);
  }
  const chosen = decodeAction(rules.actions, row);
  const actions: Action[] = [];
  for (let time = 0; time < rules.actionRepeat && episode.steps < rules.timeLimit; time++) {
    const last = episode.applied;
    episode.applied = last !== undefined && episode.rng.uniform() < rules.stickyActions ? last : chosen;
    actions.push(episode.applied);
    episode.steps++;
  }
  return { actions: actions as Move['actions'], seed, cut: episode.steps >= rules.timeLimit };
}

/**
 * What is observed at a moment: its picture, uint8 [size·size·3], behind those before it, `frameStack` in all; the
 * first one stands in for what was before it. A copy, since pictures lie in the message that they came in.
 */
export function observe(episode: GymEpisode, picture: Uint8Array, frameStack = 1): Uint8Array {
  const newest = new Uint8Array(picture);
  const { recent } = episode;
  const older = recent.length === 0 ? new Array<Uint8Array>(frameStack - 1).fill(newest) : recent.slice(1);
  episode.recent = [...older, newest];
  return layFrames(episode.recent);
}

/** Count what came of a move; the record has the action as it was chosen. */
export function arrive(rules: GymRules, episode: GymEpisode, row: Float32Array, arrival: LaneArrival): Arrival {
  episode.length++;
  episode.return += arrival.reward;
  const { actions } = rules;
  return {
    action: encodeAction(actions, decodeAction(actions, row), new Float32Array(actionSize(actions))),
    reward: arrival.reward,
    isLast: arrival.terminated || arrival.truncated,
    isTerminal: arrival.terminated,
  };
}
