/**
 * A world that is not trusted: whatever it throws or gives that no world may give becomes a `WorldError` that says so,
 * before anything of it is remembered. States are frozen, so that one which is changed in place is noticed at once.
 */
import { crc32 } from 'node:zlib';
import { findNotPlain } from '../data/plain.ts';
import type { Environment, Transition } from '../types.ts';
import { actionProblem } from './actions.ts';
import { describeThrown, WorldError } from './world-error.ts';

const guards = new WeakSet<object>();
/** The numbers that stand in a state's arrays, which cannot be frozen; for states that have any. */
const digests = new WeakMap<object, number>();

/** Largest number that a reward may be: rewards are kept in 32 bits. */
export const LARGEST_REWARD = 3.4028234663852886e38;

/** The same world, every promise of which is checked. @throws WorldError from its functions, never anything else */
export function guarded(environment: Environment): Environment {
  if (guards.has(environment)) return environment;
  const { name, description, actions, maxSteps, reference, recording } = environment;
  const wrong = (what: string, options?: ErrorOptions) => new WorldError(`world '${name}': ${what}`, options);

  /** Call one of its functions. */
  function call<T>(what: string, fn: () => T): T {
    let value: T;
    try {
      value = fn();
    } catch (error) {
      if (error instanceof WorldError) throw error;
      const hint = isFrozenFault(error) ? '; a state must not be changed in place: give a new one' : '';
      throw wrong(`${what}() threw ${describeThrown(error)}${hint}`, { cause: error });
    }
    if (value instanceof Promise) {
      value.catch(() => {}); // what it may still throw is of no interest
      throw wrong(`${what}() gave a promise; expected its result at once, so it must not be async`);
    }
    return value;
  }

  function settle(what: string, state: unknown): void {
    const found = findNotPlain(state, 'state');
    if (found) {
      throw wrong(`${what}() gave a state that no checkpoint can hold: ${found}; expected numbers, texts, lists, typed arrays and records of them`);
    }
    freeze(state);
    const digest = digestOf(state);
    if (digest !== undefined) digests.set(state as object, digest);
  }

  function requireUnchanged(state: unknown): void {
    if (typeof state !== 'object' || state === null) return;
    const before = digests.get(state);
    if (before !== undefined && before !== digestOf(state)) {
      throw wrong('an array in its state was changed in place; expected step(), draw() and legal() to leave states alone');
    }
  }

  const legalIn = environment.legal && ((state: unknown): readonly boolean[] => {
    const legal = call('legal', () => environment.legal?.(state));
    if (actions.kind === 'discrete' && Array.isArray(legal) && legal.length === actions.n
      && legal.every((one) => typeof one === 'boolean')) return legal;
    throw wrong(`legal() gave ${shown(legal)}; expected a list of true or false for each of its actions`);
  });

  function requireTransition(next: Transition<unknown>): void {
    if (typeof next !== 'object' || next === null || !('state' in next)) {
      throw wrong(`step() gave ${shown(next)}; expected { state, reward, terminated }`);
    }
    const { state, reward, terminated } = next;
    if (typeof reward !== 'number' || !(Math.abs(reward) <= LARGEST_REWARD)) {
      throw wrong(`step() gave the reward ${shown(reward)}; expected a number from −3.4e38 to 3.4e38, the largest that 32 bits hold`);
    }
    if (typeof terminated !== 'boolean') throw wrong(`step() gave terminated as ${shown(terminated)}; expected true or false`);
    settle('step', state);
    if (!terminated && legalIn && !legalIn(state).includes(true)) {
      throw wrong('no action is legal in a state that has not terminated; expected legal() to allow one, or terminated to be true');
    }
  }

  const world: Environment = {
    name, description, actions, maxSteps, ...(reference && { reference }), ...(recording && { recording }),
    reset(rng) {
      const state = call('reset', () => environment.reset(rng));
      settle('reset', state);
      if (legalIn && !legalIn(state).includes(true)) throw wrong('no action is legal in a first state; expected legal() to allow one');
      return state;
    },
    step(state, action, rng) {
      const next = call('step', () => environment.step(state, action, rng));
      requireTransition(next);
      requireUnchanged(state);
      return next;
    },
    draw: (ctx, state, palette) => call('draw', () => environment.draw(ctx, state, palette)),
    ...(legalIn && { legal: legalIn }),
    ...(environment.ahead && { ahead: environment.ahead.bind(environment) }),
    ...(environment.toMove && {
      toMove(state: unknown) {
        const player = call('toMove', () => environment.toMove?.(state));
        if (player === 0 || player === 1) return player;
        throw wrong(`toMove() gave ${shown(player)}; expected 0 or 1`);
      },
    }),
    ...(environment.expert && {
      expert(state: unknown) {
        const action = call('expert', () => environment.expert?.(state));
        if (action !== undefined && actionProblem(actions, action) === undefined) return action;
        throw wrong(`expert() gave ${shown(action)}: ${actionProblem(actions, action) ?? 'expected an action'}`);
      },
    }),
    ...(environment.transitions && {
      transitions: (state: unknown, action: number) => call('transitions', () => environment.transitions?.(state, action) ?? []),
    }),
  };
  guards.add(world);
  return world;
}

/** Whether writing to a frozen state is what went wrong. */
const isFrozenFault = (error: unknown): boolean =>
  error instanceof TypeError && /read only property|not extensible|Cannot delete property|Cannot redefine|Cannot define/.test(error.message);

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  Object.freeze(value);
  if (Array.isArray(value)) for (let i = 0; i < value.length; i++) freeze(value[i]);
  else for (const key in value) freeze((value as Record<string, unknown>)[key]);
}

/** Of the numbers in its typed arrays; undefined where it has none. */
function digestOf(value: unknown, before?: number): number | undefined {
  if (typeof value !== 'object' || value === null) return before;
  if (ArrayBuffer.isView(value)) return crc32(new Uint8Array(value.buffer, value.byteOffset, value.byteLength), before ?? 0);
  let digest = before;
  if (Array.isArray(value)) for (let i = 0; i < value.length; i++) digest = digestOf(value[i], digest);
  else for (const key in value) digest = digestOf((value as Record<string, unknown>)[key], digest);
  return digest;
}

/** A value that came, in a few words. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return `the text ${JSON.stringify(value.slice(0, 40))}`;
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return `an object with ${Object.keys(value).slice(0, 5).join(', ') || 'nothing in it'}`;
  return `${String(value)}${typeof value === 'bigint' ? 'n' : ''}`;
}
