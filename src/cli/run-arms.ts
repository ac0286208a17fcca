/** The arms of a sweep or a study, made as far as they are not: train, measure, tabulate after every run. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { measureRun } from '../../eval/measure-run.ts';
import type { NamedMeasure } from '../../eval/measure.ts';
import type { Arm, PlannedRun, SweepPlan } from '../../eval/sweep-grid.ts';
import { writeReport } from '../../eval/sweep-report.ts';
import { readRun, type SweepRow } from '../../eval/sweep.ts';
import { commandLine } from '../command-line.ts';
import { loadWorld } from '../open/open.ts';
import { agentFor, configure } from '../train/configure.ts';
import type { Environment } from '../types.ts';
import { UserError } from '../user-error.ts';
import { trainAll, type MissingRun } from './train-all.ts';

/** All of them before the first run: a typing error shows now, not after an hour. @throws UserError */
export async function loadWorlds(names: readonly string[]): Promise<{
  readonly environments: ReadonlyMap<string, Environment>;
  /** The agent that suits a world, where that is not the configuration's default. */
  agentOf(world: string): string | undefined;
}> {
  const environments = new Map<string, Environment>();
  const agents = new Map<string, string>();
  for (const world of names) {
    const environment = await loadWorld(world);
    const agent = agentFor(environment);
    const { config } = await configure({ world });
    environments.set(world, environment);
    if (agent !== config.agent) agents.set(world, agent);
  }
  return { environments, agentOf: (world) => agents.get(world) };
}

export interface ArmsRequest extends SweepPlan {
  /** `sweep` or `study`, for what is said. */
  readonly noun: string;
  readonly environments: ReadonlyMap<string, Environment>;
  readonly measures: readonly NamedMeasure[];
  /** Where the runs and the tables go. */
  readonly out: string;
  /** Print the commands of the runs that are missing, and run nothing. */
  readonly dryRun?: boolean;
  /** Tabulate the runs that have ended, and train nothing. */
  readonly report?: boolean;
  /** Told of the rows whenever the tables were written. */
  onReport?(rows: readonly SweepRow[]): Promise<void>;
}

export interface ArmsEnd {
  readonly rows: readonly SweepRow[];
  /** Runs that have ended, of all there are. */
  readonly ended: number;
  readonly of: number;
  readonly failed: readonly string[];
}

/**
 * Undefined where nothing is to be shown in the end: after a dry run, or when somebody stopped it, which it says itself.
 * @throws UserError where a train command was called wrongly, or there is nothing to report
 */
export async function runArms(request: ArmsRequest): Promise<ArmsEnd | undefined> {
  const { arms, notes, noun, environments, measures, out, dryRun, report, onReport } = request;
  for (const note of notes) console.error(note);
  const runs = arms.flatMap((arm) => arm.runs);
  const hasEnded = async ({ folder, config }: PlannedRun) => (await readRun(path.join(out, folder), config)) !== undefined;
  const missing: MissingRun[] = [];
  for (const run of runs) {
    const command = [...run.trainArgs, '--logdir', path.join(out, run.folder)];
    if (!(await hasEnded(run))) missing.push({
      ...run, command, hasEnded: () => hasEnded(run), hasBegun: () => existsSync(path.join(out, run.folder)),
    });
  }
  if (dryRun) {
    for (const { command } of missing) console.log(commandLine(command));
    console.error(`${missing.length} of ${runs.length} runs are still to be run`);
    return undefined;
  }
  const tabulate = async (): Promise<readonly SweepRow[]> => {
    await measureEnded(out, arms, measures);
    const rows = await writeReport(out, arms, environments, measures);
    if (rows.length > 0) await onReport?.(rows);
    return rows;
  };
  const { failed, interrupted } = report ? { failed: [], interrupted: false } : await trainAll(missing, noun, tabulate);
  if (interrupted) {
    console.error(`stopped. The same ${noun} command continues here.`);
    process.exitCode ||= 130;
    return undefined;
  }
  const rows = await tabulate();
  if (report && rows.length === 0) {
    throw new UserError(`no run in ${out} has ended with these settings: give the ${noun}'s own options beside --report`);
  }
  return { rows, ended: rows.reduce((sum, { seeds }) => sum + seeds.length, 0), of: runs.length, failed };
}

/** Measure what was not measured yet of the runs that have ended; those whose agent cannot be opened stay without. */
async function measureEnded(out: string, arms: readonly Arm[], measures: readonly NamedMeasure[]): Promise<void> {
  if (measures.length === 0) return;
  for (const { folder, config } of arms.flatMap((arm) => arm.runs)) {
    const run = await readRun(path.join(out, folder), config);
    if (!run) continue;
    try {
      await measureRun(run, config, measures, (names) => console.error(`measuring ${names.join(', ')} of ${folder} …`));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      console.error(`${folder} is not measured: ${error.message}`);
    }
  }
}
