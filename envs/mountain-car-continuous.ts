/**
 * MountainCarContinuous-v0 of Gymnasium 1.3: the same valley, with an engine that is paid for by the square of its
 * force. Doing nothing costs nothing, so what is rewarded has to be found first.
 */
import type { Environment } from '../src/types.ts';
import { drawMountainCar } from '../src/world/draw/mountain.ts';

// Constants and equations are those of gymnasium/envs/classic_control/continuous_mountain_car.py, which computes in
// float32 from the action on, and keeps its state so.
const POWER = Math.fround(0.0015);
const GRAVITY = 0.0025;
const MAX_SPEED = Math.fround(0.07);
const MIN_POSITION = Math.fround(-1.2);
const MAX_POSITION = Math.fround(0.6);
const GOAL = Math.fround(0.45);

interface MountainCarState {
  /** Metres, −1.2 to 0.6; the valley's lowest point is at −π/6. */
  readonly position: number;
  /** Metres a step, within ±0.07. */
  readonly velocity: number;
}

/** Gentler is cheaper, but below 0.18 the car does not get out any more. */
const EXPERT_FORCE = 0.2;

function clip(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

const environment: Environment<MountainCarState> = {
  name: 'mountain-car-continuous',
  description: 'Swing a weak car out of a valley; +100 at the flag, less what the engine used (Gymnasium).',
  actions: { kind: 'continuous', low: [-1], high: [1] },
  maxSteps: 999,
  // Measured over 1000 episodes at random and 2000 of `expert`.
  reference: { random: -33, expert: 98.6 },

  reset(rng) {
    return { position: 0.2 * rng.uniform() - 0.6, velocity: 0 };
  },

  step({ position, velocity }, action) {
    const wanted = Math.fround((action as readonly number[])[0]);
    const pull = Math.fround(GRAVITY * Math.cos(Math.fround(3 * position)));
    const push = Math.fround(Math.fround(clip(wanted, -1, 1) * POWER) - pull);
    const speed = clip(Math.fround(velocity + push), -MAX_SPEED, MAX_SPEED);
    const place = clip(Math.fround(position + speed), MIN_POSITION, MAX_POSITION);
    const state = { position: place, velocity: place === MIN_POSITION && speed < 0 ? 0 : speed };
    const terminated = state.position >= GOAL && state.velocity >= 0;
    return { state, reward: (terminated ? 100 : 0) - 0.1 * wanted ** 2, terminated };
  },

  draw(ctx, { position }, palette) {
    drawMountainCar(ctx, position, GOAL, palette);
  },

  /** Push the way it goes already, and gently. */
  expert: ({ velocity }) => [velocity < 0 ? -EXPERT_FORCE : EXPERT_FORCE],

  recording: {
    toVector: ({ position, velocity }) => [position, velocity],
    fromVector: ([position, velocity]) => ({ position, velocity }),
  },
};

export default environment;
