import { expect, test } from 'vitest';
import { pictureSheet } from '../../src/viz/sheet.ts';
import { greyFrames, pictureOf } from './frames.ts';

const cells = [[0.2], [0.4, 0.6], [0.8]].map((values, i) => ({ caption: `cell ${i}`, frames: greyFrames(values) }));

test('a sheet holds its cells in rows, each moving by itself', () => {
  const { width, height, data, delaysMs } = pictureOf(pictureSheet(cells, { columns: 2, delayMs: 70 }));
  // Padding 16, cells of 4 pixels, gaps of 16, captions of 26.
  expect([width, height, delaysMs]).toEqual([16 + 4 + 16 + 4 + 16, 16 + 30 + 16 + 30 + 8, [70, 70]]);
  const grey = (t: number, x: number, y: number) => data[((t * height + y) * width + x) * 3];
  const middles = [0, 1].map((t) => [grey(t, 18, 18), grey(t, 38, 18), grey(t, 18, 64)]);
  expect(middles).toEqual([[51, 102, 204], [51, 153, 204]]);
  expect(grey(0, 38, 64)).toBe(255); // no fourth cell
});

test('a grid is about square', () => {
  expect(pictureSheet(cells).width).toBe(56);
  expect(pictureSheet(cells.slice(0, 1)).width).toBe(36);
});

test('cells that do not fit are refused', () => {
  expect(() => pictureSheet([])).toThrow('at least one picture');
  const wide = { data: new Uint8Array(3 * 20), shape: [1, 4, 5, 3], dtype: 'uint8' as const };
  const mixed = [...cells, { caption: 'wide', frames: wide }];
  expect(() => pictureSheet(mixed)).toThrow('"wide": expected 4×4 pixels, got 5×4');
});
