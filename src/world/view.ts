/** What a world under way looks like: its scene with the nuisances and the greys that were asked for. */
import type { Environment, Palette } from '../types.ts';
import type { Episode } from './episode.ts';
import { createFrames, defaultPalette } from './frames.ts';
import { createNuisance } from './nuisance.ts';
import type { NuisanceSettings } from './nuisance.ts';

/** How pictures differ from the plain scene. */
export interface Look extends NuisanceSettings {
  /** Luma in all three channels: a grey picture has the shape of a coloured one, so nothing after it changes. */
  readonly greyscale: boolean;
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
  /**
   * Draw a moment: uint8 [size·size·3], row-major RGB. Draws nothing from the episode's stream, and gives the same
   * picture of the same moment whatever was drawn before: so an episode can be continued or forked.
   */
  render(moment: Seen): Uint8Array;
  /** As of `FrameMaker`: await this in every loop that renders. */
  breathe(): Promise<void>;
}

/** @throws RangeError where `size` is not a whole number of pixels from 1 to 4096 */
export function createView(options: ViewOptions): View {
  const { environment, size, look = plainLook, palette = defaultPalette } = options;
  const frames = createFrames(size);
  const nuisance = createNuisance(look, palette);

  function draw({ state, rng, length }: Seen): Uint8Array {
    if (!nuisance) return frames.render(environment, state, palette);
    const own = rng.split('nuisance');
    return frames.render(nuisance.around(environment, own, length), state, nuisance.recolor(own));
  }

  return {
    render(moment) {
      const image = draw(moment);
      return look.greyscale ? toGrey(image) : image;
    },
    breathe: () => frames.breathe(),
  };
}

/** In place: luma of ITU-R BT.601, as OpenCV and Gymnasium grey their pictures. */
function toGrey(image: Uint8Array): Uint8Array {
  for (let i = 0; i < image.length; i += 3) {
    const luma = 0.299 * image[i] + 0.587 * image[i + 1] + 0.114 * image[i + 2];
    image.fill(Math.round(luma), i, i + 3);
  }
  return image;
}
