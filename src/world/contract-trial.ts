/** What the checks of the contract share: playing a world without trusting it, and comparing what came out. */
import { deepEqual } from 'node:assert';
import { isDeepStrictEqual } from 'node:util';
import type { Action, Environment, Rng, Transition } from '../types.ts';
import { actionProblem, randomAction } from './actions.ts';

/** What a check is given. `rng` is a stream of its own: splitting it by the same label gives the same numbers. */
export interface Trial {
  readonly environment: Environment;
  /** Side of the pictures in pixels. */
  readonly size: number;
  readonly rng: Rng;
}

/** Gives a sentence about what is fine; undefined where it does not apply to this world. Throws `Broken` otherwise. */
export interface Check {
  readonly name: string;
  run(trial: Trial): string | undefined | Promise<string | undefined>;
}

/** A promise that a world does not keep: what was expected, what came, what to do. */
export class Broken extends Error {}

/** One action in an episode. `state` is what it was taken in, and `next` what `step` gave, not copied. */
export interface Move {
  readonly state: unknown;
  readonly action: Action;
  readonly next: Transition<unknown>;
}

export interface Playing {
  readonly first: unknown;
  readonly moves: readonly Move[];
  readonly terminated: boolean;
}

/** Play an episode, with random actions unless `choose` gives them; the same `rng` gives the same episode. */
export function playEpisode(
  environment: Environment,
  rng: Rng,
  limit = Math.min(environment.maxSteps, 200),
  choose = randomChoice(environment, rng.split('actions')),
): Playing {
  const worldRng = rng.split('world');
  const first = environment.reset(worldRng);
  const moves: Move[] = [];
  let state = first;
  while (moves.length < limit) {
    const action = choose(state);
    const next = environment.step(state, action, worldRng);
    requireTransition(next);
    moves.push({ state, action, next });
    if (next.terminated) return { first, moves, terminated: true };
    state = next.state;
  }
  return { first, moves, terminated: false };
}

function randomChoice(environment: Environment, rng: Rng): (state: unknown) => Action {
  return (state) => randomAction(environment.actions, rng, environment.legal?.(state));
}

/** @throws Broken where `step` gave anything but `{ state, reward, terminated }` */
export function requireTransition(next: Transition<unknown>): void {
  if (next instanceof Promise) {
    next.catch(() => undefined); // what it may still throw is of no interest
    throw new Broken('expected step() to give its outcome at once, got a promise; it must not be async');
  }
  if (typeof next !== 'object' || next === null || !('state' in next)) {
    throw new Broken(`expected step() to give { state, reward, terminated }, got ${describe(next)}`);
  }
  if (!Number.isFinite(next.reward)) {
    throw new Broken(`expected step() to give a finite number as reward, got ${describe(next.reward)}`);
  }
  if (typeof next.terminated !== 'boolean') {
    throw new Broken(`expected step() to give terminated as true or false, got ${describe(next.terminated)}`);
  }
}

/** @throws Broken where `action` does not belong to the world, or is not legal in `state` */
export function requireAction(environment: Environment, state: unknown, action: unknown, source: string): void {
  const problem = actionProblem(environment.actions, action);
  if (problem !== undefined) throw new Broken(`${source}: ${problem}`);
  if (environment.legal?.(state)[Number(action)] === false) {
    throw new Broken(`${source}: expected a legal action, got ${describe(action)}, which legal() forbids`);
  }
}

/** The sum of an episode's rewards. */
export function returnOf({ moves }: Playing): number {
  return moves.reduce((sum, { next }) => sum + next.reward, 0);
}

/** Equal in type and value, all the way down. */
export const same: (a: unknown, b: unknown) => boolean = isDeepStrictEqual;

/** Equal as stored data: 0 and -0 are the same, and types are not looked at. */
export function sameData(a: unknown, b: unknown): boolean {
  try {
    deepEqual(a, b);
    return true;
  } catch {
    return false;
  }
}

/** A value in one line, for a finding. */
export function describe(value: unknown): string {
  const text = typeof value === 'object' && value !== null ? safeJson(value) : String(value);
  return text.length > 120 ? `${text.slice(0, 117)}…` : text;
}

function safeJson(value: object): string {
  try {
    return JSON.stringify(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
