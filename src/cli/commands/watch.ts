/** `dreamtree watch`: a world played by somebody, as an animation. */
import type { Command } from 'commander';
import { UserError } from '../../user-error.ts';
import type { PictureFormat } from '../../viz/picture.ts';
import type { SheetCell } from '../../viz/sheet.ts';
import type { Recording } from '../../world/record.ts';

const HELP = `
Example:
  dreamtree watch catch
  dreamtree watch cartpole --policy random --episodes 3 --out falling.gif
  dreamtree watch pendulum --set env.distract=film env.camera=jitter
  dreamtree watch catch --policy checkpoints/catch.dream
  dreamtree watch dream:checkpoints/catch.dream      what its agent imagines, played by itself

An agent sees its own small pictures; what is written is the same, drawn larger. Episode e of a seed begins like
episode e of dreamtree eval. A .webp or .gif moves; a .png is a sheet of moments.`;

interface WatchOptions {
  readonly policy?: string;
  readonly episodes: string;
  readonly seed: string;
  readonly size: string;
  readonly out?: string;
  readonly set?: readonly string[];
  readonly json?: boolean;
}

const LARGEST_SIZE = 1024;
/** Of an episode; the rest is played but not shown, so that neither memory nor file grows without end. */
const MAX_PICTURES = 600;
const DELAY_MS = 80;
/** How long the last picture of an episode is shown. */
const END_DELAY_MS = 800;
const SHEET_MOMENTS = 12;
const SHEET_COLUMNS = 6;

export default function registerWatch(program: Command): void {
  program
    .command('watch')
    .description('Play a world and write what it looks like as an animation.')
    .argument('<env | file>', 'a world by name, or the .ts or .js file that holds it')
    .option('--policy <who>', 'random, expert, or a run or checkpoint (default: expert where there is one; in a dream, who dreams it)')
    .option('--episodes <n>', 'episodes to play', '1')
    .option('--seed <seed>', 'seed of the episodes', '0')
    .option('--size <pixels>', 'side of the pictures that are written', '256')
    .option('--out <file>', 'a .webp, .gif or .png (default: <env>.webp)')
    .option('--set <key=value...>', 'any key of the configuration, for example env.distract=film')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(watch);
}

async function watch(name: string, options: WatchOptions): Promise<void> {
  const { integer } = await import('../arguments.ts');
  const { pictureFormat } = await import('../../viz/picture.ts');
  const { requireWritableFile, writeOutput } = await import('../../viz/output-file.ts');
  const { printable, printableLine } = await import('../../printable.ts');
  const episodes = integer('--episodes', options.episodes, 1);
  const seed = integer('--seed', options.seed);
  const size = integer('--size', options.size, 16);
  if (size > LARGEST_SIZE) throw new UserError(`--size: expected at most ${LARGEST_SIZE} pixels, got ${size}`);

  const { fileNameOf } = await import('../file-name.ts');
  const { createRng } = await import('../../random.ts');
  const { recordEpisode } = await import('../../world/record.ts');
  const rng = createRng(seed).split('eval');
  // Before anybody is let in: where it goes, and whether so large a picture can be written.
  const format = options.out === undefined ? 'webp' : pictureFormat(options.out);
  const begin = await beginShow(options.out ?? 'watch', format, episodes, size);
  if (options.out !== undefined) requireWritableFile(options.out);
  const { findPlayer } = await import('../cast.ts');
  const { who, world, player } = await findPlayer(name, options, rng.split('policy'));
  const { environment } = world;
  const file = options.out ?? `${fileNameOf(environment.name)}.webp`;
  if (options.out === undefined) requireWritableFile(file);
  const show = begin();
  const played: Played[] = [];
  for (let episode = 0; episode < episodes; episode++) {
    const recording = await recordEpisode({ world, player, rng: rng.split(episode), size, maxPictures: MAX_PICTURES });
    await show.add(recording);
    played.push({ return: recording.return, length: recording.length, shown: recording.pictures.length });
  }
  await writeOutput(file, await show.finish());

  if (options.json) {
    const shown = played.map(({ return: total, length }) => ({ return: total, length }));
    console.log(JSON.stringify({ env: environment.name, policy: who, seed, episodes: shown, file }));
    return;
  }
  const { table } = await import('../table.ts');
  const rows = played.map(({ return: total, length, shown }, i) => {
    const note = shown <= length ? `the first ${shown} pictures are shown` : '';
    return [String(i), total.toFixed(2), String(length), note];
  });
  const heading = printableLine(`${environment.name}, ${who}, seed ${seed}`);
  console.log([heading, table([['episode', 'return', 'length', ''], ...rows]), printable(file)].join('\n'));
}

/** An episode of which only numbers are kept: pictures of many would fill the memory. */
interface Played {
  readonly return: number;
  readonly length: number;
  /** Pictures that can be seen. */
  readonly shown: number;
}

/** What becomes of the episodes, one after another. */
interface Show {
  add(episode: Recording): Promise<void>;
  /** The bytes of the file. */
  finish(): Promise<Uint8Array>;
}

/**
 * See whether it can be shown at all; what is given back begins it.
 * @throws UserError where a sheet of so many episodes is too large
 */
async function beginShow(file: string, format: PictureFormat, episodes: number, size: number): Promise<() => Show> {
  if (format === 'png') return beginSheet(file, episodes, size);
  const { createAnimation } = await import('../../viz/animation.ts');
  return () => {
    const film = createAnimation({ width: size, height: size, format });
    return {
      async add({ pictures }) {
        for (const [t, picture] of pictures.entries()) {
          await film.add(picture, t === pictures.length - 1 ? END_DELAY_MS : DELAY_MS);
        }
      },
      finish: () => film.finish(),
    };
  };
}

/** Moments of every episode, evenly chosen, from its beginning to its end; fewer of each where there are many episodes. */
async function beginSheet(file: string, episodes: number, size: number): Promise<() => Show> {
  const { pickColumns } = await import('../../viz/dream-strip.ts');
  const { fitsFormat, requireFormat } = await import('../../viz/picture-limits.ts');
  const { encodePicture } = await import('../../viz/picture.ts');
  const { pictureSheet, sheetSize } = await import('../../viz/sheet.ts');
  const { stackFrames } = await import('../../world/record.ts');
  const sizeOf = (moments: number) => sheetSize(episodes * moments, { width: size, height: size }, SHEET_COLUMNS);
  let moments = SHEET_MOMENTS;
  while (moments > 2 && !fitsFormat('png', sizeOf(moments))) moments--;
  requireFormat(file, 'png', sizeOf(moments), 'lower --episodes or --size, or write a .webp or .gif, which may be long');
  return () => {
    const cells: SheetCell[] = [];
    return {
      async add({ pictures }) {
        for (const t of pickColumns(pictures.length, moments, 0)) {
          cells.push({ caption: `t = ${t}`, frames: stackFrames([pictures[t]], size) });
        }
      },
      finish: () => encodePicture(pictureSheet(cells, { columns: SHEET_COLUMNS }), 'png'),
    };
  };
}
