/**
 * Pictures that show several moments at once, oldest first: [H, W, 3·k], so that what moves can be told from one of
 * them (Mnih et al. 2015).
 */
import type { NdArray } from '../types.ts';

/** Channels of a picture: three for each moment that it shows, one moment where `frameStack` is absent. */
export const channelsOf = ({ frameStack = 1 }: { readonly frameStack?: number }): number => 3 * frameStack;

/** Lay k pictures over each other: each uint8 [H·W·3], together uint8 [H·W·3k]. */
export function layFrames(frames: readonly Uint8Array[]): Uint8Array {
  if (frames.length === 1) return frames[0];
  const channels = 3 * frames.length;
  const laid = new Uint8Array(frames.length * frames[0].length);
  frames.forEach((frame, moment) => {
    for (let from = 0, to = 3 * moment; from < frame.length; from += 3, to += channels) {
      laid[to] = frame[from];
      laid[to + 1] = frame[from + 1];
      laid[to + 2] = frame[from + 2];
    }
  });
  return laid;
}

/** The newest moment alone, for people to look at: [..., 3·k] to [..., 3]. Where k = 1 it is the same array. */
export function newestFrames(pictures: NdArray): NdArray {
  const { data, shape, dtype } = pictures;
  const channels = shape[shape.length - 1];
  if (channels === 3) return pictures;
  const newest = data.slice(0, (3 * data.length) / channels);
  for (let from = channels - 3, to = 0; to < newest.length; from += channels, to += 3) {
    newest[to] = data[from];
    newest[to + 1] = data[from + 1];
    newest[to + 2] = data[from + 2];
  }
  return { data: newest, shape: [...shape.slice(0, -1), 3], dtype };
}
