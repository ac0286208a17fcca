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
/** A state's typed arrays, which cannot be frozen, and a checksum of their numbers; for states that have any. */
const watched = new WeakMap<object, { readonly views: readonly ArrayBufferView[]; readonly sum: number }>();

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
    const views: ArrayBufferView[] = [];
    if (!keep(state, views)) {
      const found = findNotPlain(state, 'state') ?? `it is nested more than ${DEEPEST} deep`;
      throw wrong(`${what}() gave a state that no checkpoint can hold: ${found}; expected numbers, texts, lists, typed arrays and records of them`);
    }
    if (views.length > 0) watched.set(state as object, { views, sum: sumOf(views) });
  }

  function requireUnchanged(state: unknown): void {
    if (typeof state !== 'object' || state === null) return;
    const before = watched.get(state);
    if (before && before.sum !== sumOf(before.views)) {
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

/**
 * Freeze a state all the way down and collect its typed arrays; false where it holds what is not plain data. What earlier
 * states held already is not looked at again, such as the track of a race.
 */
function keep(value: unknown, views: ArrayBufferView[], depth = 0): boolean {
  switch (typeof value) {
    case 'number': case 'boolean': case 'undefined': return true;
    case 'string': return value.isWellFormed();
    case 'object': break;
    default: return false;
  }
  if (value === null) return true;
  if (depth > DEEPEST) return false;
  if (Array.isArray(value)) {
    const { length } = value;
    const before = length >= LARGE ? kept.get(value) : undefined;
    if (before) {
      views.push(...before);
      return true;
    }
    const first = views.length;
    for (let i = 0; i < length; i++) {
      const item: unknown = value[i];
      if (typeof item === 'number') continue;
      if ((item === undefined && !(i in value)) || !keep(item, views, depth + 1)) return false;
    }
    Object.freeze(value);
    if (length >= LARGE) kept.set(value, views.slice(first));
    return true;
  }
  if (ArrayBuffer.isView(value)) {
    views.push(value);
    return findNotPlain(value, 'it') === undefined;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const key in value) {
    const item = (value as Record<string, unknown>)[key];
    if (typeof item !== 'number' && !keep(item, views, depth + 1)) return false;
  }
  Object.freeze(value);
  return true;
}

/** Lists that have been frozen, of so many items that it pays to remember them, with the typed arrays in them. */
const kept = new WeakMap<object, readonly ArrayBufferView[]>();
const LARGE = 12;
/** A checkpoint adds some, and takes 50 in all (plain.ts). */
const DEEPEST = 32;

const sumOf = (views: readonly ArrayBufferView[]): number =>
  views.reduce((sum, { buffer, byteOffset, byteLength }) => crc32(new Uint8Array(buffer, byteOffset, byteLength), sum), 0);

/** A value that came, in a few words. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return `the text ${JSON.stringify(value.slice(0, 40))}`;
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return `an object with ${Object.keys(value).slice(0, 5).join(', ') || 'nothing in it'}`;
  return `${String(value)}${typeof value === 'bigint' ? 'n' : ''}`;
}
