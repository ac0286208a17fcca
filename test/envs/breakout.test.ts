import { describe, expect, it } from 'vitest';
import environment from '../../envs/breakout.ts';
import { createRng } from '../../src/random.ts';
import { createFrames } from '../../src/world/frames.ts';

const rng = createRng(0);
const [noop, left, right] = [0, 1, 3];
const first = environment.reset(rng);
type State = typeof first;

/** One step in which an action that sticks changes nothing. */
function play(state: Partial<State>, action = noop) {
  return environment.step({ ...first, ...state, lastAction: action }, action, rng);
}

/** Only the bricks of these cells, as [column, row]. */
function bricks(...cells: (readonly [number, number])[]): readonly boolean[] {
  return Array.from({ length: 30 }, (_, i) => cells.some(([x, y]) => i === (y - 1) * 10 + x));
}

describe('breakout', () => {
  it('begins at either wall below 30 bricks, on the way down, with the paddle at column 4', () => {
    const starts = Array.from({ length: 200 }, () => environment.reset(rng));
    const fromLeft = starts.filter(({ ballX, dx }) => ballX === 0 && dx === 1).length;
    const fromRight = starts.filter(({ ballX, dx }) => ballX === 9 && dx === -1).length;
    expect(fromLeft + fromRight).toBe(200);
    expect(Math.abs(fromLeft - 100)).toBeLessThan(36); // 5 standard deviations
    expect(first).toMatchObject({ ballY: 3, dy: 1, paddle: 4, struck: false });
    expect(first.bricks).toEqual(new Array(30).fill(true));
  });

  it('moves the paddle one column and keeps it on the grid', () => {
    expect(play({ paddle: 4 }, left).state.paddle).toBe(3);
    expect(play({ paddle: 4 }, right).state.paddle).toBe(5);
    expect(play({ paddle: 0 }, left).state.paddle).toBe(0);
    expect(play({ paddle: 9 }, right).state.paddle).toBe(9);
    for (const other of [0, 2, 4, 5]) expect(play({ paddle: 4 }, other).state.paddle).toBe(4);
  });

  it('flies along diagonals, leaves a trail and bounces off the walls', () => {
    const flight = play({ ballX: 4, ballY: 5, dx: 1, dy: 1 }).state;
    expect(flight).toMatchObject({ ballX: 5, ballY: 6, dx: 1, dy: 1, lastX: 4, lastY: 5 });
    const side = play({ ballX: 9, ballY: 5, dx: 1, dy: 1 }).state;
    expect(side).toMatchObject({ ballX: 9, ballY: 6, dx: -1, dy: 1 });
    const top = play({ ballX: 4, ballY: 0, dx: 1, dy: -1, bricks: bricks() }).state;
    expect(top).toMatchObject({ ballX: 5, ballY: 0, dx: 1, dy: 1 });
  });

  it('breaks one brick at a time for +1 and bounces back', () => {
    const below = { ballX: 4, ballY: 4, dx: 1, dy: -1, bricks: bricks([5, 3], [6, 3]) };
    const next = play(below);
    expect(next).toMatchObject({ reward: 1, terminated: false });
    expect(next.state).toMatchObject({ ballX: 5, ballY: 4, dx: 1, dy: 1, struck: true });
    expect(next.state.bricks).toEqual(bricks([6, 3]));
    // Right after a brick the next one lets the ball through.
    const through = play({ ...below, struck: true });
    expect(through.reward).toBe(0);
    expect(through.state).toMatchObject({ ballX: 5, ballY: 3, dy: -1, struck: true });
    expect(through.state.bricks).toEqual(below.bricks);
    expect(play({ ballX: 4, ballY: 5, struck: true }).state.struck).toBe(false);
  });

  it('bounces on where the paddle is under the ball, and back where it is under its arrival', () => {
    const down = { ballX: 4, ballY: 8, dx: 1, dy: 1 };
    const on = play({ ...down, paddle: 4 });
    expect(on).toMatchObject({ reward: 0, terminated: false });
    expect(on.state).toMatchObject({ ballX: 5, ballY: 8, dx: 1, dy: -1 });
    expect(play({ ...down, paddle: 5 }).state).toMatchObject({ ballX: 5, ballY: 8, dx: -1, dy: -1 });
    // In the corner both are the same cell, and the wall has turned the ball already.
    expect(play({ ...down, ballX: 9, paddle: 9 }).state).toMatchObject({ ballX: 9, ballY: 8, dx: -1, dy: -1 });
    // The paddle moves first.
    expect(play({ ...down, paddle: 6 }, left).terminated).toBe(false);
  });

  it('ends where the ball passes the paddle', () => {
    expect(play({ ballX: 4, ballY: 8, dx: 1, dy: 1, paddle: 6 })).toMatchObject({ reward: 0, terminated: true });
    expect(play({ ballX: 4, ballY: 8, dx: 1, dy: 1, paddle: 3 })).toMatchObject({ reward: 0, terminated: true });
  });

  it('puts up a new wall when the ball comes down after the last brick', () => {
    const last = play({ ballX: 4, ballY: 4, dx: 1, dy: -1, bricks: bricks([5, 3]) });
    expect(last.reward).toBe(1);
    expect(last.state.bricks).toEqual(bricks());
    const next = play({ ...last.state, ballX: 4, ballY: 8, paddle: 5 });
    expect(next).toMatchObject({ reward: 0, terminated: false });
    expect(next.state.bricks).toEqual(new Array(30).fill(true));
  });

  it('repeats the last action now and then', () => {
    const state = { ...first, paddle: 4, lastAction: left };
    const moves = Array.from({ length: 2000 }, () => environment.step(state, right, rng).state);
    const stuck = moves.filter(({ paddle }) => paddle === 3);
    expect(Math.abs(stuck.length - 200)).toBeLessThan(68); // 5 standard deviations
    expect(stuck.every(({ lastAction }) => lastAction === left)).toBe(true);
  });

  it('has an expert that meets the ball where it comes down', () => {
    const falling = { ...first, ballX: 2, ballY: 4, dx: 1, dy: 1, bricks: bricks([0, 1]) };
    // It is above column 6 when it reaches row 8.
    const wish = (paddle: number) => environment.expert?.({ ...falling, paddle });
    expect([9, 7, 6, 5, 0].map(wish)).toEqual([left, left, noop, right, right]);
    const broken = { ...falling, dy: -1, bricks: bricks([3, 3]) }; // bounces off the brick first, at column 3
    expect([8, 7, 6].map((paddle) => environment.expert?.({ ...broken, paddle }))).toEqual([left, noop, right]);
  });

  it.each([64, 32])('shows by its trail where the ball goes at %i×%i', (size) => {
    const frames = createFrames(size);
    const picture = (lastX: number) => frames.render(environment, { ...first, ballX: 5, ballY: 6, lastX, lastY: 5 });
    const [a, b] = [picture(4), picture(6)];
    expect(a.filter((value, i) => Math.abs(value - b[i]) > 25).length).toBeGreaterThan(6);
  });
});
