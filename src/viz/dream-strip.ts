/**
 * Dreams beside the truth: rows of frames along time, observed steps framed green and imagined ones red, as the
 * open-loop report of DreamerV3 (Hafner et al. 2023): truth, model, and error = (model − truth + 1) / 2.
 */
import type { SKRSContext2D } from '@napi-rs/canvas';
import { sameShape } from '../nd-array.ts';
import type { NdArray } from '../types.ts';
import { FADED, IMAGINED_COLOR, INK, OBSERVED_COLOR, TRACK } from './colors.ts';
import { drawFilm, drawPicture, frameCanvas, textWidth, writeText } from './draw-picture.ts';
import type { Reel } from './draw-picture.ts';
import { requireFormat } from './picture-limits.ts';
import { pictureFormat, toRgba, writePicture } from './picture.ts';
import type { Film, Picture } from './picture.ts';

export interface DreamRow {
  readonly label: string;
  /** [T, H, W, C]; floats in [0, 1] or bytes; C is 1 or 3. All rows have the same T, H and W. */
  readonly frames: NdArray;
  /** One short text under each frame, such as a predicted reward. */
  readonly texts?: readonly string[];
}

export interface DreamOptions {
  /** How many of the first frames were observed; the rest were imagined. */
  readonly context: number;
  readonly title?: string;
  /** About how wide a frame is drawn, in pixels (it is enlarged by a whole number). */
  readonly framePx?: number;
  /** A strip shows at most this many moments, evenly chosen, always with the first imagined one. */
  readonly maxColumns?: number;
  /** How long an animation shows a frame; the last stays eight times as long. */
  readonly delayMs?: number;
}

const PAD = 14;

/** The three rows of an open-loop report, from truth and model [T, H, W, C]. */
export function truthModelError(truth: NdArray, model: NdArray): readonly DreamRow[] {
  return [
    { label: 'truth', frames: truth },
    { label: 'model', frames: model },
    { label: 'error', frames: errorFrames(truth, model) },
  ];
}

/** (model − truth + 1) / 2 as bytes: mid-grey (128) where they agree, brighter where the model is too bright. */
export function errorFrames(truth: NdArray, model: NdArray): NdArray {
  if (!sameShape(truth.shape, model.shape)) {
    throw new RangeError(`expected truth and model of one shape, got [${truth.shape}] and [${model.shape}]`);
  }
  const truthScale = truth.dtype === 'float32' ? 1 : 1 / 255;
  const modelScale = model.dtype === 'float32' ? 1 : 1 / 255;
  const data = new Uint8Array(truth.data.length);
  for (let i = 0; i < data.length; i++) {
    const error = (model.data[i] * modelScale - truth.data[i] * truthScale + 1) / 2;
    data[i] = Math.min(255, Math.max(0, Math.round(255 * error)));
  }
  return { data, shape: truth.shape, dtype: 'uint8' };
}

/** The moments, of `count`, that a strip shows: evenly spaced, with both ends and `context`, the first imagined one. */
export function pickColumns(count: number, maxColumns: number, context: number): number[] {
  if (count <= maxColumns) return Array.from({ length: count }, (_, i) => i);
  const picked = Array.from({ length: maxColumns }, (_, i) => Math.round((i * (count - 1)) / (maxColumns - 1)));
  if (context > 0 && context < count && !picked.includes(context)) {
    let nearest = 1;
    for (let i = 2; i < maxColumns; i++) {
      if (Math.abs(picked[i] - context) < Math.abs(picked[nearest] - context)) nearest = i;
    }
    picked[nearest] = context;
  }
  return picked;
}

/** What a dream is drawn from, as far as it says how large the picture becomes. */
export interface DreamShape {
  /** Of the rows. */
  readonly labels: readonly string[];
  /** Moments of each row, and the size of their frames. */
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly hasTexts: boolean;
}

function shapeOf(rows: readonly DreamRow[], { count, height, width }: Reel): DreamShape {
  return { labels: rows.map(({ label }) => label), count, height, width, hasTexts: rows.some(({ texts }) => texts !== undefined) };
}

