/** Drawing on a grid of square cells: one cell is the unit, and the grid fills the picture. */
import { Path2D } from '@napi-rs/canvas';
import type { SKRSContext2D } from '@napi-rs/canvas';
import type { Palette } from '../../types.ts';

/**
 * Call `paint` with a context in which cell (row, column) is the square of side 1 whose top left corner is at
 * (column, row). The grid is as large as the picture allows and in its middle. The context is put back afterwards.
 */
export function onGrid(ctx: SKRSContext2D, rows: number, columns: number, paint: () => void): void {
  const cells = Math.max(rows, columns);
  ctx.save();
  ctx.transform(1 / cells, 0, 0, 1 / cells, (1 - columns / cells) / 2, (1 - rows / cells) / 2);
  paint();
  ctx.restore();
}

/** Lay a floor of tiles under a whole grid, so thinly that what is behind it stays in sight. */
export function floor(ctx: SKRSContext2D, rows: number, columns: number, palette: Palette): void {
  ctx.save();
  ctx.globalAlpha = 0.5;
  ctx.fillStyle = palette.accent;
  ctx.fillRect(0, 0, columns, rows);
  // Joints across the whole floor are several times quicker than tiles one by one.
  ctx.fillStyle = palette.background;
  for (let row = 0; row <= rows; row++) ctx.fillRect(0, row - 0.05, columns, 0.1);
  for (let column = 0; column <= columns; column++) ctx.fillRect(column - 0.05, 0, 0.1, rows);
  ctx.restore();
}

/** Fill a disc. */
export function disc(ctx: SKRSContext2D, x: number, y: number, radius: number, colour: string): void {
  ctx.fillStyle = colour;
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  ctx.fill();
}

/** A board with a round hole in every cell, to be filled by the even-odd rule. */
export function boardWithHoles(rows: number, columns: number): Path2D {
  const path = new Path2D();
  path.roundRect(0, 0, columns, rows, 0.3);
  for (let cell = 0; cell < rows * columns; cell++) {
    const [x, y] = [(cell % columns) + 0.5, Math.floor(cell / columns) + 0.5];
    path.moveTo(x + 0.4, y);
    path.arc(x, y, 0.4, 0, 2 * Math.PI);
  }
  return path;
}

/** Fill a cell but for `gap` along each side, with corners of radius `corner`; the unit is the cell. */
export function tile(
  ctx: SKRSContext2D,
  row: number,
  column: number,
  colour: string,
  gap = 0.04,
  corner = 0.12,
): void {
  ctx.fillStyle = colour;
  ctx.beginPath();
  ctx.roundRect(column + gap, row + gap, 1 - 2 * gap, 1 - 2 * gap, corner);
  ctx.fill();
}

/** The one who moves: a disc with a light in it, in the middle of a cell. */
export function walker(
  ctx: SKRSContext2D,
  row: number,
  column: number,
  colours: { readonly body: string; readonly light: string },
): void {
  disc(ctx, column + 0.5, row + 0.5, 0.33, colours.body);
  disc(ctx, column + 0.5, row + 0.5, 0.12, colours.light);
}
