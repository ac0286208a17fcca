/**
 * Car racing, after CarRacing of Gymnasium: seen from above, turning with the car, a new closed track each episode.
 * The physics are its own: a kinematic bicycle, pushed by tyres that hold so much and no more, beyond which it slides.
 */
import type { SKRSContext2D } from '@napi-rs/canvas';
import type { Environment, Palette } from '../src/types.ts';
import { TILE_LENGTH, curvature, nearestTile, randomTrack, tileCount } from '../src/world/racing/track.ts';
import type { Track } from '../src/world/racing/track.ts';

// Metres, seconds, radians.
const SECONDS_PER_STEP = 0.04;
const ROAD_HALF_WIDTH = 7;
const WHEELBASE = 3.4;
const MAX_STEER = 0.4;
const STEER_RATE = 3;
/** Acceleration of a full throttle and of a full brake; half the brake is a quarter, so that random actions move. */
const ENGINE = 20;
const BRAKE = 30;
/** What the tyres can do at most, in any direction; and how fast rolling slows down, for each m/s of speed. */
const ROAD = { grip: 28, drag: 1 / 3 };
const GRASS = { grip: 14, drag: 1.4 };
/** 60 m/s, where the drag is all that the engine can do. */
const TOP_SPEED = ENGINE / ROAD.drag;

const TRACK_REWARD = 1000;
const STEP_REWARD = -0.1;
const LOST_REWARD = -100;
/** From the middle of the road: it is out of the picture when the car has gone straight away from it. */
const LOST_DISTANCE = 35;

/** Side of the picture in metres, and where in it the car is, in parts of its side. */
const VIEW = 46;
const CAR_AT = { x: 0.5, y: 0.68 };
const DASHBOARD_TOP = 0.9;
const KERB_CURVATURE = 1 / 40;
const GRASS_PATCH = 14;

export interface CarRacingState {
  readonly track: Track;
  /** For each tile whether the car has been there. */
  readonly visited: readonly boolean[];
  /** The middle of the rear axle. */
  readonly x: number;
  readonly y: number;
  /** Counter-clockwise from the direction of x. */
  readonly heading: number;
  /** Speed along the car, and to its left: not 0 while it slides. */
  readonly forward: number;
  readonly sideways: number;
  /** Angle of the front wheels, positive to the right. */
  readonly steer: number;
}

const environment: Environment<CarRacingState> = {
  name: 'car-racing',
  description: 'Drive a lap of a random track, seen from above; +1000/N for each of its N tiles, −0.1 a frame.',
  // Steering from full left to full right, gas, brake.
  actions: { kind: 'continuous', low: [-1, 0, 0], high: [1, 1, 1] },
  maxSteps: 1000,
  // Measured over 1000 episodes at random and 400 of `expert`.
  reference: { random: -34.7, expert: 943.6 },

  reset(rng) {
    const track = randomTrack(rng);
    const [x, y, nextX, nextY] = track;
    const visited = Array.from({ length: tileCount(track) }, () => false);
    return { track, visited, x, y, heading: Math.atan2(nextY - y, nextX - x), forward: 0, sideways: 0, steer: 0 };
  },

  step(state, action) {
    const moved = { ...state, ...drive(state, action as readonly number[]) };
    const { track, x, y } = moved;
    const isLost = nearestTile(track, x, y).distance > LOST_DISTANCE;
    const reached = newTiles(moved);
    const visited =
      reached.length === 0 ? state.visited : state.visited.map((before, tile) => before || reached.includes(tile));
    const reward = STEP_REWARD + (TRACK_REWARD * reached.length) / visited.length + (isLost ? LOST_REWARD : 0);
    return { state: { ...moved, visited }, reward, terminated: isLost || visited.every(Boolean) };
  },

  draw(ctx, state, palette) {
    ctx.save();
    ctx.translate(CAR_AT.x, CAR_AT.y);
    ctx.scale(1 / VIEW, -1 / VIEW); // metres, y upwards
    ctx.rotate(Math.PI / 2 - state.heading);
    ctx.translate(-state.x, -state.y);
    drawGrass(ctx, state, palette);
    drawRoad(ctx, state, palette);
    ctx.restore();

    ctx.save();
    ctx.translate(CAR_AT.x, CAR_AT.y);
    ctx.scale(1 / VIEW, 1 / VIEW);
    drawCar(ctx, state, palette);
    ctx.restore();
    drawDashboard(ctx, state, palette);
  },

  /**
   * Pure pursuit: steer on the circle that leads to a point of the road ahead (Coulter 1992), as fast as the bends
   * that come allow with the brakes there are.
   */
  expert({ track, x, y, heading, forward }) {
    const { tile } = nearestTile(track, x, y);
    const ahead = (tile + 3 + Math.floor((0.3 * forward) / TILE_LENGTH)) % tileCount(track);
    const [toX, toY] = [track[2 * ahead] - x, track[2 * ahead + 1] - y];
    const angle = Math.atan2(toY, toX) - heading;
    const steer = -Math.atan((2 * WHEELBASE * Math.sin(angle)) / Math.hypot(toX, toY));

    let speed = TOP_SPEED;
    for (let k = 0; k < 24; k++) {
      // v²/r within 0.7 of the grip in the bend, and v² falls by 2·a·s on the way there.
      const inBend = (0.7 * ROAD.grip) / Math.max(Math.abs(curvature(track, tile + k)), 1e-3);
      speed = Math.min(speed, Math.sqrt(inBend + 2 * 0.6 * BRAKE * k * TILE_LENGTH));
    }
    const push = (speed - forward) / 4;
    return [clip(steer / MAX_STEER, -1, 1), clip(push, 0, 1), Math.sqrt(clip(-push, 0, 1))];
  },
};

