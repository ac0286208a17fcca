/**
 * Pictures in a terminal: two pixels a character, by the half block ▀ with a colour above and one below.
 */
import type { NdArray } from '../types.ts';
import { toRgba } from './picture.ts';

/**
 * Frames side by side as one string of lines, with 24-bit ANSI colours and no newline at the end. A frame is [H, W, C]
 * as `toRgba` takes it; it is shrunk, never enlarged, so that all of them fit into `columns` characters and, with the
 * labels, into `rows` lines. Whether colours are welcome (a terminal, no NO_COLOR) is for the caller to know.
 */
export function halfBlocks(
  panels: readonly { readonly label: string; readonly frame: NdArray }[],
  { columns, rows = Infinity }: { readonly columns: number; readonly rows?: number },
): string {
  const gap = '  ';
  const room = Math.floor((columns - gap.length * (panels.length - 1)) / panels.length);
  const images = panels.map(({ frame }) => shrink(toRgba(frame), room, 2 * (rows - 1)));
  const lines = [panels.map(({ label }, i) => label.slice(0, images[i].width).padEnd(images[i].width)).join(gap)];
  const height = Math.max(0, ...images.map((image) => image.height));
  for (let y = 0; y < height; y += 2) {
    lines.push(images.map((image) => (y < image.height ? blockLine(image, y) : ' '.repeat(image.width))).join(gap));
  }
  return lines.map((line) => line.trimEnd()).join('\n');
}

interface Image {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

function blockLine({ width, data }: Image, y: number): string {
  let line = '';
  let above = '';
  let below = '';
  for (let x = 0; x < width; x++) {
    const top = colorAt(data, y * width + x);
    const bottom = colorAt(data, (y + 1) * width + x);
    if (top !== above) line += `\x1b[38;2;${top}m`;
    if (bottom !== below) line += `\x1b[48;2;${bottom}m`;
    line += '▀';
    above = top;
    below = bottom;
  }
  return `${line}\x1b[0m`;
}

function colorAt(data: Uint8ClampedArray, pixel: number): string {
  return `${data[pixel * 4]};${data[pixel * 4 + 1]};${data[pixel * 4 + 2]}`;
}

/** Mean over boxes, to an even height that keeps the proportions; a frame that fits is kept as it is. */
function shrink(image: Image, maxWidth: number, maxHeight: number): Image {
  const scale = Math.min(1, maxWidth / image.width, maxHeight / image.height);
  const width = Math.max(1, Math.floor(image.width * scale));
  const height = Math.max(2, 2 * Math.floor((image.height * scale) / 2));
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    const [y0, y1] = box(y, height, image.height);
    for (let x = 0; x < width; x++) {
      const [x0, x1] = box(x, width, image.width);
      for (let c = 0; c < 4; c++) {
        let sum = 0;
        for (let v = y0; v < y1; v++) for (let u = x0; u < x1; u++) sum += image.data[(v * image.width + u) * 4 + c];
        data[(y * width + x) * 4 + c] = sum / ((y1 - y0) * (x1 - x0));
      }
    }
  }
  return { width, height, data };
}

/** The source pixels [from, to) of target pixel i; at least one. */
function box(i: number, target: number, source: number): [number, number] {
  const from = Math.floor((i * source) / target);
  return [from, Math.max(from + 1, Math.floor(((i + 1) * source) / target))];
}
