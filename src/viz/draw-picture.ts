/** Pictures drawn on a canvas, frame by frame, with our font and colours: what strips, animations and sheets share. */
import { createCanvas, ImageData } from '@napi-rs/canvas';
import type { Canvas, SKRSContext2D } from '@napi-rs/canvas';
import { PAPER } from './colors.ts';
import { canvasFont } from './fonts.ts';
import type { Film, Picture, toRgba } from './picture.ts';

/** Frames of one size along time, as `toRgba` gives them. */
export type Reel = ReturnType<typeof toRgba>;

/** A film that draws a frame, on white, when it is asked for it. */
export function drawFilm(
  width: number,
  height: number,
  delaysMs: readonly number[],
  draw: (ctx: SKRSContext2D, t: number) => void,
): Film {
  const ctx = createCanvas(width, height).getContext('2d', { willReadFrequently: true });
  const data = new Uint8Array(height * width * 3);
  return {
    width, height, delaysMs,
    frame(t) {
      ctx.fillStyle = PAPER;
      ctx.fillRect(0, 0, width, height);
      draw(ctx, t);
      const rgba = ctx.getImageData(0, 0, width, height).data;
      let to = 0;
      for (let from = 0; from < rgba.length; from += 4) {
        data[to++] = rgba[from];
        data[to++] = rgba[from + 1];
        data[to++] = rgba[from + 2];
      }
      return data;
    },
  };
}

/** A still, drawn on white and packed as RGB. */
export function drawPicture(width: number, height: number, draw: (ctx: SKRSContext2D) => void): Picture {
  const delaysMs = [0];
  return { width, height, data: drawFilm(width, height, delaysMs, draw).frame(0), delaysMs };
}

/** Frame t of a reel as something that can be drawn. */
export function frameCanvas({ width, height, data }: Reel, t: number): Canvas {
  const size = width * height * 4;
  const frame = createCanvas(width, height);
  frame.getContext('2d').putImageData(new ImageData(data.slice(t * size, (t + 1) * size), width, height), 0, 0);
  return frame;
}

/** A line of text, vertically centred at y; squeezed where it is wider than `maxPx`. */
export function writeText(
  ctx: SKRSContext2D,
  text: string,
  x: number,
  y: number,
  sizePx: number,
  color: string,
  align: 'left' | 'center' | 'right',
  maxPx?: number,
): void {
  ctx.font = canvasFont(sizePx);
  ctx.fillStyle = color;
  ctx.textAlign = align;
  ctx.textBaseline = 'middle';
  ctx.fillText(text, x, y, maxPx);
}

export function textWidth(text: string, sizePx: number): number {
  const ctx = createCanvas(1, 1).getContext('2d');
  ctx.font = canvasFont(sizePx);
  return Math.ceil(ctx.measureText(text).width);
}
