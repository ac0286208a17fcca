import { createCanvas } from '@napi-rs/canvas';
import type { SKRSContext2D } from '@napi-rs/canvas';
import { describe, expect, it } from 'vitest';
import { createSprites } from '../../../src/world/draw/sprites.ts';
import { defaultPalette } from '../../../src/world/frames.ts';

const RED = [255, 0, 0, 255];
const GREEN = [0, 255, 0, 255];
const BLUE = [0, 0, 255, 255];

const palette = { ...defaultPalette, background: 'blue', goal: 'lime', danger: 'red' };

/** A picture of 4 × 4 cells. */
function picture(size: number): SKRSContext2D {
  const ctx = createCanvas(size, size).getContext('2d');
  ctx.scale(size / 4, size / 4);
  return ctx;
}

function pixel(ctx: SKRSContext2D, x: number, y: number): number[] {
  return [...ctx.getImageData(x, y, 1, 1).data];
}

/** Full cells on a blue ground, the wide ones half a cell wider on both sides; counts what it paints. */
function countedCells() {
  const calls = { behind: 0, paint: 0 };
  const draw = createSprites<'cell' | 'wide'>({
    reach: 0.5,
    behind(ctx, { background }) {
      calls.behind++;
      ctx.fillStyle = background;
      ctx.fillRect(0, 0, 4, 4);
    },
    paint(ctx, kind, { goal, danger }) {
      calls.paint++;
      ctx.fillStyle = kind === 'wide' ? danger : goal;
      ctx.fillRect(kind === 'wide' ? -0.5 : 0, 0, kind === 'wide' ? 2 : 1, 1);
    },
  });
  return { calls, draw };
}

describe('sprites', () => {
  it('are painted once for each kind, and lie where they are told, the later ones on top', () => {
    const { calls, draw } = countedCells();
    for (let time = 0; time < 3; time++) {
      const ctx = picture(8); // two pixels a cell
      draw(ctx, [{ kind: 'cell', x: 0, y: 0 }, { kind: 'cell', x: 2, y: 1 }, { kind: 'wide', x: 1, y: 1 }], palette);
      expect([pixel(ctx, 1, 1), pixel(ctx, 2, 1), pixel(ctx, 0, 2)]).toEqual([GREEN, BLUE, BLUE]);
      expect([pixel(ctx, 1, 2), pixel(ctx, 4, 3), pixel(ctx, 5, 3), pixel(ctx, 6, 3)]).toEqual([RED, RED, GREEN, BLUE]);
      ctx.fillStyle = 'red';
      ctx.fillRect(3, 3, 1, 1); // in the units of before
      expect([pixel(ctx, 5, 6), pixel(ctx, 6, 6)]).toEqual([BLUE, RED]);
    }
    expect(calls).toEqual({ behind: 1, paint: 2 });
  });

  it('keep their place between pixels', () => {
    const { calls, draw } = countedCells();
    const ctx = picture(6); // one and a half pixels a cell
    draw(ctx, [{ kind: 'cell', x: 1, y: 0 }, { kind: 'cell', x: 2, y: 1 }], palette);
    // Columns 1.5 to 3 and rows 0 to 1.5: one and a half pixels each way.
    expect(pixel(ctx, 2, 0)).toEqual(GREEN);
    expect(Math.abs(pixel(ctx, 1, 0)[1] - 127.5)).toBeLessThan(2);
    expect(Math.abs(pixel(ctx, 2, 1)[1] - 127.5)).toBeLessThan(2);
    expect(pixel(ctx, 3, 0)).toEqual(BLUE);
    // Columns 3 to 4.5 and rows 1.5 to 3: another place in a pixel, so another copy.
    expect(pixel(ctx, 3, 2)).toEqual(GREEN);
    expect(Math.abs(pixel(ctx, 4, 2)[1] - 127.5)).toBeLessThan(2);
    expect(Math.abs(pixel(ctx, 3, 1)[1] - 127.5)).toBeLessThan(2);
    expect(pixel(ctx, 5, 2)).toEqual(BLUE);
    expect(calls.paint).toBe(2);
  });

  it('follow the palette and the size of the picture', () => {
    const { draw } = countedCells();
    const things = [{ kind: 'cell', x: 1, y: 0 }] as const;
    const [first, other, large] = [picture(4), picture(4), picture(8)];
    draw(first, things, palette);
    draw(other, things, { ...palette, goal: 'red' });
    draw(large, things, palette);
    expect([pixel(first, 1, 0), pixel(other, 1, 0), pixel(other, 0, 0)]).toEqual([GREEN, RED, BLUE]);
    expect([pixel(large, 1, 1), pixel(large, 3, 1), pixel(large, 4, 1)]).toEqual([BLUE, GREEN, BLUE]);
  });

  it('need nothing behind them', () => {
    const draw = createSprites<'cell'>({
      reach: 0,
      paint(ctx, _kind, { goal }) {
        ctx.fillStyle = goal;
        ctx.fillRect(0, 0, 1, 1);
      },
    });
    for (const size of [4, 200]) {
      const ctx = picture(size);
      ctx.fillStyle = 'red';
      ctx.fillRect(0, 0, 4, 4);
      draw(ctx, [{ kind: 'cell', x: 1, y: 0 }], palette);
      expect([pixel(ctx, 0, 0), pixel(ctx, size / 4, 0), pixel(ctx, size / 2, 0)]).toEqual([RED, GREEN, RED]);
    }
  });

  it('move with an unsteady camera, and are painted anew for large pictures', () => {
    const { calls, draw } = countedCells();
    const things = [{ kind: 'cell', x: 1, y: 0 }] as const;
    const shaken = picture(4);
    shaken.translate(1, 1);
    draw(shaken, things, palette);
    expect([pixel(shaken, 1, 1), pixel(shaken, 2, 1), pixel(shaken, 2, 2)]).toEqual([BLUE, GREEN, BLUE]);
    for (let time = 0; time < 2; time++) {
      const large = picture(200);
      draw(large, things, palette);
      expect([pixel(large, 49, 0), pixel(large, 50, 49), pixel(large, 100, 0)]).toEqual([BLUE, GREEN, BLUE]);
    }
    expect(calls).toEqual({ behind: 3, paint: 3 });
  });
});
