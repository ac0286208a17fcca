/** `dreamtree gallery`: one sheet of all worlds there are. */
import type { Command } from 'commander';
import type { Environment, Rng } from '../../types.ts';
import { UserError } from '../../user-error.ts';
import type { SheetCell } from '../../viz/sheet.ts';

const HELP = `
Example:
  dreamtree gallery --out pictures
  dreamtree gallery --size 96 --columns 8`;

interface GalleryOptions {
  readonly out: string;
  readonly size: string;
  readonly columns?: string;
  readonly seed: string;
}

/** Pictures of each world in the animation; short episodes follow one another. */
const PICTURES = 40;
/** Which of them the still sheet shows: this far into the first episode. */
const STILL = 0.45;
const DELAY_MS = 100;
/** A tenth of the size of effort 0, in a second or two. */
const WEBP_EFFORT = 2;

export default function registerGallery(program: Command): void {
  program
    .command('gallery')
    .description('Write a sheet of all worlds: gallery.png, and gallery.webp where they move.')
    .option('--out <folder>', 'where to write', '.')
    .option('--size <pixels>', 'side of the picture of a world', '144')
    .option('--columns <n>', 'worlds in a row (default: about as many as there are rows)')
    .option('--seed <seed>', 'seed of the episodes', '0')
    .addHelpText('after', HELP)
    .action(gallery);
}

async function gallery(options: GalleryOptions): Promise<void> {
  const path = await import('node:path');
  const { integer } = await import('../arguments.ts');
  const { createRng } = await import('../../random.ts');
  const { requireWritableFile } = await import('../../viz/output-file.ts');
  const { requireFormat } = await import('../../viz/picture-limits.ts');
  const { pictureFormat, writePicture } = await import('../../viz/picture.ts');
  const { printable } = await import('../../printable.ts');
  const { pictureSheet, sheetSize } = await import('../../viz/sheet.ts');
  const { listWorlds } = await import('../../open/worlds.ts');
  const size = integer('--size', options.size, 16);
  if (size > 512) throw new UserError(`--size: expected at most 512 pixels, got ${size}`);
  const columns = options.columns === undefined ? undefined : integer('--columns', options.columns, 1);
  const rng = createRng(integer('--seed', options.seed)).split('gallery');

  const worlds = await listWorlds();
  const files = (['gallery.png', 'gallery.webp'] as const).map((file) => path.join(options.out, file));
  const sheet = sheetSize(worlds.length, { width: size, height: size }, columns);
  for (const file of files) {
    requireFormat(file, pictureFormat(file), sheet, 'lower --size, or give --columns that make it about square');
    requireWritableFile(file);
  }

  const exhibits: Exhibit[] = [];
  for (const environment of worlds) exhibits.push(await exhibit(environment, size, rng.split(environment.name)));
  const layout = { delayMs: DELAY_MS, ...(columns === undefined ? {} : { columns }) };
  const [still, moving] = files;
  await writePicture(still, pictureSheet(exhibits.map((one) => one.still), layout));
  await writePicture(moving, pictureSheet(exhibits.map((one) => one.moving), layout), WEBP_EFFORT);
  console.log(files.map(printable).join('\n'));
}

interface Exhibit {
  readonly still: SheetCell;
  readonly moving: SheetCell;
}

/** A world played by its expert, or at random where it has none, until there are pictures enough. */
async function exhibit(environment: Environment, size: number, rng: Rng): Promise<Exhibit> {
  const { randomPolicy } = await import('../../policies/random.ts');
  const { expertPlayer, policyPlayer, recordEpisode, stackFrames } = await import('../../world/record.ts');
  const { plainLook } = await import('../../world/view.ts');
  const world = { environment, size, look: plainLook };
  const player = expertPlayer(world) ?? policyPlayer(world, randomPolicy(environment.actions), rng.split('policy'));
  const pictures: Uint8Array[] = [];
  let first = 0;
  for (let episode = 0; pictures.length < PICTURES; episode++) {
    const maxPictures = PICTURES - pictures.length;
    const played = await recordEpisode({ world, player, rng: rng.split(episode), size, maxPictures });
    pictures.push(...played.pictures);
    if (episode === 0) first = played.pictures.length;
  }
  const still = pictures[Math.floor(STILL * (first - 1))];
  const { name: caption } = environment;
  return {
    still: { caption, frames: stackFrames([still], size) },
    moving: { caption, frames: stackFrames(pictures, size) },
  };
}
