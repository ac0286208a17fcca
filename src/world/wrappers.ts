/**
 * Worlds around a world: with other dynamics (a time limit, sticky actions, repeated actions), or with a memory of
 * their last states. Each is a world itself, as pure as the one inside: its state is plain data that holds the inner
 * state.
 */
import type { Action, Environment, Move } from '../types.ts';
import { createRng } from '../random.ts';
import { UserError } from '../user-error.ts';

export interface WrapperSettings {
  /** How often an action is applied before the next picture is seen. */
  readonly actionRepeat: number;
  /** Probability that the last action is applied once more instead of the one chosen. */
  readonly stickyActions: number;
  /** Time limit in the world's own steps; 0 means the world's own. */
  readonly timeLimit: number;
  /** How many beginnings episodes have; 0, or absent: as many as there are. */
  readonly levels?: number;
  /** How many of its last states a world keeps, to be shown in one picture; 1 where it is absent. */
  readonly frameStack?: number;
}

/**
 * The world with everything that is asked for, or itself where nothing is. From the inside out: beginnings, time
 * limit, sticky actions (drawn anew for every repetition, as Machado et al. 2018 do), repetition, memory.
 */
export function wrapEnvironment(environment: Environment, settings: WrapperSettings): Environment {
  const { actionRepeat, stickyActions, timeLimit, levels = 0, frameStack = 1 } = settings;
  if (environment.ahead && (actionRepeat > 1 || stickyActions > 0)) {
    const key = actionRepeat > 1 ? `env.actionRepeat = ${actionRepeat}: expected 1` : `env.stickyActions = ${stickyActions}: expected 0`;
    throw new UserError(`${key}, since ${environment.name} is computed one chosen action ahead`);
  }
  let world = environment;
  if (levels > 0) world = limitLevels(world, levels);
  if (timeLimit > 0) world = limitTime(world, timeLimit);
  if (stickyActions > 0) world = stickActions(world, stickyActions);
  if (actionRepeat > 1) world = repeatActions(world, actionRepeat);
  if (frameStack > 1) world = stackStates(world, frameStack);
  return world;
}

/** The same world, whose episodes begin in one of `count` ways (as Procgen's levels, Cobbe et al. 2020): the same ones for every seed. */
export function limitLevels<S>(environment: Environment<S>, count: number): Environment<S> {
  return {
    ...seenThrough<S, S>(environment, (state) => state),
    maxSteps: environment.maxSteps,
    reset: (rng) => environment.reset(createRng(0).split(`level ${rng.int(count)}`)),
    step: (state, action, rng) => environment.step(state, action, rng),
  };
}

/** The same world, cut after `maxSteps` actions. */
export function limitTime<S>(environment: Environment<S>, maxSteps: number): Environment<S> {
  return {
    ...seenThrough<S, S>(environment, (state) => state),
    maxSteps,
    reset: (rng) => environment.reset(rng),
    step: (state, action, rng) => environment.step(state, action, rng),
  };
}

export interface Sticky<S> {
  readonly inner: S;
  /** The action that was last applied; null on a first step. */
  readonly applied: Action | null;
}

/**
 * The same world with sticky actions: with this probability the last action that was applied is applied again. Where
 * it is not legal any more, the chosen one is.
 */
export function stickActions<S>(environment: Environment<S>, probability: number): Environment<Sticky<S>> {
  return {
    ...seenThrough<S, Sticky<S>>(environment, ({ inner }) => inner),
    maxSteps: environment.maxSteps,
    reset: (rng) => ({ inner: environment.reset(rng), applied: null }),
    step({ inner, applied }, chosen, rng) {
      const sticks = applied !== null && rng.uniform() < probability && isLegal(environment, inner, applied);
      const action = sticks ? applied : chosen;
      const { state, reward, terminated } = environment.step(inner, action, rng);
      return { state: { inner: state, applied: action }, reward, terminated };
    },
  };
}

export interface Repeated<S> {
  readonly inner: S;
  /** The world's own steps since the episode began. */
  readonly steps: number;
}

/**
 * The same world where each action is applied `times` times and the rewards are added up. Repetition stops where the
 * world terminates, at its time limit, and where the action is not legal any more. The time limit becomes
 * ⌈maxSteps / times⌉ actions, so episodes are as long in the world's own steps as before.
 */
export function repeatActions<S>(environment: Environment<S>, times: number): Environment<Repeated<S>> {
  return {
    ...seenThrough<S, Repeated<S>>(environment, ({ inner }) => inner),
    maxSteps: Math.ceil(environment.maxSteps / times),
    reset: (rng) => ({ inner: environment.reset(rng), steps: 0 }),
    step(state, action, rng) {
      let { inner, steps } = state;
      let total = 0;
      for (let time = 0; time < times; time++) {
        if (time > 0 && !isLegal(environment, inner, action)) break;
        const next = environment.step(inner, action, rng);
        inner = next.state;
        steps++;
        total += next.reward;
        if (next.terminated) return { state: { inner, steps }, reward: total, terminated: true };
        if (steps === environment.maxSteps) break;
      }
      return { state: { inner, steps }, reward: total, terminated: false };
    },
  };
}

export interface Stacked<S> {
  /** Oldest first, and the last is where the world is now; the first of an episode stands in for those before it. */
  readonly states: readonly S[];
}

/** The same world, whose state holds its last `count` states, so that a view can show them all. */
export function stackStates<S>(environment: Environment<S>, count: number): Environment<Stacked<S>> {
  const newest = ({ states }: Stacked<S>): S => states[states.length - 1];
  const { reference } = environment;
  return {
    ...seenThrough<S, Stacked<S>>(environment, newest),
    maxSteps: environment.maxSteps,
    ...(reference && { reference }), // returns are what they were
    reset: (rng) => ({ states: new Array<S>(count).fill(environment.reset(rng)) }),
    step(stacked, action, rng) {
      const { state, reward, terminated } = environment.step(newest(stacked), action, rng);
      return { state: { states: [...stacked.states.slice(1), state] }, reward, terminated };
    },
  };
}

function isLegal<S>(environment: Environment<S>, state: S, action: Action): boolean {
  return environment.legal?.(state)[Number(action)] ?? true;
}

/**
 * What stays true of a world when its dynamics change, read from an outer state W. Reference returns, outcome tables
 * and recordings do not: they belong to the world as it was.
 */
function seenThrough<S, W>(
  environment: Environment<S>,
  innerOf: (state: W) => S,
): Pick<Environment<W>, 'name' | 'description' | 'actions' | 'draw' | 'ahead' | 'legal' | 'toMove' | 'expert'> {
  const { name, description, actions } = environment;
  const legal = environment.legal?.bind(environment);
  const toMove = environment.toMove?.bind(environment);
  const expert = environment.expert?.bind(environment);
  const ahead = environment.ahead?.bind(environment);
  return {
    name,
    description,
    actions,
    draw: (ctx, state, palette) => environment.draw(ctx, innerOf(state), palette),
    ...(legal && { legal: (state: W) => legal(innerOf(state)) }),
    ...(toMove && { toMove: (state: W) => toMove(innerOf(state)) }),
    ...(expert && { expert: (state: W) => expert(innerOf(state)) }),
    ...(ahead && { ahead: (moves: readonly Move<W>[]) => ahead(moves.map((move) => ({ ...move, state: innerOf(move.state) }))) }),
  };
}