function layoutStrip({ labels, count, height, width, hasTexts }: DreamShape, options: DreamOptions) {
  const { context, title = '', framePx = 96, maxColumns = 12 } = options;
  const columns = pickColumns(count, Math.max(3, maxColumns), context);
  const scale = Math.max(1, Math.round(framePx / Math.max(height, width)));
  const border = 3;
  const cellWidth = width * scale + 2 * border;
  const cellHeight = height * scale + 2 * border;
  const gap = 4;
  const rowHeight = cellHeight + (hasTexts ? 20 : gap + 2);
  const left = PAD + Math.max(...labels.map((label) => textWidth(label, 14))) + 12;
  const top = PAD + (title ? 28 : 0) + 46;
  // A strip of few moments still has to hold its title.
  const inner = columns.length * (cellWidth + gap) - gap;
  const pictureWidth = Math.ceil(Math.max(left + inner, PAD + textWidth(title, 16)) + PAD);
  const pictureHeight = top + labels.length * rowHeight - (hasTexts ? 4 : gap + 2) + PAD;
  return { columns, scale, border, cellWidth, cellHeight, gap, rowHeight, left, top, width: pictureWidth, height: pictureHeight };
}

/** A still picture: one line of frames a row, time to the right, step numbers above. */
export function dreamStrip(rows: readonly DreamRow[], options: DreamOptions): Picture {
  const { context, title = '' } = options;
  const reels = openReels(rows, context);
  const layout = layoutStrip(shapeOf(rows, reels[0]), options);
  const { columns, scale, border, cellWidth, cellHeight, gap, rowHeight, left, top } = layout;
  const x = (column: number): number => Math.ceil(left) + column * (cellWidth + gap);

  return drawPicture(layout.width, layout.height, (ctx) => {
    if (title) writeText(ctx, title, PAD, PAD + 9, 16, INK, 'left');
    // Two bars say which moments were seen and which were dreamt.
    const firstImagined = columns.findIndex((t) => t >= context);
    const split = firstImagined < 0 ? columns.length : firstImagined;
    const spans: [number, number, string, string][] = [
      [0, split, OBSERVED_COLOR, 'observed'],
      [split, columns.length, IMAGINED_COLOR, 'imagined'],
    ];
    for (const [from, to, color, word] of spans) {
      if (from === to) continue;
      ctx.fillStyle = color;
      ctx.fillRect(x(from), top - 27, x(to) - gap - x(from), 3);
      writeText(ctx, word, x(from), top - 38, 13, color, 'left');
    }
    columns.forEach((t, column) => {
      const step = column === 0 ? `t = ${t}` : String(t);
      writeText(ctx, step, x(column) + cellWidth / 2, top - 12, 12, FADED, 'center');
    });
    rows.forEach((row, r) => {
      const y = top + r * rowHeight;
      writeText(ctx, row.label, left - 12, y + cellHeight / 2, 14, INK, 'right');
      columns.forEach((t, column) => {
        drawFrame(ctx, reels[r], t, x(column), y, scale, border, t < context);
        const text = row.texts?.[t] ?? '';
        writeText(ctx, text, x(column) + cellWidth / 2, y + cellHeight + 8, 11, FADED, 'center', cellWidth);
      });
    });
  });
}

function layoutAnimation({ labels, height, width, hasTexts }: DreamShape, { title = '', framePx = 160 }: DreamOptions) {
  const scale = Math.max(1, Math.ceil(framePx / Math.max(height, width)));
  const border = 4;
  const cellWidth = width * scale + 2 * border;
  const cellHeight = height * scale + 2 * border;
  const perLine = Math.min(labels.length, 4);
  const gap = 12;
  const lineHeight = 24 + cellHeight + (hasTexts ? 22 : 0) + 8;
  const top = PAD + (title ? 26 : 0);
  const inner = perLine * (cellWidth + gap) - gap;
  const pictureWidth = Math.ceil(Math.max(inner, textWidth(title, 16)) + 2 * PAD);
  const footer = top + Math.ceil(labels.length / perLine) * lineHeight;
  return { scale, border, cellWidth, cellHeight, perLine, gap, lineHeight, top, footer, width: pictureWidth, height: footer + 28 + PAD };
}

