import { describe, expect, it } from 'vitest';
import environment from '../../envs/cartpole.ts';
import { createRng } from '../../src/random.ts';
import { createFrames, defaultPalette } from '../../src/world/frames.ts';

const rng = createRng(0);
const still = { x: 0, xDot: 0, theta: 0, thetaDot: 0 };
const limit = (12 * Math.PI) / 180;

/** Pixels of a colour, as [row, column] of their middle. */
function pixelsOf(picture: Uint8Array, size: number, colour: string): (readonly [number, number])[] {
  const wanted = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  const found: (readonly [number, number])[] = [];
  for (let i = 0; i < size * size; i++) {
    if (wanted.every((value, c) => Math.abs(picture[3 * i + c] - value) < 40)) {
      found.push([Math.floor(i / size) + 0.5, (i % size) + 0.5]);
    }
  }
  return found;
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

describe('cartpole', () => {
  it('begins within 0.05 of rest, in all four numbers', () => {
    const states = Array.from({ length: 1000 }, () => Object.values(environment.reset(rng)));
    for (let i = 0; i < 4; i++) {
      const values = states.map((state) => state[i]);
      expect(Math.min(...values)).toBeGreaterThanOrEqual(-0.05);
      expect(Math.max(...values)).toBeLessThan(0.05);
      expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(0.095);
    }
  });

  it('ends beyond 12° or 2.4 m, and pays for that step as well', () => {
    const moving = (state: Partial<typeof still>) => environment.step({ ...still, ...state }, 1, rng);
    expect(moving({ theta: limit - 0.001, thetaDot: 1 })).toMatchObject({ reward: 1, terminated: true });
    expect(moving({ theta: limit - 0.001, thetaDot: -1 })).toMatchObject({ reward: 1, terminated: false });
    expect(moving({ x: -2.39, xDot: -1 })).toMatchObject({ reward: 1, terminated: true });
    expect(moving({ x: -2.39, xDot: 1 })).toMatchObject({ reward: 1, terminated: false });
  });

  it('has an expert that balances to the time limit', () => {
    for (let e = 0; e < 50; e++) {
      let state = environment.reset(rng.split(e));
      for (let t = 0; t < 500; t++) {
        const next = environment.step(state, environment.expert?.(state) ?? 0, rng);
        expect(next.terminated).toBe(false);
        state = next.state;
      }
    }
  });

  it.each([
    { size: 64, pixels: 6 },
    { size: 32, pixels: 3 },
  ])('moves the tip of the pole by $pixels pixels or more for 12° at $size×$size', ({ size, pixels }) => {
    const frames = createFrames(size);
    const tip = (theta: number) => {
      const pole = pixelsOf(frames.render(environment, { ...still, theta }), size, defaultPalette.goal);
      const top = Math.min(...pole.map(([row]) => row));
      return mean(pole.filter(([row]) => row === top).map(([, column]) => column));
    };
    expect(tip(limit) - tip(0)).toBeGreaterThanOrEqual(pixels);
    expect(tip(0) - tip(-limit)).toBeGreaterThanOrEqual(pixels);
  });

  it.each([64, 32])('shows the whole cart anywhere on the track at %i×%i', (size) => {
    const frames = createFrames(size);
    const cart = (x: number) => pixelsOf(frames.render(environment, { ...still, x }), size, defaultPalette.agent);
    for (const x of [-2.4, -1.2, 1.2, 2.4]) expect(cart(x).length / cart(0).length).toBeGreaterThan(0.85);
  });
});
