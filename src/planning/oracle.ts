/**
 * Planning with the true world: root and recurrent made of the environment itself, whose states can be forked. It shows
 * what a search would do with a perfect model.
 */
import { int32 } from '../nd-array.ts';
import type { Action, Environment, Rng } from '../types.ts';
import type { RecurrentOutput, RootOutput, SearchModel } from './search-model.ts';

export interface OracleOptions {
  /** Weight of the next step against this one, 0..1. */
  readonly discount: number;
  /** Who plays on from a new state, and how far, to estimate its value; without it every value is 0. */
  readonly rollout?: { readonly policy: 'expert' | 'random'; readonly steps: number };
}

interface Fork<S> {
  readonly state: S;
  readonly terminated: boolean;
}

/**
 * A search model whose roots are states of `environment`. All legal actions have the same prior. It remembers every
 * state that it was led to, so make a new one when its trees are not wanted any more.
 * @throws Error where actions are continuous, or the expert is asked for and there is none
 */
export function oracle<S>(
  environment: Environment<S>,
  { discount, rollout }: OracleOptions,
): SearchModel<readonly S[]> {
  const { actions: space, name, expert } = environment;
  if (space.kind !== 'discrete') throw new Error(`world '${name}': expected discrete actions to search over`);
  if (rollout?.policy === 'expert' && !expert) {
    throw new Error(`world '${name}': expected an expert for rollouts, it has none`);
  }
  const numActions = space.n;
  const forks: Fork<S>[] = [];

  const legalActions = (state: S): readonly number[] => {
    const all = Array.from({ length: numActions }, (_, action) => action);
    const legal = environment.legal?.(state);
    return legal ? all.filter((action) => legal[action]) : all;
  };

  /** −1 where the other player is to move next: what is good for them is bad for us. */
  const turn = (from: S, to: S): number =>
    environment.toMove && environment.toMove(from) !== environment.toMove(to) ? -1 : 1;

  const play = (state: S, rng: Rng): Action => {
    if (rollout?.policy === 'expert' && expert) return expert.call(environment, state);
    const legal = legalActions(state);
    return legal[rng.int(legal.length)];
  };

  const estimate = (start: Fork<S>, rng: Rng): number => {
    let { state, terminated } = start;
    let value = 0;
    let weight = 1;
    for (let step = 0; !terminated && step < (rollout?.steps ?? 0); step++) {
      const next = environment.step(state, play(state, rng), rng);
      value += weight * next.reward;
      weight *= discount * turn(state, next.state);
      ({ state, terminated } = next);
    }
    return value;
  };

  const evaluate = (batch: readonly Fork<S>[], rng: Rng): RootOutput => {
    const priorLogits = new Float32Array(batch.length * numActions);
    batch.forEach(({ state, terminated }, root) => {
      if (terminated) return; // nothing is legal there, and nothing is asked
      const row = priorLogits.subarray(root * numActions, (root + 1) * numActions).fill(-Infinity);
      for (const action of legalActions(state)) row[action] = 0;
    });
    const value = Float32Array.from(batch, (fork) => estimate(fork, rng));
    const places = batch.map((fork) => forks.push(fork) - 1);
    return { priorLogits, value, embedding: { fork: int32(places, [batch.length]) } };
  };

  return {
    root: async (states, rng) => evaluate(states.map((state) => ({ state, terminated: false })), rng),

    async recurrent({ fork }, actions, rng): Promise<RecurrentOutput> {
      const reward = new Float32Array(actions.length);
      const discounts = new Float32Array(actions.length);
      const next = Array.from(actions, (action, root): Fork<S> => {
        const from = forks[fork.data[root]];
        if (from.terminated) return from; // after the end everything stays as it is, for nothing
        const step = environment.step(from.state, action, rng);
        reward[root] = step.reward;
        discounts[root] = step.terminated ? 0 : discount * turn(from.state, step.state);
        return step;
      });
      return { ...evaluate(next, rng), reward, discount: discounts };
    },
  };
}
