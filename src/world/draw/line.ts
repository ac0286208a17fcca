/** Straight lines, as arms and poles are drawn. */
import type { SKRSContext2D } from '@napi-rs/canvas';

type Place = readonly [x: number, y: number];

/** Draw a line with the ends that the canvas is set to. */
export function line(ctx: SKRSContext2D, from: Place, to: Place, width: number, colour: string): void {
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.beginPath();
  ctx.moveTo(from[0], from[1]);
  ctx.lineTo(to[0], to[1]);
  ctx.stroke();
}
