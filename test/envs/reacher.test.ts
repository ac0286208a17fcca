import { describe, expect, it } from 'vitest';
import environment, { positions } from '../../envs/reacher.ts';
import type { ReacherState } from '../../envs/reacher.ts';
import { createRng } from '../../src/random.ts';
import { createFrames, defaultPalette } from '../../src/world/frames.ts';

const rng = createRng(0);
const straight: ReacherState = { angles: [0, 0], speeds: [0, 0], target: [0.6, 0] };

function arm(change: Partial<ReacherState>): ReacherState {
  return { ...straight, ...change };
}

const after = (state: ReacherState, action: readonly number[]) => environment.step(state, action, rng).state;

function distance({ angles, target }: ReacherState): number {
  const { tip } = positions(angles);
  return Math.hypot(target[0] - tip[0], target[1] - tip[1]);
}

/** Momentum and energy of the two rods, from how their ends move and not from the equations of the joints. */
function motion({ angles, speeds }: ReacherState): { readonly momentum: number; readonly energy: number } {
  const { elbow, tip } = positions(angles);
  const turn = speeds[0] + speeds[1];
  const elbowVelocity = [-elbow[1] * speeds[0], elbow[0] * speeds[0]];
  const tipVelocity = [elbowVelocity[0] - (tip[1] - elbow[1]) * turn, elbowVelocity[1] + (tip[0] - elbow[0]) * turn];
  const rods = [
    { from: [0, 0], fromVelocity: [0, 0], to: elbow, toVelocity: elbowVelocity },
    { from: elbow, fromVelocity: elbowVelocity, to: tip, toVelocity: tipVelocity },
  ];
  const dot = (a: readonly number[], b: readonly number[]) => a[0] * b[0] + a[1] * b[1];
  const cross = (a: readonly number[], b: readonly number[]) => a[0] * b[1] - a[1] * b[0];
  // Along a rod of 1 kg both change linearly, so ∫ f·g = (2f₀g₀ + f₀g₁ + f₁g₀ + 2f₁g₁) / 6.
  const along = (product: typeof dot, f: readonly (readonly number[])[], g: readonly (readonly number[])[]) =>
    (2 * product(f[0], g[0]) + product(f[0], g[1]) + product(f[1], g[0]) + 2 * product(f[1], g[1])) / 6;
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  return {
    momentum: sum(rods.map((rod) => along(cross, [rod.from, rod.to], [rod.fromVelocity, rod.toVelocity]))),
    energy:
      sum(rods.map(({ fromVelocity, toVelocity }) => {
        return along(dot, [fromVelocity, toVelocity], [fromVelocity, toVelocity]);
      })) / 2,
  };
}

