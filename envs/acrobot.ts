/**
 * Acrobot-v1 of Gymnasium 1.3 (Sutton 1996): two links hang from a bar and only the joint between them has a motor;
 * swing the free end above the line. One picture shows no velocity.
 */
import type { Environment } from '../src/types.ts';
import { disc } from '../src/world/draw/grid.ts';
import { line } from '../src/world/draw/line.ts';

// Constants and the order of the equations are those of gymnasium/envs/classic_control/acrobot.py: both links of
// length 1, mass 1 and moment of inertia 1, their centres of mass in their middles.
const CENTER = 0.5;
const GRAVITY = 9.8;
const SECONDS_PER_STEP = 0.2;
const MAX_SPEED_1 = 4 * Math.PI;
const MAX_SPEED_2 = 9 * Math.PI;

/** Of the picture's side: both links stretched out stay within it. */
const DRAWN_LINK = 0.215;

interface AcrobotState {
  /** Radians of the first link from hanging down, within ±π; positive is counter-clockwise. */
  readonly theta1: number;
  /** Radians of the second link from the direction of the first. */
  readonly theta2: number;
  readonly theta1Dot: number;
  readonly theta2Dot: number;
}

type Vector = readonly [theta1: number, theta2: number, theta1Dot: number, theta2Dot: number];

/** The rates of change of a state under a torque, by the equations of Sutton and Barto's book. */
function rates([theta1, theta2, theta1Dot, theta2Dot]: Vector, torque: number): Vector {
  const d1 = CENTER ** 2 + (1 + CENTER ** 2 + 2 * CENTER * Math.cos(theta2)) + 1 + 1;
  const d2 = CENTER ** 2 + CENTER * Math.cos(theta2) + 1;
  const phi2 = CENTER * GRAVITY * Math.cos(theta1 + theta2 - Math.PI / 2);
  const phi1 =
    -CENTER * theta2Dot ** 2 * Math.sin(theta2) -
    2 * CENTER * theta2Dot * theta1Dot * Math.sin(theta2) +
    (CENTER + 1) * GRAVITY * Math.cos(theta1 - Math.PI / 2) +
    phi2;
  const acceleration2 =
    (torque + (d2 / d1) * phi1 - CENTER * theta1Dot ** 2 * Math.sin(theta2) - phi2) /
    (CENTER ** 2 + 1 - d2 ** 2 / d1);
  const acceleration1 = -(d2 * acceleration2 + phi1) / d1;
  return [theta1Dot, theta2Dot, acceleration1, acceleration2];
}

/** One step of the classical Runge–Kutta method of fourth order. */
function integrate(state: Vector, torque: number): Vector {
  const along = (slope: Vector, seconds: number): Vector => [
    state[0] + seconds * slope[0],
    state[1] + seconds * slope[1],
    state[2] + seconds * slope[2],
    state[3] + seconds * slope[3],
  ];
  const k1 = rates(state, torque);
  const k2 = rates(along(k1, SECONDS_PER_STEP / 2), torque);
  const k3 = rates(along(k2, SECONDS_PER_STEP / 2), torque);
  const k4 = rates(along(k3, SECONDS_PER_STEP), torque);
  const mean = (i: 0 | 1 | 2 | 3) => k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i];
  return along([mean(0), mean(1), mean(2), mean(3)], SECONDS_PER_STEP / 6);
}

/** The same angle within [−π, π]. */
function wrapAngle(angle: number): number {
  let wrapped = angle;
  while (wrapped > Math.PI) wrapped -= 2 * Math.PI;
  while (wrapped < -Math.PI) wrapped += 2 * Math.PI;
  return wrapped;
}

function clip(value: number, limit: number): number {
  return Math.min(Math.max(value, -limit), limit);
}

const environment: Environment<AcrobotState> = {
  name: 'acrobot',
  description: 'Swing a two-link arm up with a motor in its elbow; −1 a step until it is above the line (Gymnasium).',
  actions: { kind: 'discrete', n: 3, names: ['torque −1', 'none', 'torque +1'] },
  maxSteps: 500,
  // Measured over 1000 episodes at random and 2000 of `expert`.
  reference: { random: -499, expert: -80.8 },

  reset(rng) {
    const draw = () => 0.2 * rng.uniform() - 0.1;
    return { theta1: draw(), theta2: draw(), theta1Dot: draw(), theta2Dot: draw() };
  },

  step({ theta1, theta2, theta1Dot, theta2Dot }, action) {
    const next = integrate([theta1, theta2, theta1Dot, theta2Dot], Number(action) - 1);
    const state = {
      theta1: wrapAngle(next[0]),
      theta2: wrapAngle(next[1]),
      theta1Dot: clip(next[2], MAX_SPEED_1),
      theta2Dot: clip(next[3], MAX_SPEED_2),
    };
    const terminated = -Math.cos(state.theta1) - Math.cos(state.theta2 + state.theta1) > 1;
    return { state, reward: terminated ? 0 : -1, terminated };
  },

  draw(ctx, { theta1, theta2 }, palette) {
    const elbow = [0.5 + DRAWN_LINK * Math.sin(theta1), 0.5 + DRAWN_LINK * Math.cos(theta1)] as const;
    const end = [
      elbow[0] + DRAWN_LINK * Math.sin(theta1 + theta2),
      elbow[1] + DRAWN_LINK * Math.cos(theta1 + theta2),
    ] as const;

    ctx.fillStyle = palette.goal;
    ctx.fillRect(0, 0.5 - DRAWN_LINK - 0.016, 1, 0.032);

    ctx.lineCap = 'round';
    line(ctx, [0.5, 0.5], elbow, 0.09, palette.accent);
    line(ctx, elbow, end, 0.09, palette.agent);

    disc(ctx, 0.5, 0.5, 0.045, palette.foreground);
    disc(ctx, ...elbow, 0.045, palette.foreground);
    disc(ctx, ...end, 0.06, palette.danger);
  },

  /** Pump energy: the motor pushes the way the elbow turns, a little earlier where the first link swings back. */
  expert: ({ theta1Dot, theta2Dot }) => (theta2Dot - theta1Dot / 4 < 0 ? 0 : 2),

  recording: {
    toVector: ({ theta1, theta2, theta1Dot, theta2Dot }) => [theta1, theta2, theta1Dot, theta2Dot],
    fromVector: ([theta1, theta2, theta1Dot, theta2Dot]) => ({ theta1, theta2, theta1Dot, theta2Dot }),
  },
};

export default environment;
