/** `dreamtree study`: a question that runs answer, from training to the report. */
import { Option } from 'commander';
import type { Command } from 'commander';

const HELP = `
Example:
  dreamtree study                                                 the studies there are
  dreamtree study decoder --dry-run                               what it would train
  dreamtree study decoder
  dreamtree study decoder --preset debug --seeds 0 --steps 200    a trial of everything, in a minute or two
  dreamtree study ./my-study.ts                                   one of your own

Trains what is missing, one run after another, measures each, and writes report.md, table.json and pictures into
runs/study-<name>. The same command again continues where it was stopped and tries again what failed.`;

interface StudyOptions {
  readonly preset?: string;
  readonly seeds?: string;
  readonly steps?: string;
  readonly minutes?: string;
  readonly set?: readonly string[];
  readonly out?: string;
  readonly dryRun?: true;
  readonly report?: true;
}

export default function registerStudy(program: Command): void {
  program
    .command('study')
    .description('Train and measure what answers a question; writes a report with table and pictures.')
    .argument('[name | file]', 'a study; all are listed without it')
    .option('--preset <name>', 'another preset for all runs')
    .option('--seeds <seeds>', 'other seeds: 0-2 or 0,3,5')
    .option('--steps <n>', 'other environment steps of each run')
    .option('--minutes <m>', 'stop each run after so many minutes')
    .option('--set <key=value...>', 'any key of the configuration, for all runs')
    .option('--out <folder>', 'where the runs and the report go (default: runs/study-<name>)')
    .option('--dry-run', 'print the train commands that are still to be run, and run nothing')
    .addOption(new Option('--report', 'write the report of the runs that have ended, and train nothing').conflicts('dryRun'))
    .addHelpText('after', HELP)
    .action(studyCommand);
}

async function studyCommand(name: string | undefined, options: StudyOptions): Promise<void> {
  const { listStudies, loadMeasures, loadStudy } = await import('../../../eval/listing.ts');
  if (name === undefined) {
    const { table } = await import('../table.ts');
    console.log(table((await listStudies()).map(({ name: each, study: { question } }) => [each, question])));
    return;
  }
  const path = await import('node:path');
  const { nameOf } = await import('../../listing.ts');
  const { planStudy } = await import('../../../eval/study.ts');
  const { writeStudyReport } = await import('../../../eval/study-report.ts');
  const { commandLine } = await import('../../command-line.ts');
  const { readmeTable } = await import('../../../eval/sweep-table.ts');
  const { loadWorlds, runArms } = await import('../run-arms.ts');
  const study = await loadStudy(name);
  const { preset, seeds, steps, minutes, set, dryRun, report, out = path.join('runs', `study-${nameOf(name)}`) } = options;
  const measures = await loadMeasures(study.measures);
  const { environments, agentOf } = await loadWorlds([...new Set(study.arms.flatMap(({ worlds }) => worlds))]);
  const asked = {
    ...(preset === undefined ? {} : { presets: preset }), ...(seeds === undefined ? {} : { seeds }),
    ...(steps === undefined ? {} : { steps }), ...(minutes === undefined ? {} : { minutes }), ...(set ? { set } : {}),
  };
  const plan = await planStudy(study, asked, agentOf);
  const all = plan.arms.reduce((sum, { runs }) => sum + runs.length, 0);
  const named = { preset, seeds, steps, minutes };
  const command = commandLine([
    'study', name, ...Object.entries(named).flatMap(([option, value]) => (value === undefined ? [] : [`--${option}`, value])),
    ...(set ? ['--set', ...set] : []), ...(options.out === undefined ? [] : ['--out', out]),
  ]);
  let files: readonly string[] = [];
  console.error(study.question);
  const end = await runArms({
    ...plan, noun: 'study', environments, measures, out, ...(dryRun ? { dryRun } : {}), ...(report ? { report } : {}),
    async onReport(rows) {
      const ended = rows.reduce((sum, row) => sum + row.seeds.length, 0);
      files = await writeStudyReport(out, { study, measures, rows, ended, of: all, command });
    },
  });
  if (!end) return;
  if (end.rows.length > 0) console.log(readmeTable(end.rows));
  const next = files.length > 0 ? `begin with ${files[0]}` : 'there is nothing to report yet';
  console.error(`${end.ended} of ${end.of} runs have ended; ${next}`);
  if (end.failed.length > 0) {
    console.error(`failed: ${end.failed.join(', ')}. The same study command tries again.`);
    process.exitCode = 1;
  }
}
