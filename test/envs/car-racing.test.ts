import { describe, expect, it } from 'vitest';
import discrete from '../../envs/car-racing-discrete.ts';
import environment from '../../envs/car-racing.ts';
import type { CarRacingState } from '../../envs/car-racing.ts';
import { createRng } from '../../src/random.ts';
import type { Environment } from '../../src/types.ts';
import { createFrames, defaultPalette } from '../../src/world/frames.ts';

const rng = createRng(0);
const coast = [0, 0, 0];
/** 40 tiles around a circle of 100 m, 15.7 m apart, so that no place is on two of them. */
const angles = Array.from({ length: 40 }, (_, i) => (2 * Math.PI * i) / 40);
const track = Float32Array.from(angles.flatMap((angle) => [100 * Math.cos(angle), 100 * Math.sin(angle)]));

/** On tile 0 of the circle, along it, which is towards y. */
function car(change: Partial<CarRacingState> = {}): CarRacingState {
  const still = { x: 100, y: 0, heading: Math.PI / 2, forward: 0, sideways: 0, steer: 0 };
  return { track, visited: angles.map(() => false), ...still, ...change };
}

const after = (state: CarRacingState, action: readonly number[]) => environment.step(state, action, rng).state;

/** An episode of the expert's. */
function lap(world: Environment<CarRacingState>, seed: number): { total: number; steps: number; finished: boolean } {
  let state = world.reset(createRng(seed));
  let total = 0;
  for (let steps = 1; steps <= world.maxSteps; steps++) {
    const next = world.step(state, world.expert?.(state) ?? 0, rng);
    state = next.state;
    total += next.reward;
    if (next.terminated) return { total, steps, finished: state.visited.every(Boolean) };
  }
  return { total, steps: world.maxSteps, finished: false };
}

describe('car-racing: rewards', () => {
  it('begins at rest on the track and along it, with every tile still to come', () => {
    for (let e = 0; e < 5; e++) {
      const { track: [x, y, nextX, nextY], ...state } = environment.reset(rng.split(e));
      expect([state.x, state.y, state.forward, state.sideways, state.steer]).toEqual([x, y, 0, 0, 0]);
      expect(Math.cos(state.heading) * (nextX - x) + Math.sin(state.heading) * (nextY - y)).toBeGreaterThan(3.3);
      expect(state.visited.includes(true)).toBe(false);
    }
  });

  it('pays 1000 for all tiles together, each once, and −0.1 a frame; ends with the last', () => {
    let state = car();
    let total = 0;
    angles.forEach((angle, tile) => {
      const place = { x: 100 * Math.cos(angle), y: 100 * Math.sin(angle) };
      const next = environment.step({ ...state, ...place }, coast, rng);
      expect(next.reward).toBeCloseTo(25 - 0.1, 9);
      expect(next.terminated).toBe(tile === 39);
      expect(environment.step(next.state, coast, rng).reward).toBeCloseTo(-0.1, 9);
      state = next.state;
      total += next.reward;
    });
    expect(total).toBeCloseTo(1000 - 40 * 0.1, 9);
  });

  it.each([6.9, -6.9])('counts a tile up to the edge of the road, %d m from its middle', (metres) => {
    expect(environment.step(car({ x: 100 + metres }), coast, rng).reward).toBeCloseTo(24.9, 9);
    expect(environment.step(car({ x: 100 + metres * 1.03 }), coast, rng).reward).toBeCloseTo(-0.1, 9);
  });

  it('ends far off the track, and takes 100', () => {
    const near = environment.step(car({ x: 134.9 }), coast, rng);
    expect(near).toMatchObject({ reward: -0.1, terminated: false });
    expect(environment.step(car({ x: 135.1 }), coast, rng)).toMatchObject({ reward: -100.1, terminated: true });
  });
});

