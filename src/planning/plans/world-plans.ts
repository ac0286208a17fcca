/** What plans are worth in the true world, whose states can be forked: planning with a perfect model. */
import type { ActionSpace, Environment, Rng } from '../../types.ts';
import type { Evaluate, PlanMethod } from './decide.ts';

export interface WorldPlans<S> {
  readonly environment: Environment<S>;
  /** Where each lane stands. */
  readonly states: readonly S[];
  /** Steps that are left in each lane's episode: nothing counts beyond. */
  readonly left: readonly number[];
  readonly discount: number;
  /** From a row of numbers to an action of the world. */
  decode(space: ActionSpace, row: Float32Array): ReturnType<NonNullable<Environment['expert']>>;
  /** Every plan of a lane meets the same chances: those of `rng.split(lane)`. */
  readonly rng: Rng;
}

export function worldPlans<S>({ environment, states, left, discount, decode, rng }: WorldPlans<S>, { horizon, size }: PlanMethod): Evaluate {
  return async (plans, count) => {
    const worth = new Float32Array(states.length * count);
    for (let row = 0; row < worth.length; row++) {
      const lane = Math.floor(row / count);
      const chances = rng.split(lane);
      let state = states[lane];
      let weight = 1;
      for (let h = 0; h < Math.min(horizon, left[lane]); h++) {
        const at = (row * horizon + h) * size;
        const { state: next, reward, terminated } = environment.step(state, decode(environment.actions, plans.subarray(at, at + size)), chances);
        worth[row] += weight * reward;
        if (terminated) break;
        weight *= discount;
        state = next;
      }
    }
    return { worth };
  };
}
