import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodePicture, pictureFormat, toRgba, writePicture } from '../../src/viz/picture.ts';
import { decode } from './frames.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'picture-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Two frames of 3 × 2: red everywhere; then blue but for one green pixel at (2, 1). */
const red = [200, 10, 20];
const blue = [5, 6, 250];
const green = [0, 128, 7];
const twoFrames = {
  width: 3,
  height: 2,
  data: Uint8Array.from([red, red, red, red, red, red, blue, blue, blue, blue, blue, green].flat()),
  delaysMs: [120, 960],
};
const still = { width: 3, height: 2, data: twoFrames.data.slice(18), delaysMs: [0] };

/** The palette of a GIF is chosen in fewer than eight bits a colour; everything else is exact. */
const tolerance = { png: 0, webp: 0, gif: 1 };

function expectPixels(data: Uint8Array, expected: Uint8Array, atMost: number): void {
  expect(data.length).toBe(expected.length);
  expect(Math.max(...expected.map((value, i) => Math.abs(value - data[i])))).toBeLessThanOrEqual(atMost);
}

test.each(['webp', 'gif'] as const)('an animated %s keeps every pixel, frame and delay', async (format) => {
  const back = await decode(await encodePicture(twoFrames, format));
  expect(back).toMatchObject({ count: 2, width: 3, height: 2, delaysMs: [120, 960] });
  expectPixels(back.data, twoFrames.data, tolerance[format]);
});

test.each(['png', 'webp', 'gif'] as const)('a still %s keeps every pixel', async (format) => {
  const path = join(folder, 'new', `still.${format}`);
  const bytes = await writePicture(path, still);
  expect(Buffer.from(bytes).equals(await readFile(path))).toBe(true);
  const back = await decode(bytes);
  expectPixels(back.data, still.data, tolerance[format]);
});

test('a PNG holds one frame', async () => {
  await expect(encodePicture(twoFrames, 'png')).rejects.toThrow('expected one frame for a PNG, got 2');
});

test('too few bytes are refused before libvips sees them', async () => {
  await expect(encodePicture({ ...still, data: new Uint8Array(17) }, 'png')).rejects.toThrow('[1,2,3,3], got 17 bytes');
});

test('the extension chooses the format, and an unknown one is told the known ones', () => {
  expect(pictureFormat('a/b.GIF')).toBe('gif');
  expect(() => pictureFormat('runs/dream.mp4')).toThrow('.png, .webp or .gif, got .mp4 in runs/dream.mp4');
  expect(() => pictureFormat('dream')).toThrow('got no extension in dream');
});

test('frames become RGBA from floats, bytes and grey', () => {
  const floats = { data: Float32Array.of(-0.5, 0.5, 2), shape: [1, 1, 1, 3], dtype: 'float32' } as const;
  expect([...toRgba(floats).data]).toEqual([0, 128, 255, 255]);
  const grey = { data: Uint8Array.of(7, 9), shape: [1, 2, 1], dtype: 'uint8' } as const;
  expect(toRgba(grey)).toEqual({
    count: 1,
    height: 1,
    width: 2,
    data: Uint8ClampedArray.of(7, 7, 7, 255, 9, 9, 9, 255),
  });
  expect(() => toRgba({ ...grey, shape: [2] })).toThrow('expected frames [T,H,W,1 or 3]');
});