export default environment;

/** The angle of the front wheels a step later, when the driver wants `steering`, −1 to 1. */
export function turnWheels(steer: number, steering: number): number {
  const most = STEER_RATE * SECONDS_PER_STEP;
  return steer + clip(steering * MAX_STEER - steer, -most, most);
}

/** The car a step later. `action` is what the driver wants: steering −1 (left) to 1, gas and brake 0 to 1. */
function drive(state: CarRacingState, action: readonly number[]): Partial<CarRacingState> {
  const [steering, gas, brake] = [clip(action[0], -1, 1), clip(action[1], 0, 1), clip(action[2], 0, 1)];
  const steer = turnWheels(state.steer, steering);
  const yaw = ((-state.forward * Math.tan(steer)) / WHEELBASE) * SECONDS_PER_STEP;
  const heading = state.heading + yaw;

  const onRoad = nearestTile(state.track, state.x, state.y).distance <= ROAD_HALF_WIDTH;
  const { grip, drag } = onRoad ? ROAD : GRASS;
  const rolls = 1 - drag * SECONDS_PER_STEP;
  // The velocity stays what it is while the car turns below it: what points sideways now, the tyres have to stop.
  const forward = rolls * (state.forward * Math.cos(yaw) + state.sideways * Math.sin(yaw));
  const sideways = rolls * (state.sideways * Math.cos(yaw) - state.forward * Math.sin(yaw));
  const braking = Math.sign(forward) * Math.min(BRAKE * brake ** 2, Math.abs(forward) / SECONDS_PER_STEP);
  const wanted = [ENGINE * gas - braking, -sideways / SECONDS_PER_STEP];
  const held = Math.min(1, grip / Math.max(Math.hypot(wanted[0], wanted[1]), 1e-9));
  const next = {
    forward: forward + held * wanted[0] * SECONDS_PER_STEP,
    sideways: sideways + held * wanted[1] * SECONDS_PER_STEP,
  };
  const [cos, sin] = [Math.cos(heading), Math.sin(heading)];
  return {
    ...next,
    steer,
    heading,
    x: state.x + (next.forward * cos - next.sideways * sin) * SECONDS_PER_STEP,
    y: state.y + (next.forward * sin + next.sideways * cos) * SECONDS_PER_STEP,
  };
}

/** Tiles that the car is on for the first time: their middle is within half the road's width. */
function newTiles({ track, visited, x, y }: CarRacingState): readonly number[] {
  const tiles: number[] = [];
  for (let i = 0; i < visited.length; i++) {
    const squared = (track[2 * i] - x) ** 2 + (track[2 * i + 1] - y) ** 2;
    if (!visited[i] && squared <= ROAD_HALF_WIDTH ** 2) tiles.push(i);
  }
  return tiles;
}

/** Pale squares, fixed to the ground, so that speed is seen off the road too. */
function drawGrass(ctx: SKRSContext2D, { x, y }: CarRacingState, palette: Palette): void {
  const [column, row] = [Math.floor(x / GRASS_PATCH), Math.floor(y / GRASS_PATCH)];
  ctx.beginPath();
  for (let i = column - 3; i <= column + 3; i++) {
    for (let j = row - 3; j <= row + 3; j++) {
      if (((i + j) & 1) === 0) ctx.rect(i * GRASS_PATCH, j * GRASS_PATCH, GRASS_PATCH, GRASS_PATCH);
    }
  }
  ctx.globalAlpha = 0.16;
  ctx.fillStyle = palette.accent;
  ctx.fill();
  ctx.globalAlpha = 1;
}