/** An animation: the rows side by side (at most four a line), with the time below. */
export function dreamAnimation(rows: readonly DreamRow[], options: DreamOptions): Film {
  const { context, title = '', delayMs = 120 } = options;
  const reels = openReels(rows, context);
  const { count } = reels[0];
  const layout = layoutAnimation(shapeOf(rows, reels[0]), options);
  const { scale, border, cellWidth, cellHeight, perLine, gap, lineHeight, top, footer, width: pictureWidth } = layout;
  const delaysMs = Array.from({ length: count }, (_, t) => (t === count - 1 ? 8 * delayMs : delayMs));

  return drawFilm(pictureWidth, layout.height, delaysMs, (ctx, t) => {
    if (title) writeText(ctx, title, PAD, PAD + 8, 16, INK, 'left');
    rows.forEach((row, r) => {
      const x = PAD + (r % perLine) * (cellWidth + gap);
      const y = top + Math.floor(r / perLine) * lineHeight + 24;
      writeText(ctx, row.label, x + cellWidth / 2, y - 13, 14, INK, 'center', cellWidth);
      drawFrame(ctx, reels[r], t, x, y, scale, border, t < context);
      writeText(ctx, row.texts?.[t] ?? '', x + cellWidth / 2, y + cellHeight + 11, 12, FADED, 'center', cellWidth);
    });
    const track = pictureWidth - 2 * PAD;
    const upTo = (step: number): number => Math.round((track * step) / count);
    ctx.fillStyle = TRACK;
    ctx.fillRect(PAD, footer, track, 4);
    ctx.fillStyle = OBSERVED_COLOR;
    ctx.fillRect(PAD, footer, upTo(Math.min(t + 1, context)), 4);
    ctx.fillStyle = IMAGINED_COLOR;
    if (t >= context) ctx.fillRect(PAD + upTo(context), footer, upTo(t + 1) - upTo(context), 4);
    const [word, color] = t < context ? ['observed', OBSERVED_COLOR] : ['imagined', IMAGINED_COLOR];
    writeText(ctx, word, PAD, footer + 20, 13, color, 'left');
    writeText(ctx, `t = ${t}`, pictureWidth - PAD, footer + 20, 13, FADED, 'right');
  });
}

/**
 * See whether a dream of this shape could be written, before anything is dreamt.
 * @param advice what to lower, for the end of the sentence
 * @throws UserError where it would be too large for the format that the path's extension asks for
 */
export function requireDream(path: string, shape: DreamShape, options: DreamOptions, advice = 'make it smaller'): void {
  const format = pictureFormat(path);
  requireFormat(path, format, format === 'png' ? layoutStrip(shape, options) : layoutAnimation(shape, options), advice);
}

/**
 * Write a dream as its path's extension asks: .png is the strip, .webp (lossless) and .gif are animations.
 * Gives back the picture and its bytes. Throws on another extension, before anything is drawn.
 * @throws UserError where it cannot be written, or is too large for its format
 */
export async function writeDream(
  path: string,
  rows: readonly DreamRow[],
  options: DreamOptions,
): Promise<{ picture: Picture | Film; bytes: Uint8Array }> {
  const isStill = pictureFormat(path) === 'png';
  const [reel] = openReels(rows.slice(0, 1), options.context);
  requireDream(path, shapeOf(rows, reel), options);
  const picture = isStill ? dreamStrip(rows, options) : dreamAnimation(rows, options);
  return { picture, bytes: await writePicture(path, picture) };
}

// ---------------------------------------------------------------- drawing

function openReels(rows: readonly DreamRow[], context: number): readonly Reel[] {
  if (rows.length === 0) throw new RangeError('expected at least one row of frames, got none');
  const first = rows[0].frames.shape;
  for (const { label, frames, texts } of rows) {
    if (frames.shape.length !== 4 || frames.shape.slice(0, 3).join() !== first.slice(0, 3).join() || !frames.shape[0]) {
      throw new RangeError(`row "${label}": expected frames [T ≥ 1,H,W,C] like [${first}], got [${frames.shape}]`);
    }
    if (texts && texts.length !== first[0]) {
      throw new RangeError(`row "${label}": expected ${first[0]} texts, one a frame, got ${texts.length}`);
    }
  }
  if (!Number.isInteger(context) || context < 0) {
    throw new RangeError(`expected context to be a number of observed frames, got ${context}`);
  }
  return rows.map((row) => toRgba(row.frames));
}

/** Frame t of a reel, enlarged to exact squares, inside a border. */
function drawFrame(
  ctx: SKRSContext2D,
  reel: Reel,
  t: number,
  x: number,
  y: number,
  scale: number,
  border: number,
  observed: boolean,
): void {
  const { width, height } = reel;
  ctx.fillStyle = observed ? OBSERVED_COLOR : IMAGINED_COLOR;
  ctx.fillRect(x, y, width * scale + 2 * border, height * scale + 2 * border);
  ctx.imageSmoothingEnabled = false;
  ctx.drawImage(frameCanvas(reel, t), x + border, y + border, width * scale, height * scale);
}
