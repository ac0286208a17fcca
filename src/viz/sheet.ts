/** A sheet of small pictures in a tidy grid, each with its caption below; still, or all of them moving at once. */
import { INK } from './colors.ts';
import { drawFilm, frameCanvas, writeText } from './draw-picture.ts';
import { toRgba } from './picture.ts';
import type { Film } from './picture.ts';
import type { Size } from './picture-limits.ts';
import type { NdArray } from '../types.ts';

export interface SheetCell {
  readonly caption: string;
  /** [T, H, W, C] as `toRgba` takes it; all cells have the same H and W. */
  readonly frames: NdArray;
}

export interface SheetOptions {
  /** Cells in a row; what makes the grid about square where it is absent. */
  readonly columns?: number;
  /** How long each picture of an animation is shown. */
  readonly delayMs?: number;
}

const PAD = 16;
const GAP = 16;
const CAPTION = 26;
const CORNER = 8;

/** How large a sheet of so many cells becomes. */
export function sheetSize(cells: number, cell: Size, columnsAsked?: number): Size & { readonly columns: number } {
  const columns = Math.min(columnsAsked ?? Math.ceil(Math.sqrt(cells)), cells);
  const rows = Math.ceil(cells / columns);
  return {
    columns,
    width: 2 * PAD + columns * (cell.width + GAP) - GAP,
    height: PAD + rows * (cell.height + CAPTION + GAP) - GAP + PAD / 2,
  };
}

/**
 * As many moments as the longest cell has frames; a cell that has fewer begins again.
 * @throws RangeError where there are no cells, or they differ in size
 */
export function pictureSheet(cells: readonly SheetCell[], options: SheetOptions = {}): Film {
  if (cells.length === 0) throw new RangeError('expected at least one picture for a sheet, got none');
  const reels = cells.map(({ frames }) => toRgba(frames));
  const [{ width, height }] = reels;
  cells.forEach(({ caption }, i) => {
    const [wanted, got] = [reels[0], reels[i]].map((reel) => `${reel.width}×${reel.height}`);
    if (got !== wanted) throw new RangeError(`"${caption}": expected ${wanted} pixels, got ${got}`);
  });
  const sheet = sheetSize(cells.length, reels[0], options.columns);
  const { columns } = sheet;
  const moments = Math.max(...reels.map(({ count }) => count));
  const delaysMs = new Array<number>(moments).fill(options.delayMs ?? 100);

  return drawFilm(sheet.width, sheet.height, delaysMs, (ctx, t) => {
    cells.forEach(({ caption }, i) => {
      const x = PAD + (i % columns) * (width + GAP);
      const y = PAD + Math.floor(i / columns) * (height + CAPTION + GAP);
      ctx.save();
      ctx.beginPath();
      ctx.roundRect(x, y, width, height, CORNER);
      ctx.clip();
      ctx.drawImage(frameCanvas(reels[i], t % reels[i].count), x, y);
      ctx.restore();
      writeText(ctx, caption, x + width / 2, y + height + CAPTION / 2, 13, INK, 'center', width);
    });
  });
}
