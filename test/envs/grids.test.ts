/** The grid worlds: walls, falls, keys and goals, and players that know the shortest way. */
import { describe, expect, it } from 'vitest';
import cliff from '../../envs/cliff-walking.ts';
import lake from '../../envs/frozen-lake.ts';
import slippery from '../../envs/frozen-lake-slippery.ts';
import grid from '../../envs/grid-world.ts';
import keyDoor from '../../envs/key-door.ts';
import maze from '../../envs/maze.ts';
import taxi from '../../envs/taxi.ts';
import { createRng } from '../../src/random.ts';
import type { Environment } from '../../src/types.ts';

const rng = createRng(0);

/** Return and length of an episode that the expert plays. */
function playExpert<S>(world: Environment<S>, seed: number): { total: number; length: number } {
  const stream = rng.split(seed);
  let state = world.reset(stream);
  let total = 0;
  for (let length = 1; length <= world.maxSteps; length++) {
    const next = world.step(state, world.expert?.(state) ?? 0, stream);
    total += next.reward;
    if (next.terminated) return { total, length };
    state = next.state;
  }
  return { total, length: world.maxSteps };
}

describe('frozen-lake', () => {
  const [left, down, right, up] = [0, 1, 2, 3];

  it('stops at the border, breaks in at holes and pays at the goal', () => {
    expect(lake.step({ row: 0, column: 0 }, left, rng).state).toEqual({ row: 0, column: 0 });
    expect(lake.step({ row: 0, column: 0 }, up, rng).state).toEqual({ row: 0, column: 0 });
    const hole = { state: { row: 1, column: 1 }, reward: 0, terminated: true };
    expect(lake.step({ row: 0, column: 1 }, down, rng)).toEqual(hole);
    const goal = { state: { row: 3, column: 3 }, reward: 1, terminated: true };
    expect(lake.step({ row: 3, column: 2 }, right, rng)).toEqual(goal);
  });

  it('slips to either side, never back, a third of the time each', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 3000; i++) {
      const { row, column } = slippery.step({ row: 2, column: 1 }, right, rng).state;
      counts.set(`${row},${column}`, (counts.get(`${row},${column}`) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(['1,1', '2,2', '3,1']);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(130); // 5 standard deviations
  });

  it('has an expert that takes the 6 steps there are', () => {
    expect(playExpert(lake, 0)).toEqual({ total: 1, length: 6 });
  });
});

describe('cliff-walking', () => {
  it('puts who falls back to the start, for −100 and without an end', () => {
    const fallen = { state: { row: 3, column: 0 }, reward: -100, terminated: false };
    expect(cliff.step({ row: 3, column: 0 }, 1, rng)).toEqual(fallen);
    expect(cliff.step({ row: 2, column: 10 }, 2, rng)).toEqual(fallen);
    expect(cliff.step({ row: 2, column: 11 }, 2, rng)).toMatchObject({ reward: -1, terminated: true });
  });

  it('has an expert that walks along the edge', () => {
    expect(playExpert(cliff, 0)).toEqual({ total: -13, length: 13 });
  });
});

describe('taxi', () => {
  const [, , east, west, pickUp, setDown] = [0, 1, 2, 3, 4, 5];
  const state = { row: 0, column: 0, passenger: 0, destination: 1 };

  it('begins anywhere, with a passenger who wants to go somewhere else', () => {
    const seen = new Set<number>();
    for (let e = 0; e < 10_000; e++) {
      const first = taxi.reset(rng);
      expect(first.passenger).not.toBe(first.destination);
      seen.add(taxi.recording?.toVector(first)[0] ?? -1);
    }
    expect(seen.size).toBe(25 * 4 * 3);
  });

  it('does not drive through walls, from either side', () => {
    expect(taxi.step({ ...state, column: 1 }, east, rng).state.column).toBe(1);
    expect(taxi.step({ ...state, column: 2 }, west, rng).state.column).toBe(2);
    expect(taxi.step({ ...state, row: 2, column: 1 }, east, rng).state.column).toBe(2);
  });

  it('pays for wrong stops, and lets a passenger out at any stand', () => {
    expect(taxi.step({ ...state, column: 1 }, pickUp, rng).reward).toBe(-10);
    expect(taxi.step(state, pickUp, rng)).toMatchObject({ state: { passenger: 4 }, reward: -1, terminated: false });
    const riding = { ...state, passenger: 4 };
    expect(taxi.step({ ...riding, row: 1 }, setDown, rng).reward).toBe(-10);
    expect(taxi.step(riding, setDown, rng)).toMatchObject({ state: { passenger: 0 }, reward: -1, terminated: false });
    const arrived = { state: { passenger: 1 }, reward: 20, terminated: true };
    expect(taxi.step({ ...riding, column: 4 }, setDown, rng)).toMatchObject(arrived);
  });

  it('has an expert that needs no detour', () => {
    // From stand 0 around the wall to stand 1: a stop, 8 steps, and the stop that pays 20.
    let at = state;
    const rewards: number[] = [];
    for (let terminated = false; !terminated && rewards.length < 200; ) {
      const next = taxi.step(at, taxi.expert?.(at) ?? 0, rng);
      rewards.push(next.reward);
      ({ state: at, terminated } = next);
    }
    expect(rewards).toEqual([...new Array<number>(9).fill(-1), 20]);
  });
});

describe('grid-world', () => {
  it('begins anywhere but at the goal, and costs one a step', () => {
    const seen = new Set<string>();
    for (let e = 0; e < 2000; e++) seen.add(JSON.stringify(grid.reset(rng)));
    expect(seen.size).toBe(24);
    expect(seen).not.toContain(JSON.stringify({ row: 4, column: 4 }));
    expect(grid.step({ row: 4, column: 3 }, 1, rng)).toMatchObject({ reward: -1, terminated: true });
    expect(grid.step({ row: 0, column: 0 }, 0, rng)).toMatchObject({ state: { row: 0, column: 0 }, reward: -1 });
  });

  it('has an expert that takes as many steps as the goal is away', () => {
    for (let e = 0; e < 20; e++) {
      const { row, column } = grid.reset(rng.split(e));
      expect(playExpert(grid, e).length).toBe(4 - row + 4 - column);
    }
  });
});

describe('maze', () => {
  it('is new in every episode, with one way between any two rooms', () => {
    const mazes = new Set<string>();
    for (let e = 0; e < 100; e++) {
      const { cells, at, goal } = maze.reset(rng.split(e));
      mazes.add(cells);
      expect(at).not.toBe(goal);
      const open = [...cells].flatMap((cell, i) => (cell === '.' ? [i] : []));
      // A tree: 16 rooms, 15 passages between them, and everything can be reached.
      expect(open).toHaveLength(31);
      const reached = new Set([at]);
      for (const cell of reached) {
        for (const next of [cell - 9, cell + 1, cell + 9, cell - 1]) if (cells[next] === '.') reached.add(next);
      }
      expect(reached.size).toBe(31);
    }
    expect(mazes.size).toBeGreaterThan(95);
  });

  it('has walls, and pays at the goal alone', () => {
    const cells = ['#########', '#...#####', ...new Array<string>(7).fill('#########')].join('');
    const state = { cells, at: 10, goal: 12 };
    expect(maze.step(state, 0, rng)).toEqual({ state, reward: 0, terminated: false });
    expect(maze.step(state, 1, rng)).toEqual({ state: { ...state, at: 11 }, reward: 0, terminated: false });
    expect(maze.step({ ...state, at: 11 }, 1, rng)).toMatchObject({ reward: 1, terminated: true });
  });

  it('has an expert that always arrives', () => {
    for (let e = 0; e < 100; e++) expect(playExpert(maze, e).total).toBe(1);
  });
});

describe('key-door', () => {
  // The wall is column 3, its door row 0; the key lies in the top left corner, the goal right behind the door.
  const state = { wall: 3, door: 0, at: 2, key: 0, hasKey: false, goal: 4 };
  const [, right, , left] = [0, 1, 2, 3];

  it('opens the door for the key alone, and the wall for nobody', () => {
    expect(keyDoor.step(state, right, rng)).toEqual({ state, reward: 0, terminated: false });
    const open = { ...state, hasKey: true };
    expect(keyDoor.step(open, right, rng).state.at).toBe(3);
    expect(keyDoor.step({ ...open, at: 9 }, right, rng).state.at).toBe(9);
  });

  it('takes the key by walking over it, for no reward, and keeps it', () => {
    const taken = keyDoor.step({ ...state, at: 1 }, left, rng);
    expect(taken).toEqual({ state: { ...state, at: 0, hasKey: true }, reward: 0, terminated: false });
    expect(keyDoor.step(taken.state, right, rng).state).toMatchObject({ at: 1, hasKey: true });
  });

  it('pays at the goal', () => {
    expect(keyDoor.step({ ...state, at: 3, hasKey: true }, right, rng)).toMatchObject({ reward: 1, terminated: true });
  });

  it('begins with key and walker apart on the left of the wall, and the goal on its right', () => {
    const walls = new Set<number>();
    for (let e = 0; e < 2000; e++) {
      const { wall, door, at, key, hasKey, goal } = keyDoor.reset(rng);
      walls.add(wall);
      expect([hasKey, at === key]).toEqual([false, false]);
      expect(Math.max(at % 7, key % 7)).toBeLessThan(wall);
      expect(goal % 7).toBeGreaterThan(wall);
      expect(Math.max(at, key, goal)).toBeLessThan(49);
      expect(door).toBeLessThan(7);
    }
    expect([...walls].sort()).toEqual([2, 3, 4]);
  });

  it('has an expert that always arrives', () => {
    for (let e = 0; e < 100; e++) expect(playExpert(keyDoor, e).total).toBe(1);
  });
});
