/** Dyna-Q on chains and mazes whose values are known, from Sutton and Barto (2018, chapter 8) or worked out by hand. */
import { describe, expect, it } from 'vitest';
import { mapGroup, zeros } from '../../src/nd-array.ts';
import { createRng } from '../../src/random.ts';
import { createDynaQ, dynaQ, type DynaQOptions, type TableStep } from '../../src/tabular/dyna-q.ts';
import { Table, tableParameters } from '../../src/tabular/table.ts';
import { UserError } from '../../src/user-error.ts';
import { valuesIn } from '../contracts/listed.ts';

const { table: defaults } = valuesIn(dynaQ);
const emptyTable = (actions: number, size = { states: 100, outcomes: 4 }) =>
  new Table(mapGroup(tableParameters(size, actions), ({ shape }) => zeros(shape)));
const options = (some: Partial<DynaQOptions>): DynaQOptions => ({ ...defaults, rate: 1, discount: 0.95, planning: 0, ...some });

/** Rows 0, 1, 2 in a line; the one action leads on, and out of the last one, for a reward of 1. */
const chain: readonly TableStep[] = [
  { from: 0, action: 0, reward: 0, to: 1 }, { from: 1, action: 0, reward: 0, to: 2 }, { from: 2, action: 0, reward: 1 },
];
function walk(table: Table, some: Partial<DynaQOptions>, steps = chain) {
  for (let row = 0; row < 3; row++) table.rowOf(row);
  const learner = createDynaQ(table, options(some));
  const rng = createRng(0);
  return { errors: steps.map((step) => learner.learn(step, rng)), learner };
}
const rounded = (values: Iterable<number>): number[] => Array.from(values, (value) => Number(value.toFixed(4)));

describe('what is learned from a step', () => {
  it('is r + γ max Q, a share of the way', () => {
    const table = emptyTable(2);
    table.q.set([1, 3, 2, -1]);
    const { errors } = walk(table, { rate: 0.5 }, [{ from: 0, action: 0, reward: 0.5, to: 1 }, { from: 0, action: 1, reward: -1 }]);
    // 0.5 + 0.95 · 2 − 1 = 1.4, and −1 − 3 = −4
    expect(rounded(errors)).toEqual([1.4, -4]);
    expect(rounded(table.q.subarray(0, 2))).toEqual([1.7, 1]);
  });

  it('goes back one step at a time where nothing is planned', () => {
    const table = emptyTable(1);
    walk(table, {});
    expect(rounded(table.q.subarray(0, 3))).toEqual([0, 0, 1]);
    walk(table, {});
    expect(rounded(table.q.subarray(0, 3))).toEqual([0, 0.95, 1]);
  });
});

describe('planning', () => {
  it('finds the values of what is remembered, however often the goal was seen', () => {
    const table = emptyTable(1);
    walk(table, { planning: 200 });
    expect(rounded(table.q.subarray(0, 3))).toEqual([0.9025, 0.95, 1]);
  });

  it('goes backwards from a change, one pair a step, where it sweeps', () => {
    const two = emptyTable(1);
    walk(two, { sweeping: true, planning: 2 });
    expect(rounded(two.q.subarray(0, 3))).toEqual([0, 0.95, 1]);
    const three = emptyTable(1);
    const { learner } = walk(three, { sweeping: true, planning: 3 });
    expect(rounded(three.q.subarray(0, 3))).toEqual([0.9025, 0.95, 1]);
    // There was nothing to do before.
    expect(learner.updates).toBe(3);
  });

  it('goes on with what waited, where the table is opened again', () => {
    const table = emptyTable(1);
    walk(table, { sweeping: true, planning: 1 });
    expect(rounded(table.q.subarray(0, 3))).toEqual([0, 0, 1]);
    // The step from 2 changes nothing any more; what waits is the one before.
    walk(table, { sweeping: true, planning: 1 }, [chain[2]]);
    expect(rounded(table.q.subarray(0, 3))).toEqual([0, 0.95, 1]);
  });

  it('expects what came, as often as it came; with one outcome it takes the last one for what will come', () => {
    const thrice = [0, 0, 4].map((reward): TableStep => ({ from: 0, action: 0, reward }));
    const steps: readonly TableStep[] = [...thrice, { from: 0, action: 0, reward: 1, to: 1 }];
    const many = emptyTable(1);
    walk(many, { planning: 1, rate: 1 }, steps);
    // (4/3 · 3 + 1) / 4
    expect(rounded(many.q.subarray(0, 1))).toEqual([1.25]);
    expect([...many.count.subarray(0, 2)]).toEqual([3, 1]);
    const last = emptyTable(1, { states: 5, outcomes: 1 });
    walk(last, { planning: 1, rate: 1 }, steps);
    expect(rounded(last.q.subarray(0, 1))).toEqual([1]);
  });

  it('adds κ√τ, and takes what was never tried for staying (Dyna-Q+)', () => {
    const table = emptyTable(2);
    table.rowOf(7);
    const learner = createDynaQ(table, options({ bonus: 0.5, planning: 400, discount: 0 }));
    for (let step = 0; step < 9; step++) learner.learn({ from: 0, action: 0, reward: 0 }, createRng(step));
    // τ = 0 for what was just tried, 9 for what never was.
    expect(rounded(table.q.subarray(0, 2))).toEqual([0, 1.5]);
  });
});

