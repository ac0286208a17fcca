/**
 * Pictures in memory and as files: still or animated RGB, written as PNG, lossless WebP or GIF.
 */
import { extname } from 'node:path';
import type { NdArray } from '../types.ts';
import { UserError } from '../user-error.ts';
import { createAnimation } from './animation.ts';
import { loadSharp } from './fonts.ts';
import { writeOutput } from './output-file.ts';
import { requireFormat, type PictureFormat, type Size } from './picture-limits.ts';

export type { PictureFormat } from './picture-limits.ts';

/** RGB bytes [delaysMs.length, height, width, 3]. A still has one frame. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  /** How long each frame is shown, in milliseconds; one entry a frame. */
  readonly delaysMs: readonly number[];
}

/** The same, each frame drawn when it is asked for: no number of them fills the memory. */
export interface Film {
  readonly width: number;
  readonly height: number;
  readonly delaysMs: readonly number[];
  /** RGB [height, width, 3]; its memory is used again by the next call. */
  frame(t: number): Uint8Array;
}

/** The format that a file's extension asks for. Throws on any but .png, .webp and .gif. */
export function pictureFormat(path: string): PictureFormat {
  const extension = extname(path).toLowerCase();
  if (extension === '.png' || extension === '.webp' || extension === '.gif') return extension.slice(1) as PictureFormat;
  throw new UserError(
    `expected a picture's name to end in .png, .webp or .gif, got ${extension || 'no extension'} in ${path}`,
  );
}

/**
 * The bytes of a picture file. WebP is lossless; GIF has 256 colours a frame. An animation shows equal frames that
 * follow one another as one, for as long as all of them. Throws on an animated PNG.
 * @param webpEffort how hard to try to make an animated WebP small: 0 (quick) to 6
 * @throws UserError where the format cannot hold so large a picture
 */
export async function encodePicture(picture: Picture | Film, format: PictureFormat, webpEffort = 0): Promise<Uint8Array> {
  const { width, height, delaysMs } = picture;
  const frames = delaysMs.length;
  if ('data' in picture && picture.data.length !== frames * height * width * 3) {
    throw new RangeError(`expected RGB [${frames},${height},${width},3], got ${picture.data.length} bytes`);
  }
  requireFormat('picture', format, picture, 'make it smaller');
  if (frames === 1) return encodeStill(frameOf(picture, 0), picture, format);
  if (format === 'png') throw new RangeError(`expected one frame for a PNG, got ${frames}; use .webp or .gif`);
  const animation = createAnimation({ width, height, format, webpEffort });
  for (const [t, delayMs] of delaysMs.entries()) await animation.add(frameOf(picture, t), delayMs);
  return animation.finish();
}

async function encodeStill(data: Uint8Array, { width, height }: Size, format: PictureFormat): Promise<Uint8Array> {
  const sharp = await loadSharp();
  const still = sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false });
  if (format === 'png') return still.png({ compressionLevel: 9 }).toBuffer();
  return format === 'webp' ? still.webp({ lossless: true }).toBuffer() : still.gif({ dither: 0 }).toBuffer();
}

/** RGB [height, width, 3]. */
function frameOf(picture: Picture | Film, t: number): Uint8Array {
  if ('frame' in picture) return picture.frame(t);
  const size = picture.width * picture.height * 3;
  return picture.data.subarray(t * size, (t + 1) * size);
}

/**
 * Write a picture in the format of the path's extension, making its folder; gives back the bytes.
 * @throws UserError where it cannot be written, or the format cannot hold it
 */
export async function writePicture(path: string, picture: Picture | Film, webpEffort = 0): Promise<Uint8Array> {
  const bytes = await encodePicture(picture, pictureFormat(path), webpEffort);
  await writeOutput(path, bytes);
  return bytes;
}

/**
 * Frames as 8-bit RGBA, opaque. `frames` is [T, H, W, C] or one frame [H, W, C], with C = 1 (grey) or 3; floats are
 * in [0, 1], integers in 0..255, and what lies outside is clipped.
 */
export function toRgba(frames: NdArray): { count: number; height: number; width: number; data: Uint8ClampedArray } {
  const { shape, data, dtype } = frames;
  const [count, height, width, channels] = shape.length === 3 ? [1, ...shape] : shape;
  if ((shape.length !== 3 && shape.length !== 4) || (channels !== 1 && channels !== 3) || dtype === 'bool') {
    throw new TypeError(`expected frames [T,H,W,1 or 3] or [H,W,1 or 3] of numbers, got ${dtype} [${shape}]`);
  }
  const scale = dtype === 'float32' ? 255 : 1;
  const pixels = count * height * width;
  const out = new Uint8ClampedArray(pixels * 4);
  for (let i = 0; i < pixels; i++) {
    for (let c = 0; c < 3; c++) out[i * 4 + c] = data[i * channels + (channels === 3 ? c : 0)] * scale;
    out[i * 4 + 3] = 255;
  }
  return { count, height, width, data: out };
}
