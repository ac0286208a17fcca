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
   * @param out where to write, uint8 [size·size·3]; a new array where it is absent
   * @returns uint8 [size·size·3], row-major RGB
   */
  render(scene: Pick<Environment, 'draw'>, state: unknown, palette?: Palette, out?: Uint8Array): Uint8Array;
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
  const ctx = createCanvas(size, size).getContext('2d', { willReadFrequently: true });
  let drawn = 0;

  return {
    size,

    render(scene, state, palette = defaultPalette, out = new Uint8Array(size * size * 3)) {
      if (out.length !== size * size * 3) {
        throw new RangeError(`expected room for ${size}×${size}×3 = ${size * size * 3} bytes, got ${out.length}`);
      }
      ctx.reset(); // whatever the last scene left behind: clips, transforms, styles
      ctx.fillStyle = palette.background;
      ctx.fillRect(0, 0, size, size);
      ctx.scale(size, size);
      scene.draw(ctx, state, palette);
      const rgba = ctx.getImageData(0, 0, size, size).data;
      for (let from = 0, to = 0; to < out.length; from += 4) {
        out[to++] = rgba[from];
        out[to++] = rgba[from + 1];
        out[to++] = rgba[from + 2];
      }
      drawn++;
      return out;
    },

    async breathe() {
      if (drawn < FRAMES_PER_BREATH) return;
      drawn = 0;
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
