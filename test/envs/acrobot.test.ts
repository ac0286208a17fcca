import { describe, expect, it } from 'vitest';
import environment from '../../envs/acrobot.ts';
import { createRng } from '../../src/random.ts';

const rng = createRng(0);
const hanging = { theta1: 0, theta2: 0, theta1Dot: 0, theta2Dot: 0 };
const [minus, none, plus] = [0, 1, 2];

describe('acrobot', () => {
  it('begins within 0.1 of hanging at rest, in all four numbers', () => {
    const states = Array.from({ length: 1000 }, () => Object.values(environment.reset(rng)));
    for (let i = 0; i < 4; i++) {
      const values = states.map((state) => state[i]);
      expect(Math.min(...values)).toBeGreaterThanOrEqual(-0.1);
      expect(Math.max(...values)).toBeLessThan(0.1);
      expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(0.19);
    }
  });

  it('hangs still without torque, and bends the elbow one way or the other with it', () => {
    // Sines of multiples of π are not exactly 0, so neither is the acceleration.
    for (const value of Object.values(environment.step(hanging, none, rng).state)) expect(value).toBeCloseTo(0, 12);
    const { theta1, theta2 } = environment.step(hanging, plus, rng).state;
    expect(theta2).toBeGreaterThan(0.01);
    expect(theta1).toBeLessThan(-0.001);
    expect(environment.step(hanging, minus, rng).state.theta2).toBeCloseTo(-theta2, 9);
  });

  it('ends where the free end is more than one link above the bar, for which it pays 0', () => {
    // Stretched out at an angle of θ, the end is −2 cos θ above the bar: above 1 from 120° on.
    const at = (degrees: number) => environment.step({ ...hanging, theta1: (degrees * Math.PI) / 180 }, none, rng);
    expect(at(125)).toMatchObject({ reward: 0, terminated: true });
    expect(at(110)).toMatchObject({ reward: -1, terminated: false });
  });

  it('keeps angles within ±π and speeds within 4π and 9π', () => {
    const { state } = environment.step({ theta1: 3.1, theta2: -3.1, theta1Dot: 12, theta2Dot: -28 }, none, rng);
    expect(Math.abs(state.theta1)).toBeLessThanOrEqual(Math.PI);
    expect(Math.abs(state.theta2)).toBeLessThanOrEqual(Math.PI);
    const fast = environment.step({ ...hanging, theta2Dot: -90 }, none, rng).state;
    expect([fast.theta1Dot, fast.theta2Dot].map(Math.abs)).toEqual([4 * Math.PI, 9 * Math.PI]);
  });

  it('has an expert that swings up in some 80 steps', () => {
    let total = 0;
    for (let e = 0; e < 50; e++) {
      let state = environment.reset(rng.split(e));
      for (let terminated = false, t = 0; !terminated && t < 500; t++, total++) {
        ({ state, terminated } = environment.step(state, environment.expert?.(state) ?? none, rng));
      }
    }
    expect(total / 50).toBeLessThan(100);
  });
});
