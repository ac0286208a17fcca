/** Values that are known: of worlds of a few states, and what a table is off by. */
import { describe, expect, it } from 'vitest';
import frozenLakeSlippery from '../../envs/frozen-lake-slippery.ts';
import gridWorld from '../../envs/grid-world.ts';
import tableValues, { valueIteration } from '../../eval/measures/table-values.ts';
import type { MeasuredAgent } from '../../eval/measure.ts';
import { mapGroup, zeros } from '../../src/nd-array.ts';
import { pictureHash } from '../../src/picture-hash.ts';
import { createRng } from '../../src/random.ts';
import { Table, tableParameters } from '../../src/tabular/table.ts';
import { buildAgent, configure, shapeOf } from '../../src/train/configure.ts';
import type { Environment } from '../../src/types.ts';
import { configureWorld } from '../../src/world/configured.ts';
import { createView } from '../../src/world/view.ts';

const grid = gridWorld as Environment;

describe('value iteration', () => {
  it('finds every state of a grid and the steps that are left', () => {
    const states = valueIteration(grid, 1);
    // 25 cells, of which the goal is the end; a step costs 1 and the goal is 4 rows and 4 columns away from the far corner.
    expect(states).toHaveLength(24);
    expect(Math.min(...states.map(({ value }) => value))).toBe(-8);
    expect(Math.max(...states.map(({ value }) => value))).toBe(-1);
  });

  it('finds what the slippery lake is worth without a time limit: 0.824', () => {
    const [start] = valueIteration(frozenLakeSlippery as Environment, 1 - 1e-7);
    expect(start.value).toBeCloseTo(0.8235, 3);
  });
});

describe('the measure', () => {
  const measured = async (fill: (table: Table, hashes: readonly number[], values: readonly number[]) => void) => {
    const { config, agent: variant } = await configure({ world: 'grid-world', agent: 'dyna-q', preset: 'debug', overrides: ['table.discount=1', 'env.size=32'] });
    const agent = buildAgent(variant, config, shapeOf(grid, config.env));
    const params = mapGroup(tableParameters({ states: 4096, outcomes: 4 }, 4), ({ shape }) => zeros(shape));
    const world = configureWorld(grid, config.env);
    const view = createView(world);
    const states = valueIteration(grid, 1);
    fill(new Table(params), states.map(({ state }) => pictureHash(view.render({ state, rng: createRng(0), length: 0 }))), states.map(({ value }) => value));
    const opened = { agent, params, config, world, environment: grid } as Partial<MeasuredAgent> as MeasuredAgent;
    expect(tableValues.refuses(opened)).toBeUndefined();
    return tableValues.measure({ opened, episodes: 1, rng: createRng(0) });
  };

  it('is nothing where the table is right, and the mean value where it is empty', async () => {
    const right = await measured((table, hashes, values) => hashes.forEach((hash, i) => {
      const row = table.rowOf(hash);
      table.q.fill(values[i], row * 4, row * 4 + 4);
    }));
    expect(right).toEqual({ error: 0, known: 1 });
    const empty = await measured(() => {});
    expect(empty.known).toBe(0);
    // Of 24 cells that are 1 … 8 steps away: 2, 3, 4, 5, 4, 3, 2 and 1 of them.
    expect(empty.error).toBeCloseTo((2 * 1 + 3 * 2 + 4 * 3 + 5 * 4 + 4 * 5 + 3 * 6 + 2 * 7 + 1 * 8) / 24, 6);
  });
});