describe('reacher', () => {
  it('has two links of half a metre', () => {
    const close = (at: readonly number[]) => at.map((value) => expect.closeTo(value, 9));
    expect(positions([0, 0])).toEqual({ elbow: close([0.5, 0]), tip: close([1, 0]) });
    expect(positions([Math.PI / 2, 0])).toEqual({ elbow: close([0, 0.5]), tip: close([0, 1]) });
    expect(positions([Math.PI / 2, -Math.PI / 2])).toEqual({ elbow: close([0, 0.5]), tip: close([0.5, 0.5]) });
    expect(positions([0.3, Math.PI]).tip).toEqual(close([0, 0]));
  });

  it('puts the target where the arm can reach it, alike in every direction', () => {
    const targets = Array.from({ length: 2000 }, () => environment.reset(rng).target);
    const radii = targets.map(([x, y]) => Math.hypot(x, y));
    expect(Math.min(...radii)).toBeGreaterThanOrEqual(0.25);
    expect(Math.max(...radii)).toBeLessThanOrEqual(0.95);
    // Uniform over the ring: half of it lies beyond √((0.25² + 0.95²) / 2) = 0.6946.
    expect(Math.abs(radii.filter((radius) => radius > 0.6946).length - 1000)).toBeLessThan(112); // 5 deviations
    expect(Math.abs(targets.filter(([x]) => x > 0).length - 1000)).toBeLessThan(112);
  });

  it('pays minus the distance after the step, and 0.1 for full torque', () => {
    expect(environment.step(arm({ target: [0.4, 0.8] }), [0, 0], rng).reward).toBeCloseTo(-1, 9);
    const full = environment.step(straight, [1, -1], rng);
    expect(full.reward).toBeCloseTo(-distance(full.state) - 0.1, 9);
    const half = environment.step(straight, [0.5, 0], rng);
    expect(half.reward).toBeCloseTo(-distance(half.state) - 0.0125, 9);
    expect(environment.step(straight, [3, -9], rng)).toEqual(full);
  });

  interface Move {
    readonly state: ReacherState;
    readonly next: ReacherState;
    /** N·m */
    readonly torques: readonly number[];
  }

  /** Fifty steps of small torques that swing the whole arm about. */
  function swing(): readonly Move[] {
    let next = arm({ angles: [0.2, 1], speeds: [1, -2] });
    return Array.from({ length: 50 }, (_, t) => {
      const state = next;
      const action = [0.3 * Math.sin(t / 5), 0.3 * Math.cos(t / 3)];
      next = after(state, action);
      return { state, next, torques: [8 * action[0], 4 * action[1]] };
    });
  }

  it('gains the angular momentum that the shoulder gives and its damping takes, whatever the elbow does', () => {
    // dL/dt = torque − 1 · speed in the shoulder.
    const moves = swing();
    let expected = motion(moves[0].state).momentum;
    for (const { state, next, torques } of moves) {
      expected += torques[0] * 0.05 - (next.angles[0] - state.angles[0]);
      expect(Math.abs(motion(next).momentum - expected)).toBeLessThan(0.03);
    }
    expect(Math.max(...moves.map(({ next }) => motion(next).momentum))).toBeGreaterThan(0.6);
  });

  it('gains the energy that the torques give and the damping takes', () => {
    const moves = swing();
    let expected = motion(moves[0].state).energy;
    for (const { state, next, torques } of moves) {
      for (const joint of [0, 1]) {
        const heat = [1, 0.5][joint] * ((state.speeds[joint] ** 2 + next.speeds[joint] ** 2) / 2) * 0.05;
        expected += torques[joint] * (next.angles[joint] - state.angles[joint]) - heat;
      }
      expect(Math.abs(motion(next).energy - expected)).toBeLessThan(0.05);
    }
    expect(Math.max(...moves.map(({ next }) => motion(next).energy))).toBeGreaterThan(0.4);
  });

  it('has an expert that reaches every target and stays', () => {
    for (let e = 0; e < 200; e++) {
      let state = environment.reset(rng.split(e));
      const distances = Array.from({ length: environment.maxSteps }, () => {
        state = after(state, environment.expert?.(state) as readonly number[]);
        return distance(state);
      });
      expect(Math.max(...distances.slice(-10))).toBeLessThan(0.1);
    }
  });

  it('draws the arm where the kinematics says, y upwards', () => {
    const size = 100;
    const picture = createFrames(size).render(environment, arm({ angles: [0.9, 0.5], target: [-0.6, -0.6] }));
    const colorAt = ([x, y]: readonly [number, number]) => {
      const at = 3 * (Math.round(size * (0.5 - 0.44 * y)) * size + Math.round(size * (0.5 + 0.44 * x)));
      return `#${Buffer.from(picture.subarray(at, at + 3)).toString('hex')}`;
    };
    const { danger, accent, agent, goal, background } = defaultPalette;
    // By hand: the elbow at ½ (cos 0.9, sin 0.9), the tip at ½ (cos 1.4, sin 1.4) from there.
    const tip = [0.3108 + 0.085, 0.3917 + 0.4927] as const;
    expect(colorAt(tip)).toBe(danger);
    expect(colorAt([0.3108 / 2, 0.3917 / 2])).toBe(accent); // half-way to the elbow
    expect(colorAt([0.3108 + 0.0425, 0.3917 + 0.2464])).toBe(agent); // half-way from there to the tip
    expect(colorAt([-0.6, -0.6])).toBe(goal);
    const mirrored = [[tip[0], -tip[1]], [-tip[0], tip[1]], [-0.6, 0.6], [0.6, -0.6]] as const;
    expect(mirrored.map(colorAt)).toEqual([background, background, background, background]);
  });

  it.each([64, 32])('shows at %i pixels that the target is reached, within a tenth of a metre', (size) => {
    const frames = createFrames(size);
    const bright = (target: readonly [number, number]) => {
      const picture = frames.render(environment, arm({ target }));
      return picture.filter((value, i) => i % 3 === 2 && value > 200 && picture[i - 2] > 200).length;
    };
    const away = bright([0.85, 0.08]);
    expect(bright([0.92, 0.05]) - away).toBeGreaterThan(0.008 * size * size);
  });
});
