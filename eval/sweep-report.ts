/** What a sweep leaves beside its runs: table.md, table.json, and two plots for each world. */
import path from 'node:path';
import type { Environment } from '../src/types.ts';
import { writeOutput } from '../src/viz/output-file.ts';
import { writePlot } from '../src/viz/plot.ts';
import { configureWorld } from '../src/world/configured.ts';
import type { NamedMeasure } from './measure.ts';
import { measuredOf } from './measure-run.ts';
import type { Arm } from './sweep-grid.ts';
import { referenceOf } from './statistics.ts';
import { curvePlot, finalPlot } from './sweep-plot.ts';
import { sweepTable } from './sweep-table.ts';
import { readRun, summarize } from './sweep.ts';
import type { SweepRow } from './sweep.ts';

/**
 * Write tables and plots of the runs that have ended, and give back their rows; where there are none, nothing is
 * written. `environments` holds every arm's world, by `arm.world`; `measures` are those to tabulate, where they were taken.
 */
export async function writeReport(
  out: string,
  arms: readonly Arm[],
  environments: ReadonlyMap<string, Environment>,
  measures: readonly NamedMeasure[] = [],
): Promise<SweepRow[]> {
  const reports = (await Promise.all(arms.map(async (arm) => {
    const runs = await Promise.all(arm.runs.map(({ folder, config }) => readRun(path.join(out, folder), config)));
    const results = runs.filter((run) => run !== undefined);
    if (results.length === 0) return [];
    const plain = environments.get(arm.world);
    const reference = plain && referenceOf(configureWorld(plain, arm.runs[0].config.env).environment);
    const configs = new Map(arm.runs.map(({ seed, config }) => [seed, config]));
    const taken = results.map((run) => {
      const config = configs.get(run.seed);
      return config ? measuredOf(run, config, measures) : {};
    });
    return [{ arm, results, row: summarize(arm, results, reference, { measures, runs: taken }) }];
  }))).flat();
  const rows = reports.map(({ row }) => row);
  if (rows.length === 0) return rows;
  await writeOutput(path.join(out, 'table.md'), `${sweepTable(rows)}\n`);
  await writeOutput(path.join(out, 'table.json'), `${JSON.stringify(rows, null, 2)}\n`);
  for (const name of new Set(reports.map(({ arm }) => arm.worldName))) {
    const here = reports.filter(({ arm }) => arm.worldName === name);
    await writePlot(path.join(out, name), curvePlot(here));
    await writePlot(path.join(out, `${name}-final`), finalPlot(here));
  }
  return rows;
}
