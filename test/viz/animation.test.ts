/** Animations in pieces, and pauses that stay as long as they were, read back by sharp. */
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { createAnimation } from '../../src/viz/animation.ts';
import { encodePicture } from '../../src/viz/picture.ts';
import { decode } from './frames.ts';

const WIDTH = 6;
const HEIGHT = 4;
const FORMATS = ['webp', 'gif'] as const;

/** A frame of one grey with a brighter pixel that wanders. */
function frame(grey: number, bright: number): Uint8Array {
  const data = new Uint8Array(WIDTH * HEIGHT * 3).fill(grey);
  data.fill(255, bright * 3, bright * 3 + 3);
  return data;
}

async function film(format: 'webp' | 'gif', frames: readonly Uint8Array[], delaysMs: readonly number[], pieceFrames = 1000) {
  const animation = createAnimation({ width: WIDTH, height: HEIGHT, format, pieceBytes: pieceFrames * WIDTH * HEIGHT * 3 });
  for (const [t, one] of frames.entries()) await animation.add(one, delaysMs[t]);
  const bytes = await animation.finish();
  return { bytes, ...(await decode(bytes)) };
}

const sum = (values: readonly number[] = []): number => values.reduce((total, value) => total + value, 0);

describe.each(FORMATS)('%s', (format) => {
  test.each([1, 2, 3, 7, 100])('in pieces of %i frames every frame, pixel and delay is kept', async (pieceFrames) => {
    const frames = Array.from({ length: 20 }, (_, t) => frame((t * 37) % 200, t));
    const delaysMs = frames.map((_, t) => 20 + 10 * t);
    const back = await film(format, frames, delaysMs, pieceFrames);
    expect(back).toMatchObject({ count: 20, width: WIDTH, height: HEIGHT, delaysMs });
    const wanted = Buffer.concat(frames);
    const worst = wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - back.data[i])), 0);
    expect(worst).toBeLessThanOrEqual(format === 'webp' ? 0 : 2);
  });

  test('what stands still is one frame, for as long', async () => {
    const stands = [frame(0, 0), frame(0, 0), frame(90, 1), frame(90, 1), frame(90, 1), frame(0, 0), frame(0, 0)];
    const { count, delaysMs } = await film(format, stands, [80, 80, 80, 80, 80, 80, 800], 2);
    expect([count, delaysMs]).toEqual([3, [160, 240, 880]]);
  });

  test('a film that never moves still takes its time', async () => {
    const { bytes } = await film(format, [frame(9, 3), frame(9, 3)], [80, 800]);
    expect(durations(format, bytes)).toEqual([880]);
  });

  test('fractions of a hundredth do not add up to another time', async () => {
    const frames = Array.from({ length: 30 }, (_, t) => frame(t, t % 20));
    const back = await film(format, frames, frames.map(() => 33.3), 8);
    expect(Math.abs(sum(back.delaysMs) - 999)).toBeLessThanOrEqual(5);
    expect(back.delaysMs?.every((delay) => delay % 10 === 0)).toBe(true);
  });

  test('nothing is shown shorter than viewers can', async () => {
    const back = await film(format, [frame(1, 1), frame(2, 2), frame(3, 3)], [0, 5, 500]);
    expect([back.delaysMs?.slice(0, 2), sum(back.delaysMs)]).toEqual([[20, 20], 510]);
  });

  test('hours at one place are more than one delay can say, and are kept', async () => {
    const hours = 6 * 3_600_000;
    const { bytes } = await film(format, [frame(1, 1), frame(2, 2)], [hours, 50]);
    expect(sum(durations(format, bytes))).toBe(hours + 50);
  });

  test('a long film is more than libvips takes at once', async () => {
    const [width, height, count] = [512, 512, 1100];
    const data = new Uint8Array(width * height * 3);
    const film = {
      width, height, delaysMs: new Array<number>(count).fill(80),
      frame(t: number) {
        data.fill(t % 5, t, t + 600); // a line that grows
        return data;
      },
    };
    const bytes = await encodePicture(film, format);
    const { pages, delay } = await sharp(bytes, { pages: -1, limitInputPixels: false }).metadata();
    expect([pages, sum(delay)]).toEqual([count, count * 80]);
  });
});

/** Delays as the files hold them, since sharp gives none of an animation of one frame. */
function durations(format: 'webp' | 'gif', file: Uint8Array): number[] {
  const bytes = Buffer.from(file);
  const found: number[] = [];
  if (format === 'gif') {
    for (let at = bytes.indexOf('21f904', 0, 'hex'); at >= 0; at = bytes.indexOf('21f904', at + 1, 'hex')) {
      found.push(bytes.readUInt16LE(at + 4) * 10);
    }
  } else {
    for (let at = bytes.indexOf('ANMF'); at >= 0; at = bytes.indexOf('ANMF', at + 1)) found.push(bytes.readUIntLE(at + 20, 3));
  }
  return found;
}

test.each([['webp', 16_384, 1], ['gif', 1, 65_536], ['png', 20_000, 20_000]] as const)('a %s of %i×%i pixels is refused', async (format, width, height) => {
  const picture = { width, height, delaysMs: [0], frame: () => new Uint8Array(0) };
  await expect(encodePicture(picture, format)).rejects.toThrow(`${width}×${height} pixels is too large for ${format.toUpperCase()}`);
});
