import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  dreamAnimation,
  dreamStrip,
  errorFrames,
  pickColumns,
  truthModelError,
  writeDream,
} from '../../src/viz/dream-strip.ts';
import { IMAGINED_COLOR, OBSERVED_COLOR } from '../../src/viz/colors.ts';
import type { Picture } from '../../src/viz/picture.ts';
import { decode, greyFrames, pictureOf } from './frames.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dream-'));
});
afterAll(() => rm(folder, { recursive: true }));

const rgb = (hex: string): number[] => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const green = rgb(OBSERVED_COLOR);
const red = rgb(IMAGINED_COLOR);

/** Runs of more than `least` equal pixels along row y of frame t: [colour, length]. */
function runs(picture: Picture, t: number, y: number, least: number): [number[], number][] {
  const found: [number[], number][] = [];
  for (let x = 0; x < picture.width; x++) {
    const at = ((t * picture.height + y) * picture.width + x) * 3;
    const pixel = [...picture.data.subarray(at, at + 3)];
    const last = found.at(-1);
    if (last && last[0].join() === pixel.join()) last[1]++;
    else found.push([pixel, 1]);
  }
  return found.filter(([, length]) => length > least);
}

/** How many pixels of frame t have this colour. */
function countColor(picture: Picture, t: number, color: readonly number[]): number {
  let count = 0;
  const size = picture.width * picture.height * 3;
  for (let at = t * size; at < (t + 1) * size; at += 3) {
    if (color.every((value, c) => picture.data[at + c] === value)) count++;
  }
  return count;
}

const truth = greyFrames([0.2, 0.4, 0.6, 0.8]);
const model = greyFrames([0.2, 0.4, 0.95, 0.05]);

test('the error is mid-grey where model and truth agree, bright where the model is brighter', () => {
  // (0.95 − 0.6 + 1) / 2 = 0.675 → 172.1; (0.05 − 0.8 + 1) / 2 = 0.125 → 31.9
  const { data, dtype, shape } = errorFrames(truth, model);
  expect([data[0], data[48], data[96], data[144]]).toEqual([128, 128, 172, 32]);
  expect({ dtype, shape }).toEqual({ dtype: 'uint8', shape: [4, 4, 4, 3] });
});

test('bytes and floats meet on one scale', () => {
  const bytes = { data: new Uint8Array(48).fill(255), shape: [1, 4, 4, 3], dtype: 'uint8' } as const;
  expect(errorFrames(bytes, greyFrames([1])).data[0]).toBe(128);
  expect(errorFrames(bytes, greyFrames([0])).data[0]).toBe(0);
});

test('a strip is rows of enlarged frames in order, green while observed, red when imagined', () => {
  const strip = dreamStrip(truthModelError(truth, model), { context: 2, framePx: 96 });
  const cell = 96; // 4 × 4 pixels, enlarged 24 times
  // Rows are 102 + 6 pixels apart, the first begins at 14 + 46; look through the middle of each.
  const grey = (value: number): number[] => [value, value, value];
  const colors = (row: number): number[][] =>
    runs(strip, 0, 60 + row * 108 + 51, 90).map(([color, length]) => {
      expect(length).toBe(cell);
      return color;
    });
  expect(colors(0)).toEqual([51, 102, 153, 204].map(grey));
  expect(colors(1)).toEqual([51, 102, 242, 13].map(grey));
  expect(colors(2)).toEqual([128, 128, 172, 32].map(grey));
  // The top border of the first row.
  expect(runs(strip, 0, 60, 90)).toEqual([[green, 102], [green, 102], [red, 102], [red, 102]]);
});

test('pixels are enlarged to sharp squares', () => {
  const frames = { data: Uint8Array.of(10, 200, 200, 10), shape: [1, 2, 2, 1], dtype: 'uint8' } as const;
  const strip = dreamStrip([{ label: '', frames }], { context: 1, framePx: 96 });
  expect(countColor(strip, 0, [10, 10, 10])).toBe(2 * 48 * 48);
  expect(countColor(strip, 0, [200, 200, 200])).toBe(2 * 48 * 48);
});

test('a strip is the same picture every time, and a title or texts make it larger', () => {
  const rows = truthModelError(truth, model);
  const plain = dreamStrip(rows, { context: 2 });
  expect(dreamStrip(rows, { context: 2 })).toEqual(plain);
  expect(dreamStrip(rows, { context: 2, title: 'catch' }).height).toBe(plain.height + 28);
  const told = rows.map((row) => ({ ...row, texts: ['0', '0', '0', '+1'] }));
  expect(dreamStrip(told, { context: 2 }).height).toBeGreaterThan(plain.height);
});

