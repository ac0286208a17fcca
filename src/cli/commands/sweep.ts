/** `dreamtree sweep`: a grid of runs, one after another, unattended. */
import { Option } from 'commander';
import type { Command } from 'commander';

const HELP = `
Example:
  dreamtree sweep catch --seeds 0-2
  dreamtree sweep cartpole pendulum --presets tiny --seeds 0,1,2 --minutes 40 --out runs/control
  dreamtree sweep catch --agents dreamer,gumbel-muzero --measures open-loop,sharpness
  dreamtree sweep cartpole --seeds 0-2 --steps 20000 --vary behavior.entropy=0.03 model.stem=8+model.depth=32

The last one is an ablation: the default and each change alone, with the same budget and the same seeds; + joins keys
that change together. Each run is a folder of its own, made by the train command that is printed. The same sweep again
continues where it was stopped and tries again what failed. After every run table.md, table.json and two plots for each
world are written: curves of training, and returns after it. What is printed at the end is fit for a README. Measures
(dreamtree list has them all) are taken once of every run that has ended, with --report as well, and kept in its folder as
measures.json.`;

interface SweepOptions {
  readonly agents?: string;
  readonly presets?: string;
  readonly seeds: string;
  readonly minutes?: string;
  readonly steps?: string;
  readonly out: string;
  readonly set?: readonly string[];
  readonly vary?: readonly string[];
  readonly measures?: string;
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
    .option('--measures <names>', 'what to measure of every run beside its return, separated by commas: more columns')
    .option('--dry-run', 'print the train commands that are still to be run, and run nothing')
    .addOption(
      new Option('--report', 'write table and plots of the runs that have ended, and train nothing').conflicts('dryRun'),
    )
    .addHelpText('after', HELP)
    .action(sweepCommand);
}

async function sweepCommand(worlds: readonly string[], options: SweepOptions): Promise<void> {
  const { namesOf, planSweep } = await import('../../../eval/sweep-grid.ts');
  const { loadMeasures } = await import('../../../eval/listing.ts');
  const { readmeTable } = await import('../../../eval/sweep-table.ts');
  const { loadWorlds, runArms } = await import('../run-arms.ts');
  const { out, dryRun, report } = options;
  const measures = await loadMeasures(options.measures === undefined ? [] : namesOf('--measures', options.measures));
  const { environments, agentOf } = await loadWorlds(worlds);
  const plan = await planSweep({ worlds, ...options, agentFor: agentOf });
  const end = await runArms({
    ...plan, noun: 'sweep', environments, measures, out, ...(dryRun ? { dryRun } : {}), ...(report ? { report } : {}),
  });
  if (!end) return;
  const { rows, ended, of, failed } = end;
  if (rows.length > 0) console.log(readmeTable(rows));
  console.error(`${ended} of ${of} runs have ended; table.md, table.json and plots are in ${out}`);
  if (failed.length > 0) {
    console.error(`failed: ${failed.join(', ')}. The same sweep command tries again.`);
    process.exitCode = 1;
  }
}
