/** The arms of a sweep in one world as plots: curves of training, and where they ended. */
import path from 'node:path';
import { createRng } from '../src/random.ts';
import { readMetrics } from '../src/train/metrics.ts';
import type { IntervalPlot, LinePlot, PlotPoint } from '../src/viz/plot.ts';
import { bootstrapInterval95, interquartileMean } from './statistics.ts';
import { parseChange } from './sweep-grid.ts';
import type { Reference, RunResult, SweepRow } from './sweep.ts';

/** An arm, of which at least one run has ended. */
export interface ArmReport {
  readonly row: SweepRow;
  readonly results: readonly RunResult[];
}

/** Returns of training episodes: every run faint, the interquartile mean of an arm's runs with its interval on top. */
export function curvePlot(arms: readonly ArmReport[]): LinePlot {
  const [{ row: { env, reference } }] = arms;
  const names = armNames(arms.map(({ row }) => row));
  return {
    title: `${env}: return of training episodes`,
    xLabel: 'environment steps',
    yLabel: 'return',
    series: arms.flatMap(({ results }, i) => {
      const curves = results.map(({ directory }) => readCurve(directory));
      return [
        ...curves.map((points) => ({ name: 'one run', points, faint: true })),
        { name: names[i], points: aggregateCurve(curves) },
      ];
    }),
    rules: rulesOf(reference).map(({ at, label }) => ({ y: at, label })),
  };
}

/** Mean evaluation returns after training: every run faint, the interquartile mean of an arm with its interval. */
export function finalPlot(arms: readonly ArmReport[]): IntervalPlot {
  const [{ row: { env, reference } }] = arms;
  const names = armNames(arms.map(({ row }) => row));
  return {
    title: `${env}: return after training`,
    xLabel: 'return: interquartile mean, 95 % interval, and each seed',
    rows: arms.map(({ row }, i) => ({
      name: names[i], value: row.iqm, lo: row.ci95[0], hi: row.ci95[1], values: row.returns,
    })),
    rules: rulesOf(reference).map(({ at, label }) => ({ x: at, label })),
  };
}

const rulesOf = (reference?: Reference) =>
  reference ? [{ at: reference.random, label: 'random' }, { at: reference.expert, label: 'best known' }] : [];

function readCurve(directory: string): PlotPoint[] {
  return readMetrics(path.join(directory, 'metrics.jsonl')).flatMap((row) =>
    Number.isFinite(row['episode/return']) ? [{ x: row.step, y: row['episode/return'] }] : [],
  );
}

/**
 * The interquartile mean of several curves with its 95 % bootstrap interval, at `count` ≥ 2 steps evenly spread over
 * those that every curve covers; between its own points a curve is a straight line. One curve has no interval.
 */
export function aggregateCurve(all: readonly (readonly PlotPoint[])[], count = 100): PlotPoint[] {
  const curves = all.filter((curve) => curve.length > 0);
  const from = Math.max(...curves.map((curve) => curve[0].x));
  const to = Math.min(...curves.map((curve) => curve[curve.length - 1].x));
  if (curves.length === 0 || from > to) return [];
  return Array.from({ length: from === to ? 1 : count }, (_, i) => {
    const x = from + (i / (count - 1)) * (to - from);
    const heights = curves.map((curve) => heightAt(curve, x));
    const y = interquartileMean(heights);
    if (curves.length === 1) return { x, y };
    // The same stream for every point: neighbours resample the same runs, and the band is smooth.
    const [lo, hi] = bootstrapInterval95(heights, createRng(0), interquartileMean);
    return { x, y, lo, hi };
  });
}

/** `x` is covered by the curve, whose points are in order. */
function heightAt(curve: readonly PlotPoint[], x: number): number {
  const right = curve.findIndex((point) => point.x >= x);
  const b = curve[right];
  if (right === 0 || b.x === x) return b.y;
  const a = curve[right - 1];
  return a.y + ((b.y - a.y) * (x - a.x)) / (b.x - a.x);
}

const LONGEST_NAME = 36;

/** What tells the arms of one world apart, in few words: `entropy=0.03`, or `size1m, default`. */
export function armNames(rows: readonly Pick<SweepRow, 'agent' | 'preset' | 'change'>[]): string[] {
  const differ = (of: (row: (typeof rows)[number]) => unknown) => new Set(rows.map(of)).size > 1;
  const name = (changeOf: (change: string) => string) => rows.map(({ agent, preset, change }) => {
    const parts = [
      ...(differ((row) => row.agent) ? [agent] : []), ...(differ((row) => row.preset) ? [preset] : []),
      ...(differ((row) => row.change) ? [change === undefined ? 'default' : changeOf(change)] : []),
    ];
    return parts.length > 0 ? parts.join(', ') : `${agent}, ${preset}`;
  });
  const short = name((change) => parseChange(change).map((part) => part.replace(/^[\w.]*\.(?=\w+=)/, '')).join(', '));
  const names = new Set(short).size === rows.length ? short : name((change) => change);
  return names.map((text) => (text.length > LONGEST_NAME ? `${text.slice(0, LONGEST_NAME - 1)}…` : text));
}
