/**
 * Random shifts of replayed pictures (DrQ, Kostrikov, Yarats and Fergus 2021): what a picture shows means the same a few
 * pixels further on, so an encoder that learns from few of them does not learn them by heart.
 */
import type { Rng } from '../types.ts';

/** Pictures of sequences. */
export interface Pictures {
  readonly data: Uint8Array;
  /** [B, T, H, W, C] */
  readonly shape: readonly number[];
}

/**
 * Move the pictures by up to `by` pixels each way, in place: all of a sequence alike, so that what moves in it still
 * does; where nothing comes in from beyond, the border is repeated.
 */
export function shiftPictures({ data, shape }: Pictures, by: number, rng: Rng): void {
  const [batch, length, height, width, channels] = shape;
  if (by === 0) return;
  const size = height * width * channels;
  const before = new Uint8Array(size);
  for (let row = 0; row < batch; row++) {
    const [down, right] = [rng.int(2 * by + 1) - by, rng.int(2 * by + 1) - by];
    for (let t = 0; t < length; t++) {
      const picture = data.subarray((row * length + t) * size, (row * length + t + 1) * size);
      before.set(picture);
      for (let y = 0; y < height; y++) {
        const from = Math.min(height - 1, Math.max(0, y - down)) * width;
        for (let x = 0; x < width; x++) {
          const source = (from + Math.min(width - 1, Math.max(0, x - right))) * channels;
          const target = (y * width + x) * channels;
          for (let c = 0; c < channels; c++) picture[target + c] = before[source + c];
        }
      }
    }
  }
}
