/**
 * The font of every picture: DejaVu Sans 2.37 lies beside this file, because a machine without system fonts draws
 * boxes (SVG through sharp) or nothing at all (canvas).
 */
import { fileURLToPath } from 'node:url';
import { GlobalFonts } from '@napi-rs/canvas';

/** The family as SVG names it; a browser that lacks it takes its own. */
export const SVG_FONT = "'DejaVu Sans', system-ui, sans-serif";

const CANVAS_FAMILY = 'Dreamtree Sans';

const fontFile = (name: string): string => fileURLToPath(new URL(`./fonts/${name}`, import.meta.url));

/**
 * sharp, with its text set in our font. Fontconfig reads its variable when the first text is drawn, so everything that
 * draws SVG must come by sharp through this function. Call it in the main thread: a worker's environment is a copy that
 * native code does not see.
 */
export async function loadSharp(): Promise<(typeof import('sharp'))['default']> {
  process.env.FONTCONFIG_FILE = fontFile('fonts.conf');
  return (await import('sharp')).default;
}

/** A canvas font of `sizePx` pixels, as `ctx.font` takes it. */
export function canvasFont(sizePx: number): string {
  if (!GlobalFonts.has(CANVAS_FAMILY)) GlobalFonts.registerFromPath(fontFile('DejaVuSans.ttf'), CANVAS_FAMILY);
  return `${sizePx}px "${CANVAS_FAMILY}"`;
}