describe('the maze of the book', () => {
  /** 6 × 9, from (2, 0) to (0, 8); up, down, right, left. */
  const WALLS = new Set(['1,2', '2,2', '3,2', '0,7', '1,7', '2,7', '4,5']);
  const MOVES = [[-1, 0], [1, 0], [0, 1], [0, -1]];
  function stepsOfEpisodes(some: Partial<DynaQOptions>, seed: number, episodes: number): number[] {
    const table = emptyTable(4);
    const rng = createRng(seed);
    const learner = createDynaQ(table, { ...defaults, rate: 0.1, discount: 0.95, ...some });
    return Array.from({ length: episodes }, () => {
      let [row, column] = [2, 0];
      for (let step = 1; ; step++) {
        const from = table.rowOf(row * 9 + column);
        const values = table.q.subarray(from * 4, from * 4 + 4);
        const best = [0, 1, 2, 3].filter((action) => values[action] === Math.max(...values));
        const action = rng.uniform() < 0.1 ? rng.int(4) : best[rng.int(best.length)];
        const [down, right] = MOVES[action];
        const [y, x] = [Math.min(5, Math.max(0, row + down)), Math.min(8, Math.max(0, column + right))];
        if (!WALLS.has(`${y},${x}`)) [row, column] = [y, x];
        if (row === 0 && column === 8) {
          learner.learn({ from, action, reward: 1 }, rng);
          return step;
        }
        learner.learn({ from, action, reward: 0, to: table.rowOf(row * 9 + column) }, rng);
      }
    });
  }
  const meanOf = (some: Partial<DynaQOptions>, episode: number): number => {
    const runs = Array.from({ length: 10 }, (_, seed) => stepsOfEpisodes(some, seed, episode)[episode - 1]);
    return runs.reduce((sum, steps) => sum + steps, 0) / runs.length;
  };

  it('is walked in about as many steps as there: the more is planned, the sooner', () => {
    // Means of 20 runs there, in episode 3: 584, 29 and 19; the shortest way has 14 steps.
    const [none, five, fifty] = [0, 5, 50].map((planning) => meanOf({ planning }, 3));
    expect(none).toBeGreaterThan(200);
    expect(five).toBeLessThan(60);
    expect(fifty).toBeLessThan(28);
    expect(five).toBeGreaterThan(fifty);
    expect(fifty).toBeGreaterThan(14);
    expect(meanOf({ planning: 5, sweeping: true, rate: 0.5 }, 3)).toBeLessThan(40);
  });
});

it('knows pictures again by their hashes, and says when it is full', () => {
  const table = emptyTable(2, { states: 2, outcomes: 1 });
  expect(table.find(0xfedcba98)).toBeUndefined();
  expect([0xfedcba98, 3, 0xfedcba98].map((hash) => table.rowOf(hash))).toEqual([0, 1, 0]);
  expect(() => table.rowOf(4)).toThrow(UserError);
  expect(() => table.rowOf(4)).toThrow('table.states = 2');
});
