/**
 * Dyna-Q (Sutton and Barto 2018, chapter 8): Q-learning from real steps, and between them from what the table remembers
 * that actions lead to. By option: Dyna-Q+, which doubts what it has not tried for long, and prioritised sweeping, which
 * goes backwards from where something has changed.
 */
import { z } from 'zod';
import { count, fraction, natural, positive, weight, type Component, type OptionsOf } from '../config/index.ts';
import type { Rng } from '../types.ts';
import { createQueue } from './pair-queue.ts';
import type { Table } from './table.ts';

const options = {
  table: {
    states: count.max(1e6).default(4096).describe('Different pictures that the table has room for.'),
    outcomes: count.max(64).default(4).describe('Outcomes of an action that are remembered; 1: the last one is taken for what will come.'),
    planning: natural.max(10_000).default(20).describe('Remembered steps that are learned from after each real one.'),
    rate: fraction.default(0.2).describe('Share of the way that a value goes to what was found.'),
    discount: fraction.default(0.98).describe('What the next step counts for, compared with this one.'),
    bonus: weight.default(0).describe('What planning expects beyond the reward for the square root of the steps since an action was tried (Dyna-Q+).'),
    sweeping: z.boolean().default(false).describe('Plan where values change most, and backwards from there, in place of at random.'),
    threshold: positive.default(1e-4).describe('Changes less than this wait for no planning, where it sweeps.'),
  },
};

export const dynaQ = {
  options,
  rules: ({ table: { sweeping, planning } }, { replay: { shift } }) => [
    ...(sweeping && planning === 0 ? [{ key: 'table.planning', expected: 'expected at least 1, since it learns by sweeping alone' }] : []),
    ...(shift > 0 ? [{ key: 'replay.shift', expected: 'expected 0, since a picture that was moved is another one' }] : []),
  ],
} satisfies Component<typeof options>;

export type DynaQOptions = OptionsOf<typeof options>['table'];

export interface TableStep {
  /** Rows of the table. */
  readonly from: number;
  readonly action: number;
  readonly reward: number;
  /** Absent where the episode ended by itself. */
  readonly to?: number;
}

export interface DynaQ {
  /** Learn from a real step, and then from remembered ones. @returns how far what came was from what was expected */
  learn(step: TableStep, rng: Rng): number;
  /** Values that were changed so far. */
  readonly updates: number;
}

/** Learning on `table`, which it changes. The same table and stream give the same numbers. */
export function createDynaQ(table: Table, { rate, discount, planning, bonus, sweeping, threshold }: DynaQOptions): DynaQ {
  const { actions, outcomes, q } = table;
  const queue = sweeping ? createQueue(table, threshold) : undefined;
  /** Pairs of which something is remembered, to draw from; with a bonus all pairs of all rows may be drawn. */
  const tried: number[] = [];
  for (let pair = 0; pair < table.states * actions; pair++) if (table.tried[pair] > 0) tried.push(pair);
  let updates = 0;

  /** What planning expects: E[r + γ max Q], and the bonus. What was never tried is taken for staying, and nothing. */
  function expected(pair: number): number {
    const extra = bonus > 0 ? bonus * Math.sqrt(table.steps - table.tried[pair]) : 0;
    if (table.tried[pair] === 0) return extra + discount * table.value(Math.floor(pair / actions));
    let [sum, total] = [0, 0];
    for (let at = pair * outcomes, end = at + outcomes; at < end; at++) {
      const times = table.count[at];
      if (times === 0) continue;
      const next = table.next[at];
      sum += times * (table.reward[at] + (next > 0 ? discount * table.value(next - 1) : 0));
      total += times;
    }
    return sum / total + extra;
  }

  function backUp(pair: number): void {
    q[pair] += rate * (expected(pair) - q[pair]);
    updates++;
  }

  function sweep(): void {
    for (let step = 0; step < planning; step++) {
      const pair = queue?.take();
      if (pair === undefined) return;
      backUp(pair);
      const row = Math.floor(pair / actions);
      for (const before of queue?.leadingTo(row) ?? []) queue?.put(before, Math.abs(expected(before) - q[before]));
    }
  }

  return {
    get updates() {
      return updates;
    },
    learn({ from, action, reward, to }, rng) {
      const pair = from * actions + action;
      table.steps++;
      const error = reward + (to === undefined ? 0 : discount * table.value(to)) - q[pair];
      if (table.tried[pair] === 0) tried.push(pair);
      table.tried[pair] = table.steps;
      table.remember(pair, reward, to);
      if (queue) {
        queue.connect(pair, to);
        queue.put(pair, Math.abs(expected(pair) - q[pair]));
        sweep();
        return error;
      }
      q[pair] += rate * error;
      updates++;
      const all = table.states * actions;
      for (let step = 0; step < planning; step++) backUp(bonus > 0 ? rng.int(all) : tried[rng.int(tried.length)]);
      return error;
    },
  };
}
