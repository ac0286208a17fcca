import { describe, expect, it } from 'vitest';
import environment from '../../envs/catch.ts';
import { createRng } from '../../src/random.ts';

const rng = createRng(0);
const [left, stay, right] = [0, 1, 2];

describe('catch', () => {
  it('begins with the ball in the top row, in every column alike, and the paddle in the middle', () => {
    const counts = [0, 0, 0, 0, 0];
    for (let e = 0; e < 5000; e++) {
      const { ballX, ballY, paddleX } = environment.reset(rng);
      expect([ballY, paddleX]).toEqual([0, 2]);
      counts[ballX]++;
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150); // 5 standard deviations
  });

  it('lets the ball fall one row a step and keeps the paddle on the board', () => {
    const state = { ballX: 3, ballY: 2, paddleX: 1 };
    expect(environment.step(state, left, rng).state).toEqual({ ballX: 3, ballY: 3, paddleX: 0 });
    expect(environment.step(state, stay, rng).state).toEqual({ ballX: 3, ballY: 3, paddleX: 1 });
    expect(environment.step(state, right, rng).state).toEqual({ ballX: 3, ballY: 3, paddleX: 2 });
    expect(environment.step({ ...state, paddleX: 0 }, left, rng).state.paddleX).toBe(0);
    expect(environment.step({ ...state, paddleX: 4 }, right, rng).state.paddleX).toBe(4);
  });

  it('pays only when the ball arrives, counting where the paddle has moved to', () => {
    const above = { ballX: 2, ballY: 8, paddleX: 1 };
    expect(environment.step(above, right, rng)).toMatchObject({ reward: 1, terminated: true });
    expect(environment.step(above, stay, rng)).toMatchObject({ reward: -1, terminated: true });
    expect(environment.step({ ...above, ballY: 7 }, right, rng)).toMatchObject({ reward: 0, terminated: false });
  });

  it('ends after 9 actions, before the time limit', () => {
    let state = environment.reset(rng);
    let terminated = false;
    let length = 0;
    while (!terminated) {
      ({ state, terminated } = environment.step(state, stay, rng));
      length++;
    }
    expect(length).toBe(9);
    expect(environment.maxSteps).toBeGreaterThan(length);
  });

  it('has an expert that moves towards the ball', () => {
    const state = { ballX: 2, ballY: 0, paddleX: 2 };
    expect(environment.expert?.(state)).toBe(stay);
    expect(environment.expert?.({ ...state, paddleX: 4 })).toBe(left);
    expect(environment.expert?.({ ...state, paddleX: 0 })).toBe(right);
  });
});
