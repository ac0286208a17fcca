/** `dreamtree sweep`: a grid of runs, one after another, unattended. */
import type { Command } from 'commander';
import { UserError } from '../../user-error.ts';

const HELP = `
Example:
  dreamtree sweep catch --seeds 0-2
  dreamtree sweep cartpole pendulum --presets tiny --seeds 0,1,2 --minutes 40 --out runs/control

Each run is a folder of its own, made by the train command that is printed; the same sweep again continues where it was
stopped. At the end, and after every run, table.md, table.json and a plot for each world are written.`;

interface SweepOptions {
  readonly agents: string;
  readonly presets?: string;
  readonly seeds: string;
  readonly minutes?: string;
  readonly steps?: string;
  readonly out: string;
  readonly set?: readonly string[];
}

export default function registerSweep(program: Command): void {
  program
    .command('sweep')
    .description('Train a grid of worlds, agents, presets and seeds; writes one table and plots.')
    .argument('<env...>', 'worlds, by name or file')
    .option('--agents <names>', 'agents, separated by commas', 'dreamer')
    .option('--presets <names>', 'presets, separated by commas (default: what suits each world)')
    .option('--seeds <seeds>', 'seeds: 0-2 or 0,3,5', '0-2')
    .option('--minutes <m>', 'stop each run after so many minutes')
    .option('--steps <n>', 'environment steps of each run')
    .option('--out <folder>', 'where the runs and the table go', 'runs/sweep')
    .option('--set <key=value...>', 'any key of the configuration, for all runs')
    .addHelpText('after', HELP)
    .action(sweepCommand);
}

async function sweepCommand(worlds: readonly string[], options: SweepOptions): Promise<void> {
  const path = await import('node:path');
  const { readResult } = await import('../../../eval/sweep.ts');
  const { loadWorld } = await import('../worlds.ts');
  for (const world of worlds) await loadWorld(world); // a typing error shows now, not after an hour
  const cells = gridOf(worlds, options).map((cell) => ({ ...cell, directory: path.join(options.out, cell.name) }));
  const report = async () => {
    const results = cells.flatMap(({ directory }) => readResult(directory) ?? []);
    if (results.length > 0) await writeTable(options.out, results);
    return results.length;
  };
  for (const [i, { args, directory }] of cells.entries()) {
    if (readResult(directory)) continue;
    const command = [...args, '--logdir', directory];
    console.error(`\n[${i + 1}/${cells.length}] npx dreamtree ${command.join(' ')}`);
    if (!(await runTrain(command))) {
      console.error('stopped. The same sweep command continues here.');
      process.exitCode = 1;
      return;
    }
    await report();
  }
  const finished = await report();
  const { readFileSync } = await import('node:fs');
  console.log(readFileSync(path.join(options.out, 'table.md'), 'utf8'));
  console.error(`${finished} of ${cells.length} runs; table and plots are in ${options.out}`);
}

interface Cell {
  readonly name: string;
  /** The train command line, but for the folder. */
  readonly args: readonly string[];
}

function gridOf(worlds: readonly string[], { agents, presets, seeds, minutes, steps, set = [] }: SweepOptions): Cell[] {
  const shared = [
    ...(minutes ? ['--minutes', minutes] : []), ...(steps ? ['--steps', steps] : []), ...(set.length ? ['--set', ...set] : []),
  ];
  const list = (text: string) => text.split(',').map((part) => part.trim()).filter((part) => part !== '');
  return worlds.flatMap((world) => list(agents).flatMap((agent) => (presets ? list(presets) : [undefined]).flatMap((preset) =>
    parseSeeds(seeds).map((seed) => ({
      name: [world.replace(/.*[\\/]/, '').replace(/\.\w+$/, ''), agent, preset ?? 'default', `seed${seed}`].join('-'),
      args: ['train', world, '--agent', agent, ...(preset ? ['--preset', preset] : []), '--seed', String(seed), ...shared],
    })),
  )));
}

/** `0-2` and `0,3,5`, or both together. */
function parseSeeds(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const match = /^\s*(\d+)\s*(?:-\s*(\d+)\s*)?$/.exec(part);
    if (!match) throw new UserError(`--seeds: expected numbers such as 0-2 or 0,3,5, got '${text}'`);
    const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])];
    if (last < first) throw new UserError(`--seeds: ${part} goes downwards`);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/** A process of its own for every run: its memory goes with it. True where it ended by itself and well. */
async function runTrain(args: readonly string[]): Promise<boolean> {
  const { spawn } = await import('node:child_process');
  const { fileURLToPath } = await import('node:url');
  const child = spawn(process.execPath, [fileURLToPath(new URL('../dreamtree.mjs', import.meta.url)), ...args], { stdio: 'inherit' });
  let interrupted = false;
  const onInterrupt = () => (interrupted = true); // the child gets the signal as well, and saves
  process.on('SIGINT', onInterrupt);
  try {
    const code = await new Promise((resolve) => child.on('close', resolve));
    if (code === 2) throw new UserError(`this run could not begin: npx dreamtree ${args.join(' ')}`);
    return code === 0 && !interrupted;
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}

async function writeTable(out: string, results: Parameters<typeof import('../../../eval/sweep.ts').summarize>[0]): Promise<void> {
  const { writeFileSync } = await import('node:fs');
  const path = await import('node:path');
  const { summarize, sweepPlot, sweepTable } = await import('../../../eval/sweep.ts');
  const { writePlot } = await import('../../viz/plot.ts');
  const rows = summarize(results);
  writeFileSync(path.join(out, 'table.md'), `${sweepTable(rows)}\n`);
  writeFileSync(path.join(out, 'table.json'), `${JSON.stringify(rows, null, 2)}\n`);
  for (const env of new Set(results.map((result) => result.env))) await writePlot(path.join(out, env), sweepPlot(env, results));
}
