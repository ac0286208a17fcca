/** A model for tests: a deterministic world of numbered states, written as tables. */
import { int32 } from '../../src/nd-array.ts';
import type { RecurrentOutput, RootOutput, SearchModel } from '../../src/planning/search-model.ts';
import type { Rng } from '../../src/types.ts';

export interface StateTable {
  readonly value: number;
  readonly priorLogits: readonly number[];
  /** What each action leads to; a state that is over has none. */
  readonly moves: readonly { readonly next: number; readonly reward: number; readonly discount: number }[];
}

/** Roots are numbers of states. `calls` collects the actions of every call. */
export function tableModel(states: readonly StateTable[], calls: number[][] = []): SearchModel<readonly number[]> {
  const say = (numbers: readonly number[]): RootOutput => ({
    priorLogits: Float32Array.from(numbers.flatMap((state) => states[state].priorLogits)),
    value: Float32Array.from(numbers, (state) => states[state].value),
    embedding: { state: int32(numbers, [numbers.length]) },
  });
  return {
    root: async (numbers) => say(numbers),
    async recurrent({ state }, actions): Promise<RecurrentOutput> {
      calls.push([...actions]);
      const moves = Array.from(actions, (action, root) => states[state.data[root]].moves[action]);
      return {
        ...say(moves.map(({ next }) => next)),
        reward: Float32Array.from(moves, ({ reward }) => reward),
        discount: Float32Array.from(moves, ({ discount }) => discount),
      };
    },
  };
}

/** One decision: state 0, whose actions end the episode with these rewards. */
export function bandit(rewards: readonly number[], probs: readonly number[], value = 0): readonly StateTable[] {
  const priorLogits = probs.map(Math.log);
  const moves = rewards.map((reward) => ({ next: 1, reward, discount: 0 }));
  return [{ value, priorLogits, moves }, { value: 0, priorLogits, moves: [] }];
}

/** States that lead to each other at random, for ever. */
export function randomWorld(size: number, numActions: number, rng: Rng, discount = 0.9): readonly StateTable[] {
  return Array.from({ length: size }, () => ({
    value: rng.normal(),
    priorLogits: Array.from({ length: numActions }, () => rng.normal()),
    moves: Array.from({ length: numActions }, () => ({ next: rng.int(size), reward: rng.normal(), discount })),
  }));
}
