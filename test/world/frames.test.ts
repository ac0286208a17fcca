import { describe, expect, it } from 'vitest';
import type { Environment } from '../../src/types.ts';
import { createFrames, defaultPalette } from '../../src/world/frames.ts';
import { counterWorld } from './counter-world.ts';

const palette = { ...defaultPalette, background: '#010203', goal: '#ff8000' };

/** The right half in the goal's colour; leaves the canvas in a mess. */
const messy: Environment = {
  ...counterWorld,
  draw(ctx, _state, { goal }) {
    ctx.fillStyle = goal;
    ctx.fillRect(0.5, 0, 0.5, 1);
    ctx.scale(0.5, 0.5);
    ctx.globalAlpha = 0.3;
    ctx.rect(0, 0, 0.1, 0.1);
    ctx.clip();
  },
};

describe('frames', () => {
  it('are RGB rows of the scene on the background, whatever the last scene left behind', () => {
    const frames = createFrames(2);
    const row = [1, 2, 3, 255, 128, 0];
    expect([...frames.render(messy, 0, palette)]).toEqual([...row, ...row]);
    const clean = createFrames(2).render(counterWorld, { count: 3 }, palette);
    expect(frames.render(counterWorld, { count: 3 }, palette)).toEqual(clean);
  });

  it('keep every pixel in its place, whatever the size', () => {
    // Nine pixels of which no two are the same; the first is the background.
    const steps: Environment = {
      ...counterWorld,
      draw(ctx) {
        ctx.scale(1 / 3, 1 / 3);
        for (let pixel = 1; pixel < 9; pixel++) {
          ctx.fillStyle = `rgb(${10 * pixel}, ${100 + pixel}, ${200 + pixel})`;
          ctx.fillRect(pixel % 3, Math.floor(pixel / 3), 1, 1);
        }
      },
    };
    const expected = [1, 2, 3];
    for (let pixel = 1; pixel < 9; pixel++) expected.push(10 * pixel, 100 + pixel, 200 + pixel);
    expect([...createFrames(3).render(steps, 0, palette)]).toEqual(expected);
    expect([...createFrames(1).render(counterWorld, { count: 0 }, palette)]).toHaveLength(3);
    expect(() => createFrames(0)).toThrow('expected a frame size');
  });

  it('let the event loop turn once in 64 frames', async () => {
    const frames = createFrames(2);
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    for (let i = 0; i < 63; i++) frames.render(messy, 0, palette);
    await frames.breathe();
    expect(turned).toBe(false);
    frames.render(messy, 0, palette);
    await frames.breathe();
    expect(turned).toBe(true);
  });
});
