import { describe, expect, it } from 'vitest';
import environment from '../../envs/space-invaders.ts';
import { createRng } from '../../src/random.ts';
import { createFrames } from '../../src/world/frames.ts';

const rng = createRng(0);
const [noop, left, right, fire] = [0, 1, 3, 5];
const first = environment.reset(rng);
type State = typeof first;

/** One step in which an action that sticks changes nothing; nobody else moves or shoots unless a timer says so. */
function play(state: Partial<State>, action = noop) {
  return environment.step({ ...first, moveTimer: 9, alienShotTimer: 9, ...state, lastAction: action }, action, rng);
}

const cell = (x: number, y: number) => ({ x, y });

describe('space-invaders', () => {
  it('begins with four rows of six aliens that go left', () => {
    expect(first.aliens).toHaveLength(24);
    const columns = first.aliens.map(({ x }) => x);
    const rows = first.aliens.map(({ y }) => y);
    expect([Math.min(...columns), Math.max(...columns), Math.min(...rows), Math.max(...rows)]).toEqual([2, 7, 0, 3]);
    expect(new Set(first.aliens.map(({ x, y }) => 10 * y + x)).size).toBe(24);
    expect(first).toMatchObject({ x: 5, right: false, moveTimer: 12, alienShotTimer: 10, shotTimer: 0 });
  });

  it('moves the cannon one column and keeps it on the grid', () => {
    expect(play({ x: 5 }, left).state.x).toBe(4);
    expect(play({ x: 5 }, right).state.x).toBe(6);
    expect(play({ x: 0 }, left).state.x).toBe(0);
    expect(play({ x: 9 }, right).state.x).toBe(9);
  });

  it('shoots once in five frames, and bullets go up a row a frame and leave at the top', () => {
    let { state } = play({ x: 0 }, fire);
    expect(state.shots).toEqual([cell(0, 8)]);
    expect(state.shotTimer).toBe(4);
    for (let frame = 1; frame <= 4; frame++) ({ state } = play(state, fire));
    expect(state.shots).toEqual([cell(0, 4)]);
    ({ state } = play(state, fire));
    expect(state.shots).toEqual([cell(0, 3), cell(0, 8)]);
    expect(play({ shots: [cell(0, 0)] }).state.shots).toEqual([]);
  });

  it('pays +1 for each alien that a bullet meets, and both are gone', () => {
    const next = play({ aliens: [cell(4, 2), cell(5, 2), cell(6, 2)], shots: [cell(4, 3), cell(5, 3), cell(6, 4)] });
    expect(next).toMatchObject({ reward: 2, terminated: false });
    expect(next.state.aliens).toEqual([cell(6, 2)]);
    expect(next.state.shots).toEqual([cell(6, 3)]);
  });

  it('marches aside, and at a wall down and the other way', () => {
    const aliens = [cell(1, 2), cell(4, 3)];
    expect(play({ aliens, moveTimer: 1 }).state.aliens).toEqual(aliens);
    const aside = play({ aliens, moveTimer: 0 }).state;
    expect(aside.aliens).toEqual([cell(0, 2), cell(3, 3)]);
    const down = play({ ...aside, moveTimer: 0 }).state;
    expect(down.aliens).toEqual([cell(0, 3), cell(3, 4)]);
    expect(down.right).toBe(true);
    expect(play({ ...down, moveTimer: 0 }).state.aliens).toEqual([cell(1, 3), cell(4, 4)]);
    expect(play({ aliens: [cell(9, 3)], right: true, moveTimer: 0 }).state).toMatchObject({
      aliens: [cell(9, 4)],
      right: false,
    });
  });

  it('marches every 12 frames, sooner with fewer aliens and with every wave', () => {
    const pauseOf = (aliens: number, moveInterval: number) =>
      play({ aliens: first.aliens.slice(0, aliens), moveInterval, moveTimer: 0 }).state.moveTimer + 1;
    expect([24, 13, 12, 5, 1].map((aliens) => pauseOf(aliens, 12))).toEqual([12, 12, 12, 5, 1]);
    expect(pauseOf(24, 6)).toBe(6);
  });

  it('lets the nearest column shoot every ten frames, from its lowest alien', () => {
    const aliens = [cell(2, 0), cell(2, 3), cell(4, 1), cell(8, 2)];
    const shotFrom = (x: number) => play({ aliens, x, alienShotTimer: 0 }).state;
    expect(shotFrom(2).alienShots).toEqual([cell(2, 3)]);
    expect(shotFrom(5).alienShots).toEqual([cell(4, 1)]);
    expect(shotFrom(3).alienShots).toEqual([cell(2, 3)]); // as near as column 4, and left of it
    expect(shotFrom(9).alienShots).toEqual([cell(8, 2)]);
    expect(shotFrom(9).alienShotTimer).toBe(9);
    expect(play({ aliens, alienShotTimer: 1 }).state.alienShots).toEqual([]);
  });

  it('ends where a bullet or an alien reaches the cannon', () => {
    const falling = { x: 5, alienShots: [cell(5, 8)] };
    expect(play(falling)).toMatchObject({ reward: 0, terminated: true });
    expect(play(falling, left).terminated).toBe(false);
    expect(play({ x: 5, alienShots: [cell(5, 7)] }).state.alienShots).toEqual([cell(5, 8)]);
    expect(play({ x: 3, alienShots: [cell(5, 9)] }).state.alienShots).toEqual([]);
    expect(play({ x: 5, aliens: [cell(6, 9)], moveTimer: 0 }).terminated).toBe(true);
    expect(play({ x: 2, aliens: [cell(6, 9)], moveTimer: 0 }).terminated).toBe(false);
    expect(play({ x: 5, aliens: [cell(0, 9)], moveTimer: 0 }).terminated).toBe(true); // landed
  });

  it('sends a faster wave after the last alien, down to a march every six frames', () => {
    const last = { aliens: [cell(4, 2)], shots: [cell(4, 3)] };
    const next = play({ ...last, moveInterval: 12 });
    expect(next).toMatchObject({ reward: 1, terminated: false });
    expect(next.state.aliens).toEqual(first.aliens);
    expect(next.state.moveInterval).toBe(11);
    expect(play({ ...last, moveInterval: 6 }).state.moveInterval).toBe(6);
  });

  it('has an expert that aims and dodges', () => {
    const ready = { ...first, aliens: [cell(5, 3)], moveTimer: 9 };
    expect(environment.expert?.(ready)).toBe(fire);
    expect(environment.expert?.({ ...ready, x: 2 })).toBe(right);
    expect([left, right]).toContain(environment.expert?.({ ...ready, alienShots: [cell(5, 8)] }));
  });

  it.each([64, 32])('shows where the aliens go at %i×%i', (size) => {
    const frames = createFrames(size);
    const [a, b] = [true, false].map((goesRight) => frames.render(environment, { ...first, right: goesRight }));
    expect(a.filter((value, i) => Math.abs(value - b[i]) > 40).length).toBeGreaterThan(100);
  });
});
