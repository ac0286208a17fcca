/** Shapes of small arcade games, in units of their cells. */
import type { SKRSContext2D } from '@napi-rs/canvas';

/** Fill a rectangle with its top left corner at (x, y) and round corners. */
export function box(
  ctx: SKRSContext2D,
  x: number,
  y: number,
  width: number,
  height: number,
  colour: string,
  corner = 0.25,
): void {
  ctx.fillStyle = colour;
  ctx.beginPath();
  ctx.roundRect(x, y, width, height, corner);
  ctx.fill();
}

/**
 * What a mover in cell (x, y) leaves in the cells behind it: a pale wedge that says where it is going.
 * @param length in cells
 */
export function trail(ctx: SKRSContext2D, x: number, y: number, right: boolean, colour: string, length = 1): void {
  const from = right ? x + 0.3 : x + 0.7;
  const to = right ? x - length : x + 1 + length;
  ctx.beginPath();
  ctx.moveTo(from, y + 0.12);
  ctx.lineTo(to, y + 0.36);
  ctx.lineTo(to, y + 0.64);
  ctx.lineTo(from, y + 0.88);
  fillPale(ctx, colour);
}

/** Fill the path in a colour that lets what is behind shine through; `opacity` from 0 to 1. */
export function fillPale(ctx: SKRSContext2D, colour: string, opacity = 0.45): void {
  ctx.globalAlpha = opacity;
  ctx.fillStyle = colour;
  ctx.fill();
  ctx.globalAlpha = 1;
}
