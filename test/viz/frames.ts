/** Small frames with known pixels, and files read back by sharp, for the tests of pictures. */
import sharp from 'sharp';
import type { NdArray } from '../../src/types.ts';
import type { Film, Picture } from '../../src/viz/picture.ts';

/** Frames [T, 4, 4, 3] of one grey value in [0, 1] a frame. */
export function greyFrames(values: readonly number[]): NdArray {
  const data = new Float32Array(values.length * 48);
  values.forEach((value, t) => data.fill(value, t * 48, (t + 1) * 48));
  return { data, shape: [values.length, 4, 4, 3], dtype: 'float32' };
}

/** All frames of a film. */
export function pictureOf({ width, height, delaysMs, frame }: Film): Picture {
  return { width, height, delaysMs, data: Buffer.concat(delaysMs.map((_, t) => frame(t).slice())) };
}

/** A picture file as its frames of RGB bytes. */
export async function decode(bytes: Uint8Array) {
  const metadata = await sharp(bytes, { pages: -1 }).metadata();
  const { data, info } = await sharp(bytes, { pages: -1 }).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const count = metadata.pages ?? 1;
  const height = metadata.pageHeight ?? info.height;
  const pixel = (t: number, x: number, y: number): number[] => {
    const at = ((t * height + y) * info.width + x) * info.channels;
    return [...data.subarray(at, at + 3)];
  };
  return { count, width: info.width, height, delaysMs: metadata.delay, data, pixel };
}
