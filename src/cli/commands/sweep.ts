/** `dreamtree sweep`: a grid of runs, one after another, unattended. */
import type { ChildProcess } from 'node:child_process';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { PlannedRun } from '../../../eval/sweep-grid.ts';
import type { Environment } from '../../types.ts';
import { UserError } from '../../user-error.ts';

const HELP = `
Example:
  dreamtree sweep catch --seeds 0-2
  dreamtree sweep cartpole pendulum --presets tiny --seeds 0,1,2 --minutes 40 --out runs/control
  dreamtree sweep cartpole --seeds 0-2 --steps 20000 --vary behavior.entropy=0.03 model.stem=8+model.depth=32

The last one is an ablation: the default and each change alone, with the same budget and the same seeds; + joins keys
that change together. Each run is a folder of its own, made by the train command that is printed. The same sweep again
continues where it was stopped and tries again what failed. After every run table.md, table.json and two plots for each
world are written: curves of training, and returns after it. What is printed at the end is fit for a README.`;

interface SweepOptions {
  readonly agents?: string;
  readonly presets?: string;
  readonly seeds: string;
  readonly minutes?: string;
  readonly steps?: string;
  readonly out: string;
  readonly set?: readonly string[];
  readonly vary?: readonly string[];
  readonly dryRun?: true;
  readonly report?: true;
}

export default function registerSweep(program: Command): void {
  program
    .command('sweep')
    .description('Train a grid of worlds, agents, presets, changes and seeds; writes one table and plots.')
    .argument('<env...>', 'worlds, by name or file')
    .option('--agents <names>', 'agents, separated by commas (default: what suits each world)')
    .option('--presets <names>', 'presets, separated by commas (default: what suits each world)')
    .option('--seeds <seeds>', 'seeds: 0-2 or 0,3,5', '0-2')
    .option('--minutes <m>', 'stop each run after so many minutes')
    .option('--steps <n>', 'environment steps of each run')
    .option('--out <folder>', 'where the runs and the table go', 'runs/sweep')
    .option('--set <key=value...>', 'any key of the configuration, for all runs')
    .option('--vary <key=value...>', 'the same, each alone beside the default: one more row of the table')
    .option('--dry-run', 'print the train commands that are still to be run, and run nothing')
    .addOption(
      new Option('--report', 'write table and plots of the runs that have ended, and run nothing').conflicts('dryRun'),
    )
    .addHelpText('after', HELP)
    .action(sweepCommand);
}

async function sweepCommand(worlds: readonly string[], options: SweepOptions): Promise<void> {
  const path = await import('node:path');
  const { commandLine, planSweep } = await import('../../../eval/sweep-grid.ts');
  const { readRun } = await import('../../../eval/sweep.ts');
  const { writeReport } = await import('../../../eval/sweep-report.ts');
  const { readmeTable } = await import('../../../eval/sweep-table.ts');
  const { agentFor } = await import('../../train/configure.ts');
  const { loadWorld } = await import('../../open/worlds.ts');
  const { out } = options;
  // All of it before the first run: a typing error shows now, not after an hour.
  const environments = new Map<string, Environment>();
  for (const world of worlds) environments.set(world, await loadWorld(world));
  const agentOf = (world: string) => {
    const environment = environments.get(world);
    return environment && agentFor(environment);
  };
  const { arms, notes } = await planSweep({ worlds, ...options, agentFor: agentOf });
  for (const note of notes) console.error(note);

  const runs = arms.flatMap((arm) => arm.runs);
  const hasEnded = async ({ folder, config }: PlannedRun) => (await readRun(path.join(out, folder), config)) !== undefined;
  const missing: MissingRun[] = [];
  for (const run of runs) {
    const command = [...run.trainArgs, '--logdir', path.join(out, run.folder)];
    if (!(await hasEnded(run))) missing.push({ ...run, command, hasEnded: () => hasEnded(run) });
  }
  if (options.dryRun) {
    for (const { command } of missing) console.log(commandLine(command));
    console.error(`${missing.length} of ${runs.length} runs are still to be run`);
    return;
  }
  const { failed, interrupted } = options.report
    ? { failed: [], interrupted: false }
    : await trainAll(missing, () => writeReport(out, arms, environments));
  if (interrupted) {
    console.error('stopped. The same sweep command continues here.');
    process.exitCode = 1;
    return;
  }
  const rows = await writeReport(out, arms, environments);
  if (options.report && rows.length === 0) {
    throw new UserError(`no run in ${out} has ended with these settings: give the sweep's own options beside --report`);
  }
  if (rows.length > 0) console.log(readmeTable(rows));
  const ended = rows.reduce((sum, { seeds }) => sum + seeds.length, 0);
  console.error(`${ended} of ${runs.length} runs have ended; table.md, table.json and plots are in ${out}`);
  if (failed.length > 0) {
    console.error(`failed: ${failed.join(', ')}. The same sweep command tries again.`);
    process.exitCode = 1;
  }
}

interface MissingRun extends PlannedRun {
  readonly command: readonly string[];
  hasEnded(): Promise<boolean>;
}

interface Trained {
  /** Folders of the runs that went wrong. */
  readonly failed: readonly string[];
  /** Somebody asked to stop. */
  readonly interrupted: boolean;
}

/**
 * One run after another, each in a process of its own, with which its memory goes; one that fails does not stop them.
 * @throws UserError where a command was called wrongly
 */
async function trainAll(runs: readonly MissingRun[], afterRun: () => Promise<unknown>): Promise<Trained> {
  const { spawn } = await import('node:child_process');
  const { setImmediate: breath } = await import('node:timers/promises');
  const { fileURLToPath } = await import('node:url');
  const { commandLine } = await import('../../../eval/sweep-grid.ts');
  const bin = fileURLToPath(new URL('../dreamtree.mjs', import.meta.url));
  const failed: string[] = [];
  let child: ChildProcess | undefined;
  let interrupted = false;
  const onInterrupt = () => (interrupted = true); // the child gets Ctrl-C as well, and saves
  const onTerminate = () => {
    interrupted = true;
    child?.kill('SIGTERM'); // this signal came to us alone
  };
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  try {
    for (const [i, { command, folder, hasEnded }] of runs.entries()) {
      await breath(); // a signal that came while a report was written is heard now: a child to come would not get it
      if (interrupted) break;
      console.error(`\n[${i + 1}/${runs.length}] ${commandLine(command)}`);
      child = spawn(process.execPath, [bin, ...command], { stdio: 'inherit' });
      const { code, signal } = await endOf(child);
      if (code === 2) throw new UserError('the run above could not begin, and so the sweep ends here');
      if (signal === 'SIGINT') interrupted = true; // the child may hear of it first
      if (await hasEnded()) {
        await afterRun();
      } else if (!interrupted) {
        failed.push(folder);
        const how = signal ? `was ended by ${signal}` : code === 0 ? 'left no result' : `exited with code ${code}`;
        console.error(`${folder} failed: it ${how}`);
      }
    }
  } finally {
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onTerminate);
  }
  return { failed, interrupted };
}

interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

function endOf(child: ChildProcess): Promise<End> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
}
