/**
 * CartPole-v1 of Gymnasium 1.3 (Barto, Sutton and Anderson 1983): push a cart left or right to keep its pole upright.
 * One picture shows no velocity, so it has to be remembered.
 */
import type { Environment } from '../src/types.ts';

// Constants and the order of the equations are those of gymnasium/envs/classic_control/cartpole.py.
const GRAVITY = 9.8;
const POLE_MASS = 0.1;
const TOTAL_MASS = 1.0 + POLE_MASS;
const HALF_LENGTH = 0.5;
const POLE_MASS_LENGTH = POLE_MASS * HALF_LENGTH;
const FORCE = 10;
const SECONDS_PER_STEP = 0.02;
const MAX_POSITION = 2.4;
const MAX_ANGLE = (12 * 2 * Math.PI) / 360;

/** Of the picture's side. 0.64 · sin 12° moves the tip by 8.5 pixels at 64×64, and by 4.3 at 32×32. */
const DRAWN_POLE = 0.64;
const DRAWN_CART = { width: 0.26, height: 0.14, top: 0.79 };

interface CartPoleState {
  /** Metres from the middle of the track. */
  readonly x: number;
  readonly xDot: number;
  /** Radians from upright; positive leans right. */
  readonly theta: number;
  readonly thetaDot: number;
}

const environment: Environment<CartPoleState> = {
  name: 'cartpole',
  description: 'Balance a pole on a cart; +1 a step, until it leans 12° or the cart leaves the track (Gymnasium).',
  actions: { kind: 'discrete', n: 2, names: ['left', 'right'] },
  maxSteps: 500,
  // Measured over 20 000 episodes at random and 2000 of `expert`.
  reference: { random: 22.2, expert: 500 },

  reset(rng) {
    const draw = () => 0.1 * rng.uniform() - 0.05;
    return { x: draw(), xDot: draw(), theta: draw(), thetaDot: draw() };
  },

  step({ x, xDot, theta, thetaDot }, action) {
    const force = action === 1 ? FORCE : -FORCE;
    const cos = Math.cos(theta);
    const sin = Math.sin(theta);
    const push = (force + POLE_MASS_LENGTH * (thetaDot * thetaDot) * sin) / TOTAL_MASS;
    const thetaAcceleration =
      (GRAVITY * sin - cos * push) / (HALF_LENGTH * (4 / 3 - (POLE_MASS * (cos * cos)) / TOTAL_MASS));
    const xAcceleration = push - (POLE_MASS_LENGTH * thetaAcceleration * cos) / TOTAL_MASS;

    // Explicit Euler: positions move with the velocities of before.
    const state = {
      x: x + SECONDS_PER_STEP * xDot,
      xDot: xDot + SECONDS_PER_STEP * xAcceleration,
      theta: theta + SECONDS_PER_STEP * thetaDot,
      thetaDot: thetaDot + SECONDS_PER_STEP * thetaAcceleration,
    };
    const terminated = Math.abs(state.x) > MAX_POSITION || Math.abs(state.theta) > MAX_ANGLE;
    return { state, reward: 1, terminated };
  },

  draw(ctx, state, palette) {
    // The cart touches the border where the track ends.
    const { width, height, top } = DRAWN_CART;
    const x = 0.5 + (state.x / MAX_POSITION) * (0.5 - width / 2);
    ctx.fillStyle = palette.accent;
    ctx.fillRect(0, top + height, 1, 1 - top - height);

    ctx.fillStyle = palette.agent;
    ctx.beginPath();
    ctx.roundRect(x - width / 2, top, width, height, 0.03);
    ctx.fill();

    ctx.strokeStyle = palette.goal;
    ctx.lineWidth = 0.085;
    ctx.lineCap = 'round';
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x + DRAWN_POLE * Math.sin(state.theta), top - DRAWN_POLE * Math.cos(state.theta));
    ctx.stroke();

    ctx.fillStyle = palette.foreground;
    ctx.beginPath();
    ctx.arc(x, top, 0.035, 0, 2 * Math.PI);
    ctx.fill();
  },

  /** A linear controller, tuned by hand: push towards where the pole falls, with a slow pull to the middle. */
  expert({ x, xDot, theta, thetaDot }) {
    return 0.1 * x + 0.3 * xDot + 3 * theta + thetaDot > 0 ? 1 : 0;
  },

  recording: {
    toVector: ({ x, xDot, theta, thetaDot }) => [x, xDot, theta, thetaDot],
    fromVector: ([x, xDot, theta, thetaDot]) => ({ x, xDot, theta, thetaDot }),
  },
};

export default environment;
