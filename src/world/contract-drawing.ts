/** The contract of a world's pictures: they show the state, all of them, and nothing but it. */
import { createCanvas } from '@napi-rs/canvas';
import type { Environment } from '../types.ts';
import { Broken, describe, playEpisode, same } from './contract-trial.ts';
import type { Check, Trial } from './contract-trial.ts';
import { createFrames, defaultPalette } from './frames.ts';

const FRAMES = 30;

export const drawingChecks: readonly Check[] = [
  {
    name: 'draw shows something',
    async run(trial) {
      const pictures = await draw(trial, statesOf(trial));
      const blank = pictures.findIndex((picture) => picture.every((value, i) => value === picture[i % 3]));
      if (blank >= 0) {
        throw new Broken(
          `expected draw() to paint the scene, got one plain colour at moment ${blank} of an episode; draw on a ` +
            'square from (0, 0) to (1, 1), in colours of the palette other than its background',
        );
      }
      const different = new Set(pictures.map((picture) => picture.join())).size;
      if (different === 1) {
        throw new Broken(
          `expected the picture to change within an episode, got ${pictures.length} times the same; draw what ` +
            `changes in the state, large enough for ${trial.size}×${trial.size} pixels`,
        );
      }
      return `${different} different pictures in ${pictures.length} moments`;
    },
  },
  {
    name: 'draw depends on the state alone',
    async run(trial) {
      const states = statesOf(trial);
      const before = states.map((state) => structuredClone(state));
      const forward = await draw(trial, states);
      const changed = states.findIndex((state, i) => !same(state, before[i]));
      if (changed >= 0) {
        throw new Broken(
          `expected draw() to leave the state alone, got ${describe(before[changed])} changed to ` +
            `${describe(states[changed])}`,
        );
      }
      const backward = (await draw(trial, states.toReversed())).reverse();
      const differs = forward.findIndex((picture, i) => !same(picture, backward[i]));
      if (differs >= 0) {
        throw new Broken(
          `expected the same picture of the same state, got another one after other states were drawn; draw no ` +
            `random numbers, and keep nothing between calls (state ${describe(before[differs])})`,
        );
      }
      return `${states.length} states, drawn again in another order, gave the same pixels`;
    },
  },
  {
    name: 'draw puts the canvas back',
    run({ environment, size, rng }) {
      const ctx = createCanvas(size, size).getContext('2d', { willReadFrequently: true });
      ctx.scale(size, size);
      const transform = () => ctx.getTransform().toFloat64Array();
      const before = transform();
      drawAtOnce(environment)(ctx, environment.reset(rng), defaultPalette);
      if (!same(transform(), before)) {
        throw new Broken(
          'expected draw() to leave the canvas as it was, got another scale, shift or rotation; begin with ' +
            'ctx.save() and end with ctx.restore()',
        );
      }
      return 'scale, shift and rotation were what they were before';
    },
  },
];

/** The moments of a random episode, `FRAMES` at most. */
function statesOf({ environment, rng }: Trial): readonly unknown[] {
  const { first, moves } = playEpisode(environment, rng, Math.min(environment.maxSteps, FRAMES - 1));
  return [first, ...moves.map(({ next }) => next.state)];
}

async function draw({ environment, size }: Trial, states: readonly unknown[]): Promise<Uint8Array[]> {
  const frames = createFrames(size);
  const drawing = { ...environment, draw: drawAtOnce(environment) };
  const pictures = states.map((state) => frames.render(drawing, state));
  await frames.breathe();
  return pictures;
}

function drawAtOnce(environment: Environment): Environment['draw'] {
  return (ctx, state, palette) => {
    const result: unknown = environment.draw(ctx, state, palette);
    if (!(result instanceof Promise)) return;
    result.catch(() => undefined); // what it may still throw is of no interest
    throw new Broken('expected draw() to draw at once, got a promise; it must not be async');
  };
}
