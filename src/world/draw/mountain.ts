/** The valley of the two mountain car worlds, with the car in it and a flag on the right hill. */
import { Path2D } from '@napi-rs/canvas';
import type { SKRSContext2D } from '@napi-rs/canvas';
import type { Palette } from '../../types.ts';
import { createStill } from './still.ts';

/** What the picture shows, in metres: a little more than where the car may be, so that all of it stays in sight. */
const LEFT = -1.38;
const RIGHT = 0.76;
const LINES = 48;
/** Of the picture's side: half the height from the valley to the hills. */
const RISE = 0.26;

const across = (position: number): number => (position - LEFT) / (RIGHT - LEFT);
/** The hills are sin(3 · position), whose slope is what pulls the car. */
const up = (position: number): number => 0.62 - RISE * Math.sin(3 * position);

const HILLS = new Path2D();
HILLS.moveTo(0, 1);
for (let line = 0; line <= LINES; line++) {
  const place = LEFT + ((RIGHT - LEFT) * line) / LINES;
  HILLS.lineTo(across(place), up(place));
}
HILLS.lineTo(1, 1);

/** The car around the place where its wheels touch the ground; paths made once are drawn quicker. */
const BODY = new Path2D();
BODY.roundRect(-0.1, -0.12, 0.2, 0.085, 0.03);
BODY.roundRect(-0.055, -0.175, 0.11, 0.08, 0.03);
const WHEELS = new Path2D();
for (const x of [-0.055, 0.055]) {
  WHEELS.moveTo(x + 0.038, -0.035);
  WHEELS.arc(x, -0.035, 0.038, 0, 2 * Math.PI);
}

/** The valley and a flag. */
const drawValley = createStill((ctx, goal: number, palette: Palette) => {
  ctx.fillStyle = palette.accent;
  ctx.fill(HILLS);

  const [x, y] = [across(goal), up(goal)];
  ctx.fillStyle = palette.foreground;
  ctx.fillRect(x - 0.012, y - 0.24, 0.024, 0.26);
  ctx.fillStyle = palette.goal;
  ctx.beginPath();
  ctx.moveTo(x, y - 0.25);
  ctx.lineTo(x - 0.15, y - 0.18);
  ctx.lineTo(x, y - 0.11);
  ctx.fill();
});

/** Draw the valley, a flag at `goal` and the car at `position`, both in metres from −1.2 to 0.6. */
export function drawMountainCar(ctx: SKRSContext2D, position: number, goal: number, palette: Palette): void {
  drawValley(ctx, goal, palette);
  ctx.save();
  ctx.translate(across(position), up(position));
  // The slope of the hill as it is drawn.
  ctx.rotate(Math.atan(-RISE * 3 * Math.cos(3 * position) * (RIGHT - LEFT)));
  ctx.fillStyle = palette.agent;
  ctx.fill(BODY);
  ctx.fillStyle = palette.foreground;
  ctx.fill(WHEELS);
  ctx.restore();
}
