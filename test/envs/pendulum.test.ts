import { describe, expect, it } from 'vitest';
import environment from '../../envs/pendulum.ts';
import { createRng } from '../../src/random.ts';

const rng = createRng(0);

describe('pendulum', () => {
  it('begins at any angle with a speed within 1', () => {
    const states = Array.from({ length: 1000 }, () => environment.reset(rng));
    const angles = states.map(({ theta }) => theta);
    const speeds = states.map(({ thetaDot }) => thetaDot);
    expect(Math.max(...angles)).toBeLessThan(Math.PI);
    expect(Math.max(...angles)).toBeGreaterThan(3.1);
    expect(Math.min(...angles)).toBeLessThan(-3.1);
    expect(Math.max(...speeds)).toBeLessThan(1);
    expect(Math.max(...speeds) - Math.min(...speeds)).toBeGreaterThan(1.95);
  });

  it('costs what the state was before the step, with the angle wrapped and the torque clipped', () => {
    const state = { theta: 2 * Math.PI + 0.5, thetaDot: 2 };
    // 0.5² + 0.1 · 2² + 0.001 · 2², whatever is asked for beyond a torque of 2.
    expect(environment.step(state, [5], rng).reward).toBeCloseTo(-0.654, 12);
    // Speed 2 + 0.05 · (15 sin 0.5 + 3 · 2), and the angle moves with the new speed.
    const { thetaDot, theta } = environment.step(state, [5], rng).state;
    expect(thetaDot).toBeCloseTo(2.659569, 6);
    expect(theta - state.theta).toBeCloseTo(0.132978, 6);
  });

  it('clips the speed at 8 and never ends by itself', () => {
    const fast = environment.step({ theta: Math.PI / 2, thetaDot: 7.9 }, [2], rng);
    expect(fast.state.thetaDot).toBe(8);
    expect(fast.terminated).toBe(false);
  });

  it('has an expert that ends upright from hanging down', () => {
    let state = { theta: Math.PI, thetaDot: 0 };
    for (let t = 0; t < 200; t++) state = environment.step(state, environment.expert?.(state) ?? [0], rng).state;
    expect(Math.cos(state.theta)).toBeGreaterThan(0.999);
    expect(Math.abs(state.thetaDot)).toBeLessThan(0.1);
  });
});
