/**
 * MountainCar-v0 of Gymnasium 1.3 (Moore 1990): the engine is too weak for the hill, so the car has to swing.
 * One picture shows no velocity.
 */
import type { Environment } from '../src/types.ts';
import { drawMountainCar } from '../src/world/draw/mountain.ts';

// Constants and the order of the equations are those of gymnasium/envs/classic_control/mountain_car.py.
const FORCE = 0.001;
const GRAVITY = 0.0025;
const MAX_SPEED = 0.07;
const MIN_POSITION = -1.2;
const MAX_POSITION = 0.6;
const GOAL = 0.5;

interface MountainCarState {
  /** Metres, −1.2 to 0.6; the valley's lowest point is at −π/6. */
  readonly position: number;
  /** Metres a step, within ±0.07. */
  readonly velocity: number;
}

const environment: Environment<MountainCarState> = {
  name: 'mountain-car',
  description: 'Swing a weak car out of a valley; −1 a step until it reaches the flag (Gymnasium).',
  actions: { kind: 'discrete', n: 3, names: ['left', 'coast', 'right'] },
  maxSteps: 200,
  // Measured over 1000 episodes at random and 2000 of `expert`.
  reference: { random: -200, expert: -108.7 },

  reset(rng) {
    return { position: 0.2 * rng.uniform() - 0.6, velocity: 0 };
  },

  step({ position, velocity }, action) {
    const pushed = velocity + ((Number(action) - 1) * FORCE + Math.cos(3 * position) * -GRAVITY);
    const speed = Math.min(Math.max(pushed, -MAX_SPEED), MAX_SPEED);
    const place = Math.min(Math.max(position + speed, MIN_POSITION), MAX_POSITION);
    const state = { position: place, velocity: place === MIN_POSITION && speed < 0 ? 0 : speed };
    return { state, reward: -1, terminated: state.position >= GOAL && state.velocity >= 0 };
  },

  draw(ctx, { position }, palette) {
    drawMountainCar(ctx, position, GOAL, palette);
  },

  /** Push the way it goes already, more or less: by a curve of position and speed that was tuned by search. */
  expert({ position, velocity }) {
    const fromMiddle = position + 0.5;
    return velocity < -0.001 + 0.017 * fromMiddle - 0.011 * fromMiddle ** 2 ? 0 : 2;
  },

  recording: {
    toVector: ({ position, velocity }) => [position, velocity],
    fromVector: ([position, velocity]) => ({ position, velocity }),
  },
};

export default environment;
