/**
 * What a file in `studies` exports by default: a question, the runs that answer it, what is measured of them, and its
 * pictures. `dreamtree study` trains what is missing and writes the report.
 */
import { isDeepStrictEqual } from 'node:util';
import type { IntervalPlot, LinePlot } from '../src/viz/plot.ts';
import type { ScatterPlot } from '../src/viz/scatter.ts';
import { planSweep, requireOwnFolders, type Arm, type SweepPlan, type SweepRequest } from './sweep-grid.ts';
import type { SweepRow } from './sweep.ts';

/** A grid of runs, as `dreamtree sweep` takes it. */
export interface StudyArms {
  /** Names or files. */
  readonly worlds: readonly string[];
  /** What suits each world where they are absent. */
  readonly agents?: readonly string[];
  readonly presets?: readonly string[];
  /** `0-2` or `0,3,5` */
  readonly seeds: string;
  /** Environment steps of each run; what suits each world where they are absent. */
  readonly steps?: number;
  readonly minutes?: number;
  /** `key=value`, for all runs. */
  readonly set?: readonly string[];
  /** `key=value`, or several joined with `+`: an arm of its own for each, beside the default. */
  readonly vary?: readonly string[];
}

export type StudyPlot = LinePlot | IntervalPlot | ScatterPlot;

export interface Study {
  /** One sentence that ends with a question mark. */
  readonly question: string;
  /** What is varied, what is held fast, and what either outcome would mean; a paragraph. */
  readonly description: string;
  /** Several grids where not all arms vary alike; an arm that two of them have is run once. */
  readonly arms: readonly StudyArms[];
  /** Names in `measures`, or files. */
  readonly measures: readonly string[];
  /** By file name without its ending. `rows` are the arms of which at least one run has ended, in order; never none. */
  picture(rows: readonly SweepRow[]): Readonly<Record<string, StudyPlot>>;
}

/** What may be asked for instead of what the study says, in all of its arms. */
export type StudyOverrides = Partial<Pick<SweepRequest, 'presets' | 'seeds' | 'steps' | 'minutes' | 'set'>>;

/** @throws UserError as `planSweep` */
export async function planStudy(
  { arms: grids, measures }: Pick<Study, 'arms' | 'measures'>,
  { set = [], ...overrides }: StudyOverrides,
  agentFor: SweepRequest['agentFor'],
): Promise<SweepPlan> {
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
  const arms: Arm[] = [];
  const notes: string[] = [];
  for (const grid of grids) {
    const plan = await planSweep({
      ...requestOf(grid), set: [...(grid.set ?? []), ...set], ...given, measures: measures.join(','), agentFor,
    });
    const isNew = ({ runs: [{ config }] }: Arm) => !arms.some(({ runs }) => isDeepStrictEqual(runs[0].config, config));
    arms.push(...plan.arms.filter(isNew));
    notes.push(...plan.notes);
  }
  requireOwnFolders(arms.flatMap(({ runs }) => runs));
  return { arms, notes };
}

const requestOf = ({ worlds, agents, presets, seeds, steps, minutes, vary }: StudyArms): SweepRequest => ({
  worlds, seeds,
  ...(agents ? { agents: agents.join(',') } : {}), ...(presets ? { presets: presets.join(',') } : {}),
  ...(steps === undefined ? {} : { steps: String(steps) }), ...(minutes === undefined ? {} : { minutes: String(minutes) }),
  ...(vary ? { vary } : {}),
});