/** The road with kerbs at its bends; the middle of tiles that still pay is marked. */
function drawRoad(ctx: SKRSContext2D, state: CarRacingState, palette: Palette): void {
  const { track, visited } = state;
  const tiles = tilesInView(state);
  /** The middle line of some tiles: all of it, or only a dash in each. */
  const stroke = (some: readonly number[], color: string, width: number, isDashed: boolean) => {
    const cut = isDashed ? 0.15 : 0;
    ctx.beginPath();
    some.forEach((tile, i) => {
      const next = (tile + 1) % visited.length;
      const [fromX, fromY] = [track[2 * tile], track[2 * tile + 1]];
      const [alongX, alongY] = [track[2 * next] - fromX, track[2 * next + 1] - fromY];
      if (isDashed || some[i - 1] !== tile - 1) ctx.moveTo(fromX + cut * alongX, fromY + cut * alongY);
      ctx.lineTo(fromX + (1 - cut) * alongX, fromY + (1 - cut) * alongY);
    });
    ctx.strokeStyle = color;
    ctx.lineWidth = width;
    ctx.stroke();
  };
  const bends = tiles.filter((tile) => Math.abs(curvature(track, tile)) > KERB_CURVATURE);
  stroke(bends, palette.danger, 2 * ROAD_HALF_WIDTH + 2.8, true);
  ctx.lineJoin = 'round';
  ctx.lineCap = 'round'; // where the last tile meets the first
  stroke(tiles, palette.accent, 2 * ROAD_HALF_WIDTH, false);
  ctx.lineCap = 'butt';
  stroke(tiles.filter((tile) => !visited[tile]), palette.goal, 1.7, true);
}

function tilesInView({ track, visited, x, y, heading }: CarRacingState): readonly number[] {
  const [cos, sin] = [Math.cos(heading), Math.sin(heading)];
  const reach = VIEW / 2 + ROAD_HALF_WIDTH + TILE_LENGTH;
  const middle = VIEW * (CAR_AT.y - 0.5);
  const tiles: number[] = [];
  for (let tile = 0; tile < visited.length; tile++) {
    const [fromX, fromY] = [track[2 * tile] - x, track[2 * tile + 1] - y];
    const [ahead, left] = [fromX * cos + fromY * sin, fromY * cos - fromX * sin];
    if (Math.abs(ahead - middle) < reach && Math.abs(left) < reach) tiles.push(tile);
  }
  return tiles;
}

/** The car points up; the rear axle is at (0, 0). */
function drawCar(ctx: SKRSContext2D, { steer }: CarRacingState, palette: Palette): void {
  const wheel = () => ctx.fillRect(-0.6, -1.1, 1.2, 2.2);
  ctx.fillStyle = palette.foreground;
  for (const side of [-1, 1]) {
    ctx.save();
    ctx.translate(1.9 * side, 0);
    wheel();
    ctx.translate(0, -WHEELBASE - 0.6);
    ctx.rotate(steer);
    wheel();
    ctx.restore();
  }
  ctx.fillStyle = palette.agent;
  ctx.beginPath();
  ctx.roundRect(-1.6, -6.2, 3.2, 7.9, 1);
  ctx.fill();
  ctx.fillStyle = palette.background;
  ctx.fillRect(-1, -3.2, 2, 1.7);
}

/** From the left: speed, steering, and how fast the car slides. */
function drawDashboard(ctx: SKRSContext2D, state: CarRacingState, palette: Palette): void {
  const height = 1 - DASHBOARD_TOP;
  ctx.fillStyle = palette.background;
  ctx.fillRect(0, DASHBOARD_TOP, 1, height);
  const bar = (color: string, x: number, width: number, top: number, thickness: number) => {
    ctx.fillStyle = color;
    ctx.fillRect(x, DASHBOARD_TOP + top * height, width, thickness * height);
  };
  const speed = Math.hypot(state.forward, state.sideways) / TOP_SPEED;
  bar(palette.accent, 0.04, 0.48, 0.25, 0.5);
  bar(palette.foreground, 0.04, 0.48 * Math.min(speed, 1), 0.25, 0.5);
  bar(palette.agent, 0.78, 0.18 * clip(state.steer / 0.2, -1, 1), 0.17, 0.33);
  bar(palette.danger, 0.78, 0.18 * clip(-state.sideways / 15, -1, 1), 0.5, 0.33);
}

function clip(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
