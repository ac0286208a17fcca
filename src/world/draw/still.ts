/**
 * What stands still in a scene, painted once and copied from then on: a copy costs about as much as a single disc,
 * however many shapes it shows.
 */
import { createCanvas } from '@napi-rs/canvas';
import type { Canvas, SKRSContext2D } from '@napi-rs/canvas';
import { createNames } from './names.ts';

/** Pixels of a side. Larger pictures are drawn seldom, and copies of them would take much memory. */
const LARGEST_COPY = 128;
/** Copies that one still keeps: enough for many episodes side by side, each with a maze or colours of its own. */
const MOST_COPIES = 128;

/**
 * `paint` with a memory of what it painted. Its picture must follow from what it is given to show alone, which is plain
 * data: colours, and where things stand. Copies lie over what is behind them as the shapes themselves would, up to
 * rounding. It is painted anew where the picture is large, or its corner is not (0, 0) as with an unsteady camera.
 */
export function createStill<Shown extends readonly unknown[]>(
  paint: (ctx: SKRSContext2D, ...shown: Shown) => void,
): (ctx: SKRSContext2D, ...shown: Shown) => void {
  const copies = new Map<string, Canvas>();
  const nameOf = createNames();

  /** For one more copy: where there are enough, the canvas of the oldest, since native memory is slow to be freed. */
  function blank(size: number): Canvas {
    if (copies.size < MOST_COPIES) return createCanvas(size, size);
    const [[key, oldest]] = copies;
    copies.delete(key);
    return oldest.width === size ? oldest : createCanvas(size, size);
  }

  return (ctx, ...shown) => {
    const { a, b, c, d, e, f } = ctx.getTransform();
    const size = ctx.canvas.width; // pictures are square
    if (size > LARGEST_COPY || b !== 0 || c !== 0 || e !== 0 || f !== 0) {
      paint(ctx, ...shown);
      return;
    }
    let key = `${size} ${a} ${d}`;
    for (const value of shown) key += ` ${nameOf(value)}`;
    let copy = copies.get(key);
    if (copy === undefined) {
      copy = blank(size);
      const own = copy.getContext('2d', { willReadFrequently: true }); // takes less memory
      own.reset();
      own.scale(a, d);
      paint(own, ...shown);
      copies.set(key, copy);
    }
    // Pixel by pixel: a copy that is scaled there and back is several times slower.
    ctx.resetTransform();
    ctx.drawImage(copy, 0, 0);
    ctx.scale(a, d);
  };
}
