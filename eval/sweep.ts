/** What many runs achieved: one table, one plot. Reads run folders; runs nothing. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { createRng } from '../src/random.ts';
import { readMetrics } from '../src/train/metrics.ts';
import type { LinePlot } from '../src/viz/plot.ts';
import { bootstrapInterval95, interquartileMean, mean } from './statistics.ts';

const resultSchema = z.object({
  env: z.string(), agent: z.string(), preset: z.string(), seed: z.int(), steps: z.int(), updates: z.int(),
  trainedMs: z.number(), command: z.string(), returnMean: z.number(), episodes: z.int(),
});

export type RunResult = z.infer<typeof resultSchema> & { readonly directory: string };

/** The result of a finished run; undefined where there is none (yet). */
export function readResult(directory: string): RunResult | undefined {
  const file = path.join(directory, 'result.json');
  if (!existsSync(file)) return undefined;
  const parsed = resultSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  return parsed.success ? { ...parsed.data, directory } : undefined;
}

/** The seeds of one agent with one preset in one world. */
export interface SweepRow {
  readonly env: string;
  readonly agent: string;
  readonly preset: string;
  readonly seeds: readonly number[];
  /** Mean evaluation return of each seed. */
  readonly returns: readonly number[];
  readonly iqm: number;
  /** Over seeds; the value itself for one seed. */
  readonly ci95: readonly [number, number];
  readonly minutes: number;
  readonly steps: number;
  readonly updates: number;
  /** Of the first seed. */
  readonly command: string;
}

export function summarize(results: readonly RunResult[]): SweepRow[] {
  return groupRuns(results).map((runs) => {
    const [{ env, agent, preset, command }] = runs;
    const returns = runs.map(({ returnMean }) => returnMean);
    return {
      env, agent, preset, seeds: runs.map(({ seed }) => seed), returns,
      iqm: interquartileMean(returns),
      ci95: bootstrapInterval95(returns, createRng(0).split(`${env}/${agent}/${preset}`), interquartileMean),
      minutes: mean(runs.map(({ trainedMs }) => trainedMs)) / 60_000,
      steps: Math.round(mean(runs.map(({ steps }) => steps))), updates: Math.round(mean(runs.map(({ updates }) => updates))),
      command,
    };
  });
}

function groupRuns(results: readonly RunResult[]): RunResult[][] {
  const groups = new Map<string, RunResult[]>();
  for (const result of results) {
    const key = `${result.env}/${result.agent}/${result.preset}`;
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  return [...groups.values()];
}

/** The table as Markdown. */
export function sweepTable(rows: readonly SweepRow[]): string {
  const number = (value: number) => value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
  const cells = rows.map(({ env, agent, preset, seeds, returns, iqm, ci95, minutes, steps, updates, command }) => [
    env, agent, preset, `${number(iqm)} [${number(ci95[0])}, ${number(ci95[1])}]`,
    returns.map((value, i) => `${seeds[i]}: ${number(value)}`).join(' · '), minutes.toFixed(1), String(steps), String(updates),
    `\`${command}\``,
  ]);
  const head = ['world', 'agent', 'preset', 'return: IQM [95 %]', 'by seed', 'minutes', 'steps', 'updates', 'command'];
  return [head, head.map(() => '---'), ...cells].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** Curves of one world: every run faint, the mean of an agent's runs on top. */
export function sweepPlot(env: string, results: readonly RunResult[]): LinePlot {
  const series = groupRuns(results.filter((result) => result.env === env)).flatMap((runs) => {
    const curves = runs.map(({ directory }) => readCurve(directory));
    const [{ agent, preset }] = runs;
    return [
      ...curves.map((points, i) => ({ name: `seed ${runs[i].seed}`, points, faint: true })),
      { name: `${agent}, ${preset}`, points: meanCurve(curves) },
    ];
  });
  return { title: `${env}: return of training episodes`, xLabel: 'environment steps', yLabel: 'return', series };
}

interface Point {
  readonly x: number;
  readonly y: number;
}

function readCurve(directory: string): Point[] {
  return readMetrics(path.join(directory, 'metrics.jsonl'))
    .flatMap((row) => ('episode/return' in row ? [{ x: row.step, y: row['episode/return'] }] : []));
}

/** The mean at the steps of the first curve, of those curves that reach so far; between their rows the last one holds. */
function meanCurve(curves: readonly (readonly Point[])[]): Point[] {
  const [first = []] = curves;
  return first.map(({ x }) => {
    const reached = curves.flatMap((curve) => curve.filter((point) => point.x <= x).at(-1) ?? []);
    return { x, y: mean(reached.map(({ y }) => y)) };
  });
}