test('labels are drawn', () => {
  const inked = (label: string): number => {
    const picture = dreamStrip([{ label, frames: truth }], { context: 2 });
    return picture.data.filter((value) => value < 60).length;
  };
  expect(inked('imagined')).toBeGreaterThan(inked(' ') + 100);
});

test('columns are even, keep both ends and the first imagined moment', () => {
  expect(pickColumns(4, 12, 2)).toEqual([0, 1, 2, 3]);
  expect(pickColumns(50, 10, 25)).toEqual([0, 5, 11, 16, 22, 25, 33, 38, 44, 49]);
  expect(pickColumns(50, 10, 0)).toEqual([0, 5, 11, 16, 22, 27, 33, 38, 44, 49]);
  expect(pickColumns(100, 3, 1)).toEqual([0, 1, 99]);
});

test('an animation has a frame for each moment, panels of at least 128 pixels, and turns from green to red', () => {
  const movie = pictureOf(dreamAnimation(truthModelError(truth, model), { context: 2, delayMs: 100 }));
  expect(movie.delaysMs).toEqual([100, 100, 100, 800]);
  // Three panels of 160 + 2 × 4 pixels, 12 apart, with 14 on either side.
  expect(movie.width).toBe(3 * 168 + 2 * 12 + 2 * 14);
  const frames = 3 * (168 * 168 - 160 * 160);
  expect(countColor(movie, 1, green)).toBeGreaterThan(frames);
  expect(countColor(movie, 1, red)).toBe(0);
  expect(countColor(movie, 2, red)).toBeGreaterThan(frames);
  expect(countColor(movie, 2, [242, 242, 242])).toBe(160 * 160);
  expect(countColor(movie, 2, [172, 172, 172])).toBe(160 * 160);
});

test('a dream is written as its extension asks and can be read back', async () => {
  const rows = truthModelError(truth, model);
  const png = await writeDream(join(folder, 'dream.png'), rows, { context: 2 });
  expect(await decode(png.bytes)).toMatchObject({ count: 1, width: png.picture.width, height: png.picture.height });
  for (const extension of ['webp', 'gif']) {
    const { bytes, picture } = await writeDream(join(folder, `dream.${extension}`), rows, { context: 2, delayMs: 100 });
    const back = await decode(bytes);
    expect(back).toMatchObject({ count: 4, width: picture.width, height: picture.height });
    expect(back.delaysMs).toEqual([100, 100, 100, 800]);
    // WebP is exact; the palette of a GIF is coarse at the smooth edges of letters.
    const drawn = 'frame' in picture ? pictureOf(picture) : picture;
    const worst = back.data.reduce((most, value, i) => Math.max(most, Math.abs(value - drawn.data[i])), 0);
    expect(worst).toBeLessThanOrEqual(extension === 'webp' ? 0 : 32);
    const [r, g] = back.pixel(3, 15, 39); // the corner of the first panel's border, when imagined
    expect(r).toBeGreaterThan(200);
    expect(g).toBeLessThan(50);
  }
});

test('one row for each action, as many as there are', () => {
  const rows = ['left', 'stay', 'right', 'up', 'down'].map((label) => ({ label, frames: truth }));
  const movie = pictureOf(dreamAnimation(rows, { context: 0 }));
  expect(movie.width).toBe(4 * 168 + 3 * 12 + 2 * 14);
  expect(countColor(movie, 0, green)).toBe(0);
});

test('what does not fit together is refused by name', async () => {
  const rows = [{ label: 'truth', frames: truth }, { label: 'model', frames: greyFrames([0]) }];
  expect(() => dreamStrip(rows, { context: 1 })).toThrow('row "model": expected frames');
  expect(() => dreamStrip([], { context: 1 })).toThrow('at least one row');
  expect(() => dreamStrip(rows.slice(0, 1), { context: -1 })).toThrow('context');
  expect(() => dreamStrip([{ label: 'a', frames: truth, texts: ['1'] }], { context: 1 })).toThrow('4 texts');
  expect(() => errorFrames(truth, greyFrames([0]))).toThrow('of one shape, got [4,4,4,3] and [1,4,4,3]');
  await expect(writeDream('dream.mp4', rows, { context: 1 })).rejects.toThrow('.png, .webp or .gif');
});
