import { describe, expect, it } from 'vitest';
import environment from '../../envs/asterix.ts';
import { createRng } from '../../src/random.ts';

const rng = createRng(0);
const [noop, left, up, right, down] = [0, 1, 2, 3, 4];
const first = environment.reset(rng);
type State = typeof first;
type Walker = NonNullable<State['lanes'][number]>;

function play(state: Partial<State>, action = noop) {
  return environment.step({ ...first, ...state, lastAction: action }, action, rng);
}

function lanes(walkers: Readonly<Record<number, Walker>>): State['lanes'] {
  return Array.from({ length: 8 }, (_, lane) => walkers[lane + 1] ?? null);
}

const enemy = (x: number, goesRight = true): Walker => ({ x, right: goesRight, isTreasure: false });
const treasure = (x: number, goesRight = true): Walker => ({ ...enemy(x, goesRight), isTreasure: true });

describe('asterix', () => {
  it('moves one cell in four directions, within rows 1 to 8', () => {
    const at = (x: number, y: number, action: number) => {
      const { state } = play({ x, y }, action);
      return [state.x, state.y];
    };
    expect(at(5, 5, left)).toEqual([4, 5]);
    expect(at(5, 5, right)).toEqual([6, 5]);
    expect(at(5, 5, up)).toEqual([5, 4]);
    expect(at(5, 5, down)).toEqual([5, 6]);
    expect(at(0, 1, left)).toEqual([0, 1]);
    expect(at(9, 8, right)).toEqual([9, 8]);
    expect(at(0, 1, up)).toEqual([0, 1]);
    expect(at(9, 8, down)).toEqual([9, 8]);
  });

  it('pays +1 for a treasure, which is gone, and ends at an enemy', () => {
    const found = play({ x: 4, y: 5, lanes: lanes({ 5: treasure(5), 6: enemy(5) }) }, right);
    expect(found).toMatchObject({ reward: 1, terminated: false });
    expect(found.state.lanes).toEqual(lanes({ 6: enemy(5) }));
    expect(play({ x: 4, y: 5, lanes: lanes({ 5: enemy(5) }) }, right)).toMatchObject({ reward: 0, terminated: true });
    expect(play({ x: 4, y: 5, lanes: lanes({ 5: enemy(5) }) }, noop).terminated).toBe(false);
  });

  it('moves everything once in five frames, into the player too, and off the grid', () => {
    const walkers = lanes({ 1: enemy(9), 2: treasure(0, false), 3: enemy(3), 4: enemy(3, false) });
    expect(play({ lanes: walkers, moveTimer: 1 }).state.lanes).toEqual(walkers);
    const next = play({ lanes: walkers, moveTimer: 0 }).state;
    expect(next.lanes).toEqual(lanes({ 3: enemy(4), 4: enemy(2, false) }));
    expect(next.moveTimer).toBe(4);
    expect(play({ x: 5, y: 5, lanes: lanes({ 5: enemy(4) }), moveTimer: 0 }).terminated).toBe(true);
    expect(play({ x: 5, y: 5, lanes: lanes({ 5: treasure(6, false) }), moveTimer: 0 }).reward).toBe(1);
  });

  it('lets something new in every ten frames, at a wall of a free lane, one treasure in three', () => {
    const free = lanes({ 1: enemy(4), 2: enemy(4), 3: enemy(4), 4: enemy(4), 6: enemy(4), 7: enemy(4), 8: enemy(4) });
    const spawned = Array.from({ length: 3000 }, () => {
      const { state } = play({ x: 5, y: 1, lanes: free, spawnTimer: 0 });
      expect(state.lanes.filter((walker, lane) => walker !== free[lane])).toHaveLength(1);
      expect(state.spawnTimer).toBe(9);
      return state.lanes[4] ?? enemy(-1);
    });
    expect(spawned.every(({ x, right: goesRight }) => x === (goesRight ? 0 : 9))).toBe(true);
    // 5 standard deviations
    expect(Math.abs(spawned.filter(({ isTreasure }) => isTreasure).length - 1000)).toBeLessThan(130);
    expect(Math.abs(spawned.filter((walker) => walker.right).length - 1500)).toBeLessThan(138);
    const full = free.with(4, enemy(4));
    expect(play({ x: 5, y: 1, lanes: full, spawnTimer: 0 }).state.lanes).toEqual(full);
    expect(play({ spawnTimer: 1 }).state.lanes).toEqual(lanes({}));
  });

  it('grows faster every 100 frames', () => {
    let state = first;
    const grown: (readonly number[])[] = [];
    for (let frame = 1; frame <= 402; frame++) {
      const level = state.pace.level;
      // Nobody comes in, so that the player lives on.
      state = environment.step({ ...state, spawnTimer: 5 }, noop, rng).state;
      if (state.pace.level > level) grown.push([frame, state.pace.spawnInterval, state.pace.moveInterval]);
    }
    expect(grown).toEqual([[101, 9, 5], [201, 8, 4], [301, 7, 4], [401, 6, 3]]);
  });

  it('has an expert that goes for treasure around enemies', () => {
    const near = (walkers: Readonly<Record<number, Walker>>) =>
      environment.expert?.({ ...first, moveTimer: 4, lanes: lanes(walkers) });
    expect(near({ 5: treasure(7, false) })).toBe(right);
    expect(near({ 3: treasure(5) })).toBe(up);
    expect(near({ 5: enemy(4) })).not.toBe(noop); // about to be walked into
  });
});
