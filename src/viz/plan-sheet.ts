/** One picture of a planner's decision: what it imagined as strips of frames, and below them how good its plans were. */
import { extname } from 'node:path';
import { UserError } from '../user-error.ts';
import { dreamStrip, type DreamOptions, type DreamRow } from './dream-strip.ts';
import { loadSharp } from './fonts.ts';
import { writeOutput } from './output-file.ts';
import { encodePicture } from './picture.ts';
import { plotLines, type LinePlot } from './plot.ts';
import { element } from './svg.ts';

/** Of `plotLines`. */
const PLOT = { width: 720, height: 400 };
/** Of PNG and WebP, which are drawn at the size of the strip: its squares stay squares. */
const MAX_SIDE = 16_000;

const EXTENSIONS = ['.png', '.svg', '.webp'];

/** @throws UserError unless the path ends in .png, .svg or .webp */
export function requirePlanSheet(path: string): void {
  const extension = extname(path).toLowerCase();
  if (EXTENSIONS.includes(extension)) return;
  throw new UserError(`expected a picture's name to end in .png, .svg or .webp, got ${extension || 'no extension'} in ${path}`);
}

/**
 * Write strip and plot as one picture, making its folder; gives back the SVG.
 * @throws UserError on another extension, where it would be too large, and where it cannot be written
 */
export async function writePlanSheet(path: string, rows: readonly DreamRow[], plot: LinePlot, options: DreamOptions): Promise<string> {
  requirePlanSheet(path);
  const strip = dreamStrip(rows, options);
  const frames = Buffer.from(await encodePicture(strip, 'png')).toString('base64');
  const [width, height] = [Math.max(strip.width, PLOT.width), strip.height + PLOT.height];
  const svg = element(
    'svg', { xmlns: 'http://www.w3.org/2000/svg', width, height, viewBox: `0 0 ${width} ${height}` },
    element('rect', { width, height, fill: '#ffffff' }),
    element('image', { width: strip.width, height: strip.height, href: `data:image/png;base64,${frames}` }),
    element('g', { transform: `translate(0 ${strip.height})` }, plotLines(plot)),
  );
  const extension = extname(path).toLowerCase();
  if (extension === '.svg') {
    await writeOutput(path, `${svg}\n`);
    return svg;
  }
  if (Math.max(width, height) > MAX_SIDE) throw new UserError(`${path}: a picture of ${width}×${height} pixels is too large; write .svg`);
  const sharp = await loadSharp();
  const drawn = sharp(Buffer.from(svg), { density: 72, unlimited: true });
  await writeOutput(path, await (extension === '.png' ? drawn.png({ compressionLevel: 9 }) : drawn.webp({ lossless: true })).toBuffer());
  return svg;
}
