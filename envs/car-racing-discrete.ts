/** `car-racing` with five actions, for agents that choose from a list; see there. */
import type { Environment } from '../src/types.ts';
import carRacing, { turnWheels } from './car-racing.ts';
import type { CarRacingState } from './car-racing.ts';

/** Steering, gas and brake of each action. The wheels turn back where it is not steered. */
const MOVES = [
  [0, 0, 0],
  [-0.6, 0, 0],
  [0.6, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
] as const;

const environment: Environment<CarRacingState> = {
  ...carRacing,
  name: 'car-racing-discrete',
  description: 'The same as car-racing with five actions instead of a wheel and pedals.',
  actions: { kind: 'discrete', n: 5, names: ['nothing', 'left', 'right', 'gas', 'brake'] },
  // Measured over 1000 episodes at random and 400 of `expert`.
  reference: { random: -35.6, expert: 936.8 },

  step(state, action, rng) {
    return carRacing.step(state, MOVES[action as number], rng);
  },

  /** Of the five, the one that comes nearest to what the continuous driver would do. */
  expert(state) {
    const [steering, gas, brake] = carRacing.expert?.(state) as readonly number[];
    const wanted = turnWheels(state.steer, steering);
    const misses = MOVES.map((move) => {
      const pedals = Math.abs(move[1] - gas) + Math.abs(move[2] - brake);
      return Math.abs(turnWheels(state.steer, move[0]) - wanted) + 0.05 * pedals;
    });
    return misses.indexOf(Math.min(...misses));
  },
};

export default environment;
