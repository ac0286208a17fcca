import { createCanvas } from '@napi-rs/canvas';
import type { SKRSContext2D } from '@napi-rs/canvas';
import { describe, expect, it } from 'vitest';
import { createStill } from '../../../src/world/draw/still.ts';

const RED = [255, 0, 0, 255];
const GREEN = [0, 255, 0, 255];
const BLACK = [0, 0, 0, 255];

/** A black canvas on which one unit is the whole side. */
function blackSquare(size: number): SKRSContext2D {
  const ctx = createCanvas(size, size).getContext('2d');
  ctx.fillRect(0, 0, size, size);
  ctx.scale(size, size);
  return ctx;
}

function pixel(ctx: SKRSContext2D, x: number, y: number): number[] {
  return [...ctx.getImageData(x, y, 1, 1).data];
}

/** Fills the cells of a grid of 2 × 2 that it is told, and counts how often it was called. */
function countedCells() {
  const calls = { count: 0 };
  const draw = createStill((ctx, cells: readonly number[], colour: string) => {
    calls.count++;
    ctx.fillStyle = colour;
    for (const cell of cells) ctx.fillRect((cell % 2) / 2, Math.floor(cell / 2) / 2, 0.5, 0.5);
  });
  return { calls, draw };
}

describe('a still', () => {
  it('is painted once for all pictures that show the same, and leaves the rest of them alone', () => {
    const { calls, draw } = countedCells();
    for (let picture = 0; picture < 3; picture++) {
      const ctx = blackSquare(4);
      draw(ctx, [1], 'red'); // top right
      expect(pixel(ctx, 3, 0)).toEqual(RED);
      expect(pixel(ctx, 0, 0)).toEqual(BLACK);
      ctx.fillStyle = 'lime';
      ctx.fillRect(0, 0.5, 0.5, 0.5); // in the units of before
      expect(pixel(ctx, 1, 2)).toEqual(GREEN);
      expect(pixel(ctx, 2, 2)).toEqual(BLACK);
    }
    expect(calls.count).toBe(1);
  });

  it('follows what it shows, and the size of the picture', () => {
    const { calls, draw } = countedCells();
    const ctx = blackSquare(4);
    draw(ctx, [1], 'red');
    draw(ctx, [2], 'red');
    draw(ctx, [3], 'lime');
    expect([pixel(ctx, 3, 0), pixel(ctx, 0, 3), pixel(ctx, 3, 3)]).toEqual([RED, RED, GREEN]);
    const large = blackSquare(8);
    draw(large, [1], 'red');
    expect([pixel(large, 7, 3), pixel(large, 7, 4)]).toEqual([RED, BLACK]);
    expect(calls.count).toBe(4);
  });

  it('moves with an unsteady camera, and is painted anew for large pictures', () => {
    const { calls, draw } = countedCells();
    const shaken = blackSquare(4);
    shaken.translate(-0.25, 0);
    draw(shaken, [1], 'red');
    draw(shaken, [1], 'red');
    expect([pixel(shaken, 1, 0), pixel(shaken, 2, 0), pixel(shaken, 3, 0)]).toEqual([RED, RED, BLACK]);
    expect(calls.count).toBe(2);
    draw(blackSquare(200), [1], 'red');
    draw(blackSquare(200), [1], 'red');
    expect(calls.count).toBe(4);
  });

  it('forgets what was shown longest ago', () => {
    const { calls, draw } = countedCells();
    const ctx = blackSquare(2);
    for (let shade = 0; shade < 300; shade++) draw(ctx, [0], `rgb(${shade % 256}, ${Math.floor(shade / 256)}, 0)`);
    expect(calls.count).toBe(300);
    draw(ctx, [0], 'rgb(43, 1, 0)'); // the last one
    expect(calls.count).toBe(300);
    draw(ctx, [0], 'rgb(0, 0, 0)'); // the first one
    expect(calls.count).toBe(301);
    expect(pixel(ctx, 0, 0)).toEqual(BLACK);
  });
});
