/**
 * Pendulum-v1 of Gymnasium 1.3: swing a pendulum up and hold it there with a motor too weak to lift it directly.
 * Continuous torque; one picture shows no velocity.
 */
import type { Environment } from '../src/types.ts';

const GRAVITY = 10;
const MAX_SPEED = 8;
const MAX_TORQUE = 2;
const SECONDS_PER_STEP = 0.05;

interface PendulumState {
  /** Radians counter-clockwise from upright; grows past ±π as the pendulum turns over. */
  readonly theta: number;
  /** Radians a second, within ±8. */
  readonly thetaDot: number;
}

/** The same angle within [−π, π). */
function wrapAngle(theta: number): number {
  const turn = 2 * Math.PI;
  return ((((theta + Math.PI) % turn) + turn) % turn) - Math.PI;
}

function clip(value: number, limit: number): number {
  return Math.min(Math.max(value, -limit), limit);
}

const environment: Environment<PendulumState> = {
  name: 'pendulum',
  description: 'Swing a pendulum up and hold it there with a weak motor; the reward is a cost (Gymnasium).',
  actions: { kind: 'continuous', low: [-MAX_TORQUE], high: [MAX_TORQUE] },
  maxSteps: 200,
  // Measured over 10 000 episodes at random and 5000 of `expert`.
  reference: { random: -1228, expert: -148 },

  reset(rng) {
    return { theta: Math.PI * (2 * rng.uniform() - 1), thetaDot: 2 * rng.uniform() - 1 };
  },

  step({ theta, thetaDot }, action) {
    // Gymnasium's actions are float32, and so is what it computes from them before the float64 state comes in.
    const [wanted] = action as readonly number[];
    const torque = Math.fround(clip(wanted, MAX_TORQUE));
    const reward = -(wrapAngle(theta) ** 2 + 0.1 * thetaDot ** 2 + 0.001 * torque ** 2);

    const acceleration = ((3 * GRAVITY) / 2) * Math.sin(theta) + Math.fround(3 * torque);
    const speed = clip(thetaDot + acceleration * SECONDS_PER_STEP, MAX_SPEED);
    const state = { theta: theta + speed * SECONDS_PER_STEP, thetaDot: speed };
    return { state, reward, terminated: false };
  },

  draw(ctx, state, palette) {
    const length = 0.36;
    const x = 0.5 - length * Math.sin(state.theta);
    const y = 0.5 - length * Math.cos(state.theta);

    ctx.strokeStyle = palette.agent;
    ctx.lineWidth = 0.09;
    ctx.lineCap = 'round';
    ctx.beginPath();
    ctx.moveTo(0.5, 0.5);
    ctx.lineTo(x, y);
    ctx.stroke();

    ctx.fillStyle = palette.goal;
    ctx.beginPath();
    ctx.arc(x, y, 0.11, 0, 2 * Math.PI);
    ctx.fill();

    ctx.fillStyle = palette.foreground;
    ctx.beginPath();
    ctx.arc(0.5, 0.5, 0.06, 0, 2 * Math.PI);
    ctx.fill();
  },

  /** Pump energy until the pendulum can reach the top, then hold it there with a proportional-derivative rule. */
  expert({ theta, thetaDot }) {
    const angle = wrapAngle(theta);
    if (Math.cos(angle) > 0.8) return [clip(-10 * angle - 2.5 * thetaDot, MAX_TORQUE)];
    // Energy over the moment of inertia 1/3, zero at rest at the top.
    const energy = thetaDot ** 2 / 2 + ((3 * GRAVITY) / 2) * (Math.cos(angle) - 1);
    return [energy < 0 ? MAX_TORQUE * (thetaDot < 0 ? -1 : 1) : -clip(thetaDot, MAX_TORQUE)];
  },

  recording: {
    toVector: ({ theta, thetaDot }) => [theta, thetaDot],
    fromVector: ([theta, thetaDot]) => ({ theta, thetaDot }),
  },
};

export default environment;
