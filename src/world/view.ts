/** What a world under way looks like: its scene with the nuisances, greys and past moments that were asked for. */
import type { Environment, Palette } from '../types.ts';
import type { Episode } from './episode.ts';
import { channelsOf, layFrames } from './frame-stack.ts';
import { createFrames, defaultPalette } from './frames.ts';
import { createNuisance } from './nuisance.ts';
import type { NuisanceSettings } from './nuisance.ts';
import type { Stacked } from './wrappers.ts';

/** How pictures differ from the plain scene. */
export interface Look extends NuisanceSettings {
  /** Luma in all three channels: a grey picture has the shape of a coloured one, so nothing after it changes. */
  readonly greyscale: boolean;
  /**
   * How many moments one picture shows, of a world whose state holds as many (`stackStates`); the newest alone where it
   * is 1 or absent, whatever the world.
   */
  readonly frameStack?: number;
}

export const plainLook: Look = { greyscale: false, distract: 'none', camera: 'fixed', distractStrength: 0 };

export interface ViewOptions {
  readonly environment: Environment;
  /** Side of the pictures in pixels. */
  readonly size: number;
  readonly look?: Look;
  readonly palette?: Palette;
}

/** A moment of an episode: its state, its stream (of which only the key counts here), its actions so far. */
export type Seen = Pick<Episode, 'state' | 'rng' | 'length'>;

export interface View {
  /** 3 for each moment that a picture shows. */
  readonly channels: number;
  /**
   * Draw a moment: uint8 [size·size·channels], row-major RGB; with the moments before it the RGB of each, oldest first,
   * as they looked when they were new. Draws nothing from the episode's stream, and gives the same picture of the same
   * moment whatever was drawn before: so an episode can be continued or forked.
   * @throws Error where the state does not hold as many moments as are to be shown
   */
  render(moment: Seen): Uint8Array;
  /** As of `FrameMaker`: await this in every loop that renders. */
  breathe(): Promise<void>;
}

/** @throws RangeError where `size` is not a whole number of pixels from 1 to 4096 */
export function createView(options: ViewOptions): View {
  const { environment, size, look = plainLook, palette = defaultPalette } = options;
  const { frameStack = 1 } = look;
  const frames = createFrames(size);
  const nuisance = createNuisance(look, palette);

  function draw({ state, rng, length }: Seen): Uint8Array {
    if (!nuisance) return frames.render(environment, state, palette);
    const own = rng.split('nuisance');
    return frames.render(nuisance.around(environment, own, length), state, nuisance.recolor(own));
  }

  return {
    channels: channelsOf(look),
    render(moment) {
      const images = momentsOf(moment, frameStack).map(draw);
      return layFrames(look.greyscale ? images.map(toGrey) : images);
    },
    breathe: () => frames.breathe(),
  };
}

/** The last `count` moments, oldest first: each with the state as it was then, whose newest part is what it draws. */
function momentsOf(moment: Seen, count: number): readonly Seen[] {
  if (count === 1) return [moment];
  const { states } = moment.state as Partial<Stacked<unknown>>;
  const held = states?.length ?? 1;
  if (states === undefined || held !== count) {
    throw new Error(`expected a state that holds the last ${count}, for a picture of them all, got ${held}`);
  }
  return states.map((_, i) => ({
    state: { states: states.slice(0, i + 1) } satisfies Stacked<unknown>,
    rng: moment.rng,
    length: Math.max(moment.length - (count - 1 - i), 0),
  }));
}

/** In place: luma of ITU-R BT.601, as OpenCV and Gymnasium grey their pictures. */
function toGrey(image: Uint8Array): Uint8Array {
  for (let i = 0; i < image.length; i += 3) {
    const luma = 0.299 * image[i] + 0.587 * image[i + 1] + 0.114 * image[i + 2];
    image.fill(Math.round(luma), i, i + 3);
  }
  return image;
}
