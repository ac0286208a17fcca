/** A world for tests: it counts to a goal drawn at reset, and its picture shows the count in its top left pixel. */
import type { Environment } from '../../src/types.ts';

export interface Counter {
  readonly count: number;
  /** 2..5: the episode ends when the count gets there. */
  readonly goal: number;
  /** A number drawn in the last step. */
  readonly drawn: number;
}

export const counterWorld: Environment<Counter> = {
  name: 'counter',
  description: 'Counts.',
  actions: { kind: 'discrete', n: 2 },
  maxSteps: 4,
  reset: (rng) => ({ count: 0, goal: 2 + rng.int(4), drawn: 0 }),
  step({ count, goal }, action, rng) {
    const state = { count: count + 1, goal, drawn: rng.uniform() };
    return { state, reward: Number(action) + 0.5, terminated: state.count === goal };
  },
  draw(ctx, { count }) {
    ctx.fillStyle = `rgb(${10 * count}, 200, 0)`;
    ctx.fillRect(0, 0, 0.5, 0.5);
  },
};
