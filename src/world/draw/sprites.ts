/**
 * What moves about a grid of cells, painted once for each kind and copied to where it is: a copy costs about half as
 * much as a single disc, however many shapes it shows.
 */
import { createCanvas } from '@napi-rs/canvas';
import type { Canvas, SKRSContext2D } from '@napi-rs/canvas';
import type { Palette } from '../../types.ts';
import { createNames } from './names.ts';

/** Something in the cell whose top left corner is at (x, y). */
export interface Placed<Kind> {
  readonly kind: Kind;
  readonly x: number;
  readonly y: number;
}

export interface Scene<Kind> {
  /** How far a picture goes beyond the left and right of its cell, in cells; it stays within its row. */
  readonly reach: number;
  /** Draw what stands still behind all things, if anything does, from nothing but the palette. */
  behind?(ctx: SKRSContext2D, palette: Palette): void;
  /** Draw one kind in the cell from (0, 0) to (1, 1), from nothing but kind and palette. */
  paint(ctx: SKRSContext2D, kind: Kind, palette: Palette): void;
}

/** Copies for one palette and scale: of each kind by where in a pixel its corner lies, and of what is behind. */
interface Sheet<Kind> {
  readonly behind: Canvas | undefined;
  readonly copies: Map<Kind, Map<number, Canvas>>;
}

type Pair = readonly [across: number, down: number];

/** Pixels of a side. Larger pictures are drawn seldom, and copies for them would take much memory. */
const LARGEST_PICTURE = 128;
/** Sheets that are kept: enough for episodes side by side with colours of their own. */
const MOST_SHEETS = 32;
/** Corners this near to one another, in parts of a pixel, share a copy. Those of whole cells differ by far more. */
const PHASES = 64;

/**
 * A function that draws things before what is behind them, in their order and up to rounding as if each were painted.
 * They are painted anew where the picture is large, or its corner is not (0, 0) as with an unsteady camera.
 */
export function createSprites<Kind extends string | number>(
  { reach, behind, paint }: Scene<Kind>,
): (ctx: SKRSContext2D, things: readonly Placed<Kind>[], palette: Palette) => void {
  const sheets = new Map<string, Sheet<Kind>>();
  const nameOf = createNames();

  function sheetOf(size: number, a: number, d: number, palette: Palette): Sheet<Kind> {
    const key = `${size} ${a} ${d} ${nameOf(palette)}`;
    let sheet = sheets.get(key);
    if (sheet === undefined) {
      const [oldest] = sheets.keys();
      if (sheets.size === MOST_SHEETS) sheets.delete(oldest);
      sheets.set(key, (sheet = { behind: ground(size, a, d, palette), copies: new Map() }));
    }
    return sheet;
  }

  function ground(size: number, a: number, d: number, palette: Palette): Canvas | undefined {
    if (behind === undefined) return undefined;
    const [canvas, ctx] = blank(size, size);
    ctx.scale(a, d);
    behind(ctx, palette);
    return canvas;
  }

  /** One kind, its corner this far from that of a pixel. */
  function painted(kind: Kind, palette: Palette, [across, down]: Pair, [a, d]: Pair): Canvas {
    const [canvas, ctx] = blank(Math.ceil(a * (1 + 2 * reach)) + 1, Math.ceil(d) + 1);
    ctx.translate(across, down);
    ctx.scale(a, d);
    ctx.translate(reach, 0);
    paint(ctx, kind, palette);
    return canvas;
  }

  return (ctx, things, palette) => {
    const { a, b, c, d, e, f } = ctx.getTransform();
    const size = ctx.canvas.width; // pictures are square
    if (size > LARGEST_PICTURE || b !== 0 || c !== 0 || e !== 0 || f !== 0) {
      behind?.(ctx, palette);
      for (const { kind, x, y } of things) {
        ctx.translate(x, y);
        paint(ctx, kind, palette);
        ctx.translate(-x, -y);
      }
      return;
    }
    const sheet = sheetOf(size, a, d, palette);
    ctx.resetTransform(); // to copy pixel by pixel
    if (sheet.behind !== undefined) ctx.drawImage(sheet.behind, 0, 0);
    for (const { kind, x, y } of things) {
      const [exactLeft, exactTop] = [a * (x - reach), d * y];
      const [left, top] = [Math.floor(exactLeft), Math.floor(exactTop)];
      const [across, down] = [exactLeft - left, exactTop - top];
      const phase = Math.round(PHASES * across) * (PHASES + 1) + Math.round(PHASES * down);
      let ofKind = sheet.copies.get(kind);
      if (ofKind === undefined) sheet.copies.set(kind, (ofKind = new Map()));
      let copy = ofKind.get(phase);
      if (copy === undefined) ofKind.set(phase, (copy = painted(kind, palette, [across, down], [a, d])));
      ctx.drawImage(copy, left, top);
    }
    ctx.scale(a, d);
  };
}

function blank(width: number, height: number): readonly [Canvas, SKRSContext2D] {
  const canvas = createCanvas(width, height);
  return [canvas, canvas.getContext('2d', { willReadFrequently: true })]; // takes less memory
}
