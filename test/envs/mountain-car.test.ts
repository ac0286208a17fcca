import { describe, expect, it } from 'vitest';
import continuous from '../../envs/mountain-car-continuous.ts';
import environment from '../../envs/mountain-car.ts';
import { createRng } from '../../src/random.ts';
import { createFrames, defaultPalette } from '../../src/world/frames.ts';

const rng = createRng(0);
const [left, coast, right] = [0, 1, 2];

describe.each([environment, continuous])('$name', (world) => {
  it('begins at rest, anywhere from −0.6 to −0.4', () => {
    const states = Array.from({ length: 1000 }, () => world.reset(rng));
    const positions = states.map(({ position }) => position);
    expect(Math.min(...positions)).toBeGreaterThanOrEqual(-0.6);
    expect(Math.max(...positions)).toBeLessThan(-0.4);
    expect(Math.max(...positions) - Math.min(...positions)).toBeGreaterThan(0.195);
    expect(states.every(({ velocity }) => velocity === 0)).toBe(true);
  });

  it.each([64, 32])('shows the whole car anywhere in the valley at %i×%i', (size) => {
    const frames = createFrames(size);
    const body = [1, 3, 5].map((at) => Number.parseInt(defaultPalette.agent.slice(at, at + 2), 16));
    const pixels = (position: number) => {
      const picture = frames.render(world, { position, velocity: 0 });
      return Array.from({ length: size * size }, (_, i) => i).filter((i) =>
        body.every((value, c) => Math.abs(picture[3 * i + c] - value) < 40),
      ).length;
    };
    for (const position of [-1.2, -0.8, 0, 0.6]) expect(pixels(position) / pixels(-0.5)).toBeGreaterThan(0.75);
  });
});

describe('mountain-car', () => {
  it('is pulled to the valley, pushed by a thousandth and stopped at 0.07', () => {
    const at = { position: 0, velocity: 0 }; // cos 0 = 1: the pull is 0.0025 to the left
    expect(environment.step(at, coast, rng).state.velocity).toBeCloseTo(-0.0025, 12);
    expect(environment.step(at, right, rng).state.velocity).toBeCloseTo(-0.0015, 12);
    expect(environment.step(at, left, rng).state).toEqual({ position: -0.0035, velocity: -0.0035 });
    expect(environment.step({ position: 0, velocity: 0.09 }, right, rng).state.velocity).toBe(0.07);
  });

  it('stands still at the left wall', () => {
    const state = { position: -1.19, velocity: -0.06 };
    expect(environment.step(state, left, rng).state).toEqual({ position: -1.2, velocity: 0 });
  });

  it('ends at the flag at 0.5, and pays −1 for that step as well', () => {
    const from = (position: number) => environment.step({ position, velocity: 0.04 }, right, rng);
    expect(from(0.47)).toMatchObject({ reward: -1, terminated: true });
    expect(from(0.45)).toMatchObject({ reward: -1, terminated: false });
    expect(environment.maxSteps).toBe(200);
  });

  it('has an expert that gets out in fewer than 120 steps', () => {
    for (let position = -0.6; position <= -0.4; position += 0.01) {
      let state = { position, velocity: 0 };
      let steps = 0;
      for (let terminated = false; !terminated && steps < 200; steps++) {
        ({ state, terminated } = environment.step(state, environment.expert?.(state) ?? coast, rng));
      }
      expect(steps).toBeLessThan(120);
    }
  });
});

describe('mountain-car-continuous', () => {
  it('pays a tenth of the squared force, and 100 at the flag at 0.45', () => {
    const at = (velocity: number) => continuous.step({ position: 0.42, velocity }, [0.5], rng);
    expect(at(0.05)).toMatchObject({ reward: 99.975, terminated: true });
    expect(at(0.01)).toMatchObject({ reward: -0.025, terminated: false });
    expect(continuous.maxSteps).toBe(999);
  });

  it('pushes by 0.0015 times the force, which stops at 1', () => {
    const speed = (force: number) => continuous.step({ position: 0, velocity: 0 }, [force], rng).state.velocity;
    expect(speed(0.5)).toBeCloseTo(-0.0025 + 0.00075, 9);
    expect(speed(3)).toBe(speed(1));
  });
});