describe('car-racing: physics', () => {
  it('accelerates by 20 m/s² and brakes by 30 m/s², half the brake by a quarter of that', () => {
    // 0.8 m/s after 0.04 s; it moves with the new speed.
    const started = after(car(), [0, 1, 0]);
    expect(started.forward).toBeCloseTo(0.8, 9);
    expect(started.y).toBeCloseTo(0.032, 9);
    // Rolling leaves 20 · (1 − 0.04/3) = 19.7333 m/s.
    expect(after(car({ forward: 20 }), coast).forward).toBeCloseTo(19.7333, 4);
    expect(after(car({ forward: 20 }), [0, 0, 0.5]).forward).toBeCloseTo(19.7333 - 0.3, 4);
    expect(after(car({ forward: 20 }), [0, 0, 1]).forward).toBeCloseTo(19.7333 - 28 * 0.04, 4); // all that tyres hold
  });

  it('brakes to a stand and no further', () => {
    let state = car({ forward: 30 });
    let metres = 0;
    for (let t = 0; t < 40; t++) {
      const next = after(state, [0, 0, 1]);
      expect(next.forward).toBeLessThanOrEqual(state.forward);
      expect(next.forward).toBeGreaterThanOrEqual(0);
      metres += next.y - state.y;
      state = next;
    }
    expect(state.forward).toBe(0);
    // v²/2a = 16.07 m with the 28 m/s² that the tyres hold; a little less with the drag and in steps of 0.04 s.
    expect(metres).toBeGreaterThan(12);
    expect(metres).toBeLessThan(16.07);
  });

  it('goes no faster than 60 m/s, and 14.3 m/s on grass', () => {
    expect(after(car({ forward: 60 }), [0, 1, 0]).forward).toBeCloseTo(60, 9);
    // Off the road the tyres hold 14 m/s², and 14 / 1.4 = 10 of drag at 10 m/s.
    expect(after(car({ x: 110, forward: 10 }), [0, 1, 0]).forward).toBeCloseTo(10, 9);
    expect(after(car({ x: 110, forward: 20 }), coast).forward).toBeCloseTo(20 * (1 - 0.056), 9);
  });

  it('turns its wheels by 0.12 a step, up to 0.4, and the car by v·tan(steer)/3.4', () => {
    const left = after(car({ forward: 10 }), [-1, 0, 0]);
    expect(left.steer).toBeCloseTo(-0.12, 9);
    expect(left.heading - Math.PI / 2).toBeCloseTo(0.0141858, 6); // 10 · tan 0.12 / 3.4 · 0.04
    expect(left.sideways).toBeCloseTo(0, 9); // 3.5 m/s² to the side is nothing to the tyres
    expect(left.x).toBeLessThan(100);
    expect(after(car({ steer: 0.35 }), [1, 0, 0]).steer).toBeCloseTo(0.4, 9);
  });

  it('slides where a bend takes more than 28 m/s²', () => {
    // The car turns by 50 · tan 0.4 / 3.4 · 0.04 = 0.24870 to the right; 50 · sin of that points to its left, of which
    // rolling leaves 74/75 and the tyres take 28 · 0.04 = 1.12, almost all of it sideways.
    const { sideways, heading } = after(car({ forward: 50, steer: 0.4 }), [1, 0, 0]);
    expect(heading - Math.PI / 2).toBeCloseTo(-0.2487, 4);
    expect(sideways).toBeCloseTo((50 * Math.sin(0.2487) * 74) / 75 - 1.12, 3);
  });

  it('is the same mirrored', () => {
    const mirrored = track.map((value, i) => (i % 2 === 0 ? value : -value));
    const one = after(car({ forward: 45, sideways: 2, steer: 0.1, heading: 1.8 }), [1, 0.5, 0.3]);
    const other = after(
      car({ track: mirrored, forward: 45, sideways: -2, steer: -0.1, heading: -1.8 }),
      [-1, 0.5, 0.3],
    );
    expect([other.x, -other.y, -other.heading, other.forward, -other.sideways, -other.steer]).toEqual(
      [one.x, one.y, one.heading, one.forward, one.sideways, one.steer].map((value) => expect.closeTo(value, 9)),
    );
  });
});

describe('car-racing: expert', () => {
  it.each([environment, discrete])('drives a lap of any track: $name', (world) => {
    for (let seed = 0; seed < 8; seed++) {
      const { total, steps, finished } = lap(world, seed);
      expect(finished).toBe(true);
      expect(total).toBeCloseTo(1000 - 0.1 * steps, 6);
      expect(total).toBeGreaterThan(910);
    }
  });
});

describe('car-racing-discrete', () => {
  it.each([
    [0, [0, 0, 0]],
    [1, [-0.6, 0, 0]],
    [2, [0.6, 0, 0]],
    [3, [0, 1, 0]],
    [4, [0, 0, 1]],
  ])('takes action %i as %j', (action, move) => {
    const state = car({ forward: 20, steer: 0.05 });
    expect(discrete.step(state, action, rng)).toEqual(environment.step(state, move, rng));
  });
});

describe.each([64, 32])('car-racing at %i pixels', (size) => {
  const frames = createFrames(size);
  const picture = (state: CarRacingState) => frames.render(environment, state);

  /** Pixels of about a colour, as indices. */
  function pixelsOf(colour: string, state: CarRacingState, isPart = (_row: number) => true): readonly number[] {
    const rgb = picture(state);
    const wanted = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
    return Array.from({ length: size * size }, (_, i) => i).filter(
      (i) => isPart(Math.floor(i / size)) && wanted.every((value, c) => Math.abs(rgb[3 * i + c] - value) < 80),
    );
  }

  it('turns with the car', () => {
    const { goal } = defaultPalette;
    const north = pixelsOf(goal, car());
    expect(north.length).toBeGreaterThan(3);
    // The same place on the circle, a quarter of it on.
    expect(pixelsOf(goal, car({ x: 0, y: 100, heading: Math.PI }))).toEqual(north);
    expect(pixelsOf(goal, car({ heading: Math.PI / 2 + 0.5 }))).not.toEqual(north);
  });

  it('shows which tiles still pay', () => {
    expect(pixelsOf(defaultPalette.goal, car({ visited: angles.map(() => true) }))).toEqual([]);
  });

  it('shows the speed as a bar', () => {
    const bar = (forward: number) =>
      pixelsOf(defaultPalette.foreground, car({ forward }), (row) => row >= 0.9 * size).length;
    const lengths = [0, 15, 30, 45, 60].map(bar);
    expect(lengths[0]).toBe(0);
    lengths.slice(1).forEach((length, i) => expect(length).toBeGreaterThan(lengths[i]));
  });
});
