/**
 * Reacher: a planar arm of two joints brings its fingertip to a target, as in Gymnasium's world of that name (two
 * torques, 50 steps, nothing ends an episode early). The arm is two uniform rods that lie flat, with damped joints.
 */
import type { Environment } from '../src/types.ts';
import { disc } from '../src/world/draw/grid.ts';
import { line } from '../src/world/draw/line.ts';

// Metres, kilograms, seconds, radians.
const LINK = 0.5;
const MASS = 1;
/** m·l², the unit in which the arm's inertia is written. */
const INERTIA = MASS * LINK ** 2;
const MAX_TORQUE = [8, 4] as const;
const DAMPING = [1, 0.5] as const;
const SECONDS_PER_STEP = 0.05;
/** Integration steps in each; the arm stays stable, and is close to what it is in continuous time. */
const SUBSTEPS = 5;

const TARGET_RADIUS = 0.1;
const NEAREST_TARGET = 0.25;
const FARTHEST_TARGET = 0.95;
/** Price of full torque in both joints, a step. */
const TORQUE_COST = 0.1;

type Pair = readonly [number, number];

/** Where the shoulder is in the picture, and metres to parts of it. */
const SHOULDER: Pair = [0.5, 0.5];
const SCALE = 0.44;

export interface ReacherState {
  /** Angle of the shoulder, counter-clockwise from the right, and of the elbow, counter-clockwise from straight. */
  readonly angles: Pair;
  /** Radians a second. */
  readonly speeds: Pair;
  /** Metres from the shoulder, y upwards. */
  readonly target: Pair;
}

/** Where the elbow and the fingertip are, in metres from the shoulder. */
export function positions([shoulder, elbow]: Pair): { readonly elbow: Pair; readonly tip: Pair } {
  const [x, y] = [LINK * Math.cos(shoulder), LINK * Math.sin(shoulder)];
  const tip = [x + LINK * Math.cos(shoulder + elbow), y + LINK * Math.sin(shoulder + elbow)] as const;
  return { elbow: [x, y], tip };
}

/** The arm's inertia M(q) for two uniform rods: [M₁₁, M₁₂ = M₂₁, M₂₂] in kg·m². */
function inertia(elbow: number): readonly [number, number, number] {
  const cos = Math.cos(elbow);
  return [INERTIA * (5 / 3 + cos), INERTIA * (1 / 3 + cos / 2), INERTIA / 3];
}

const environment: Environment<ReacherState> = {
  name: 'reacher',
  description: 'Bring the tip of a two-joint arm to a target; −distance − torque cost, 50 steps.',
  // Torques of shoulder and elbow, in parts of the greatest.
  actions: { kind: 'continuous', low: [-1, -1], high: [1, 1] },
  maxSteps: 50,
  // Measured over 20 000 episodes at random and 5000 of `expert`.
  reference: { random: -46.9, expert: -6.68 },

  reset(rng) {
    const turn = () => Math.PI * (2 * rng.uniform() - 1);
    const angles = [turn(), turn()] as const;
    // Uniform over the ring that the target may be in.
    const radius = Math.sqrt(NEAREST_TARGET ** 2 + (FARTHEST_TARGET ** 2 - NEAREST_TARGET ** 2) * rng.uniform());
    const direction = turn();
    return { angles, speeds: [0, 0], target: [radius * Math.cos(direction), radius * Math.sin(direction)] };
  },

  step(state, action) {
    const torques = (action as Pair).map((part, joint) => MAX_TORQUE[joint] * clip(part, 1));
    let { angles, speeds } = state;
    for (let i = 0; i < SUBSTEPS; i++) {
      const [a, b] = accelerations(angles[1], speeds, [torques[0], torques[1]]);
      const dt = SECONDS_PER_STEP / SUBSTEPS;
      speeds = [speeds[0] + dt * a, speeds[1] + dt * b];
      angles = [angles[0] + dt * speeds[0], angles[1] + dt * speeds[1]];
    }
    const next = { ...state, angles, speeds };
    const effort = ((torques[0] / MAX_TORQUE[0]) ** 2 + (torques[1] / MAX_TORQUE[1]) ** 2) / 2;
    return { state: next, reward: -distance(next) - TORQUE_COST * effort, terminated: false };
  },

  draw(ctx, state, palette) {
    const places = positions(state.angles);
    const [target, elbow, tip] = [drawn(state.target), drawn(places.elbow), drawn(places.tip)];
    // The target lights up while it is reached.
    if (distance(state) < TARGET_RADIUS) disc(ctx, ...target, 0.115, palette.foreground);
    disc(ctx, ...target, 0.075, palette.goal);
    ctx.lineCap = 'round';
    line(ctx, SHOULDER, elbow, 0.1, palette.accent);
    line(ctx, elbow, tip, 0.08, palette.agent);
    disc(ctx, ...SHOULDER, 0.035, palette.foreground);
    disc(ctx, ...elbow, 0.03, palette.foreground);
    disc(ctx, ...tip, 0.045, palette.danger);
  },

  /** Inverse kinematics to the nearer of the two ways to bend, and a proportional-derivative rule in the joints. */
  expert({ angles, speeds, target: [x, y] }) {
    const bend = Math.acos(clip((x * x + y * y) / (2 * LINK ** 2) - 1, 1));
    const ways = [bend, -bend].map((elbow): Pair => {
      // Links of equal length: the shoulder is half the bend away from the target's direction.
      return [wrapAngle(Math.atan2(y, x) - elbow / 2 - angles[0]), wrapAngle(elbow - angles[1])];
    });
    const effort = ([shoulder, elbow]: Pair) => Math.abs(shoulder) + 0.5 * Math.abs(elbow);
    const error = effort(ways[0]) < effort(ways[1]) ? ways[0] : ways[1];
    const wanted = error.map((angle, joint) => 100 * angle - 18 * speeds[joint]);
    const [m11, m12, m22] = inertia(angles[1]);
    const torques = [m11 * wanted[0] + m12 * wanted[1], m12 * wanted[0] + m22 * wanted[1]];
    return torques.map((torque, joint) => clip((torque + DAMPING[joint] * speeds[joint]) / MAX_TORQUE[joint], 1));
  },
};

export default environment;

/** Where a place, in metres from the shoulder, is in the picture. */
function drawn([x, y]: Pair): Pair {
  return [SHOULDER[0] + SCALE * x, SHOULDER[1] - SCALE * y];
}

/** The same angle within [−π, π). */
function wrapAngle(angle: number): number {
  const turn = 2 * Math.PI;
  return ((((angle + Math.PI) % turn) + turn) % turn) - Math.PI;
}

/** M(q)⁻¹ (torque − damping − the forces of turning), as in any textbook's two-link arm. */
function accelerations(elbow: number, [a, b]: Pair, torques: Pair): Pair {
  const turning = (INERTIA / 2) * Math.sin(elbow);
  const first = torques[0] - DAMPING[0] * a + turning * (2 * a * b + b * b);
  const second = torques[1] - DAMPING[1] * b - turning * a * a;
  const [m11, m12, m22] = inertia(elbow);
  const determinant = m11 * m22 - m12 * m12;
  return [(m22 * first - m12 * second) / determinant, (m11 * second - m12 * first) / determinant];
}

/** From the fingertip to the target, in metres. */
function distance({ angles, target }: ReacherState): number {
  const { tip } = positions(angles);
  return Math.hypot(target[0] - tip[0], target[1] - tip[1]);
}

function clip(value: number, limit: number): number {
  return Math.min(Math.max(value, -limit), limit);
}
