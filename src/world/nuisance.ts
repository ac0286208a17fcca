/**
 * Nuisances: what changes in the pictures of a world and is none of its business; a backdrop, other colours, an
 * unsteady camera (after the Distracting Control Suite, Stone et al. 2021). They touch neither dynamics nor the world's
 * random numbers: all of it follows from the episode's own stream, split off by name, and the step.
 */
import { createCanvas } from '@napi-rs/canvas';
import type { Environment, Palette, Rng } from '../types.ts';
import { createNoise, drawFilm, drawShapes } from './backdrops.ts';
import type { Backdrop } from './backdrops.ts';

export interface NuisanceSettings {
  /** Static noise, drifting shapes or a moving film behind the scene, or the palette redrawn for every episode. */
  readonly distract: 'none' | 'noise' | 'shapes' | 'film' | 'colors';
  /** `jitter` shifts the whole scene a little, anew at every step. */
  readonly camera: 'fixed' | 'jitter';
  /** From 0, nothing to be seen, to 1: a backdrop hides the background, colours are any, the camera is at its worst. */
  readonly distractStrength: number;
}

export interface Nuisance {
  /** The colours of the episode that `rng` stands for. */
  recolor(rng: Rng): Palette;
  /** Draw a scene with its nuisance, on the background. */
  around(scene: Pick<Environment, 'draw'>, rng: Rng, step: number): Pick<Environment, 'draw'>;
}

const backdrops: Readonly<Record<NuisanceSettings['distract'], (() => Backdrop) | undefined>> = {
  none: undefined,
  noise: createNoise,
  shapes: () => drawShapes,
  film: () => drawFilm,
  colors: undefined,
};

/** Largest shift of the camera along each axis, as a share of the picture's side. */
const LARGEST_SHIFT = 0.05;

/** What `settings` ask for, or undefined where that is nothing. `palette` is what colours are redrawn from. */
export function createNuisance(settings: NuisanceSettings, palette: Palette): Nuisance | undefined {
  const { distract, camera, distractStrength: strength } = settings;
  if (strength === 0 || (distract === 'none' && camera === 'fixed')) return undefined;
  const backdrop = backdrops[distract]?.();
  const redraw = distract === 'colors' ? createRecoloring(palette, strength) : undefined;
  return {
    recolor: (rng) => redraw?.(rng.split('colors')) ?? palette,

    around: (scene, rng, step) => ({
      draw(ctx, state, colors) {
        if (backdrop) {
          ctx.save();
          backdrop(ctx, rng.split('backdrop'), step);
          ctx.globalAlpha = 1 - strength; // over it a veil in the background's colour
          ctx.fillStyle = colors.background;
          ctx.fillRect(0, 0, 1, 1);
          ctx.restore();
        }
        if (camera === 'jitter') {
          const draw = rng.split('camera').split(step);
          const shift = () => LARGEST_SHIFT * strength * (2 * draw.uniform() - 1);
          ctx.translate(shift(), shift());
        }
        scene.draw(ctx, state, colors);
      },
    }),
  };
}

/** Degrees by which one colour may stray from the turn of all; the default hues are at least 47 apart. */
const OWN_TURN = 10;
/** Percentage points by which a colour may become lighter or darker. */
const OWN_LIGHTNESS = 7;

/** All hues turned together, so that what could be told apart still can, and each a little by itself. */
function createRecoloring(palette: Palette, strength: number): (rng: Rng) => Palette {
  const names = Object.keys(palette) as (keyof Palette)[];
  const bases = names.map((name) => toHsl(palette[name]));
  return (rng) => {
    const within = (range: number) => strength * range * (2 * rng.uniform() - 1);
    const turn = within(180);
    const redrawn = names.map((name, i): [keyof Palette, string] => {
      const [hue, saturation, lightness] = bases[i];
      const lit = Math.min(Math.max(lightness + within(OWN_LIGHTNESS), 4), 96);
      return [name, `hsl(${hue + turn + within(OWN_TURN)}, ${saturation}%, ${lit}%)`];
    });
    return { ...palette, ...Object.fromEntries(redrawn) };
  };
}

/** Hue in degrees, saturation and lightness in percent, of any CSS colour; the canvas is what understands them all. */
function toHsl(color: string): readonly [number, number, number] {
  const ctx = createCanvas(1, 1).getContext('2d');
  ctx.fillStyle = color;
  ctx.fillRect(0, 0, 1, 1);
  const [r, g, b] = [...ctx.getImageData(0, 0, 1, 1).data].map((byte) => byte / 255);
  const [least, most] = [Math.min(r, g, b), Math.max(r, g, b)];
  const chroma = most - least;
  const lightness = (most + least) / 2;
  if (chroma === 0) return [0, 0, 100 * lightness];
  const sixth = most === r ? (g - b) / chroma : most === g ? 2 + (b - r) / chroma : 4 + (r - g) / chroma;
  return [60 * sixth, (100 * chroma) / (1 - Math.abs(2 * lightness - 1)), 100 * lightness];
}
