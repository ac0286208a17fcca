/** How large a picture of each format can be. */
import { UserError } from '../user-error.ts';

/** A picture's file. */
export type PictureFormat = 'png' | 'webp' | 'gif';

/** Of a PNG it is a matter of sense and memory; of the others, of their headers. */
const MAX_SIDE: Readonly<Record<PictureFormat, number>> = { png: 32_000, webp: 16_383, gif: 65_535 };
/** Of one frame: its canvas takes four bytes of each. */
const MAX_PIXELS = 2 ** 27;

export interface Size {
  readonly width: number;
  readonly height: number;
}

export const fitsFormat = (format: PictureFormat, { width, height }: Size): boolean =>
  Math.max(width, height) <= MAX_SIDE[format] && width * height <= MAX_PIXELS;

/**
 * Ask before anything is played or drawn.
 * @param advice what to lower, for the end of the sentence
 * @throws UserError where a picture of this size cannot be written in this format
 */
export function requireFormat(file: string, format: PictureFormat, size: Size, advice: string): void {
  if (fitsFormat(format, size)) return;
  const most = `${MAX_SIDE[format]} pixels a side and ${Math.round(MAX_PIXELS / 1e6)} million in all`;
  throw new UserError(
    `${file}: a picture of ${size.width}×${size.height} pixels is too large for ${format.toUpperCase()}, ` +
      `which is written up to ${most}: ${advice}`,
  );
}
