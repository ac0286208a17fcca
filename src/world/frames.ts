/**
 * Pictures of worlds: a state drawn by its environment on a canvas, read back as uint8 RGB.
 * The canvas's native memory is only freed when the event loop turns, so every loop that draws awaits `breathe`.
 */
import { createCanvas } from '@napi-rs/canvas';
import type { Environment, Palette } from '../types.ts';

export const defaultPalette: Palette = {
  background: '#141a2e',
  foreground: '#f4f1e8',
  agent: '#4cb8ff',
  goal: '#ffb52e',
  accent: '#4a5578',
  danger: '#ff4d6d',
};

/** Draws square frames on the one canvas that it owns. */
export interface FrameMaker {
  /** Side of the frames in pixels. */
  readonly size: number;
  /**
   * Draw `state` on the palette's background.
   * @returns uint8 [size·size·3], row-major RGB; a new array
   */
  render(scene: Pick<Environment, 'draw'>, state: unknown, palette?: Palette): Uint8Array;
  /**
   * Await this in every loop that calls `render`, at least once every 64 frames. Reading pixels leaves a native copy
   * behind that is only freed when the event loop turns: a synchronous loop grows by 17 KB for each 64×64 frame.
   * Lets the loop turn if 64 frames were drawn since it last did, else returns at once.
   */
  breathe(): Promise<void>;
}

const FRAMES_PER_BREATH = 64;

/** @throws RangeError where `size` is not a whole number of pixels from 1 to 4096 */
export function createFrames(size: number): FrameMaker {
  if (!Number.isInteger(size) || size < 1 || size > 4096) {
    throw new RangeError(`expected a frame size of 1 to 4096 pixels, got ${size}`);
  }
  const canvas = createCanvas(size, size);
  const ctx = canvas.getContext('2d', { willReadFrequently: true });
  let drawn = 0;

  return {
    size,

    render(scene, state, palette = defaultPalette) {
      ctx.reset(); // whatever the last scene left behind: clips, transforms, styles
      ctx.fillStyle = palette.background;
      ctx.fillRect(0, 0, size, size);
      ctx.scale(size, size);
      scene.draw(ctx, state, palette);
      drawn++;
      return withoutAlpha(canvas.data()); // quicker than getImageData, and the same where nothing shines through
    },

    async breathe() {
      if (drawn < FRAMES_PER_BREATH) return;
      drawn = 0;
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/** RGBA to RGB, four pixels at a time: as words of 32 bits (little-endian) they take half the time of bytes. */
function withoutAlpha(rgba: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((3 * rgba.length) / 4);
  const from = new Uint32Array(rgba.buffer, rgba.byteOffset, rgba.length / 4);
  const to = new Uint32Array(rgb.buffer, 0, Math.floor(rgb.length / 4));
  for (let i = 0, pixel = 0; i < to.length; i += 3, pixel += 4) {
    const second = from[pixel + 1];
    const third = from[pixel + 2];
    to[i] = (from[pixel] & 0xffffff) | (second << 24);
    to[i + 1] = ((second >>> 8) & 0xffff) | (third << 16);
    to[i + 2] = ((third >>> 16) & 0xff) | (from[pixel + 3] << 8);
  }
  // A side that is odd leaves one pixel over.
  for (let i = 4 * to.length; i < rgb.length; i++) rgb[i] = rgba[i + from.length - 1];
  return rgb;
}
