/** Pictures that studies have in common: what was measured of the arms side by side, and one number against another. */
import type { IntervalPlot, LinePlot } from '../src/viz/plot.ts';
import type { ScatterPlot } from '../src/viz/scatter.ts';
import { armNames } from './sweep-plot.ts';
import type { SweepRow } from './sweep.ts';

/** `return`, or a quantity that was measured, such as `open-loop.mse`. */
interface Axis {
  readonly quantity: string;
  /** In words. */
  readonly label: string;
}

/** By seed; null where a run has no such number. */
const valuesOf = ({ returns, measures }: SweepRow, quantity: string): readonly (number | null)[] =>
  (quantity === 'return' ? returns : measures?.[quantity]?.values ?? returns.map(() => null));

function summaryOf(row: SweepRow, quantity: string): { readonly iqm?: number; readonly ci95?: readonly [number, number] } {
  return quantity === 'return' ? row : row.measures?.[quantity] ?? {};
}

/** Dashed lines for what random actions and the best known player return, where all rows are of one world that says so. */
function rulesOf(rows: readonly SweepRow[], quantity: string): { readonly at: number; readonly label: string }[] {
  const [{ env, reference }] = rows;
  if (quantity !== 'return' || !reference || rows.some((row) => row.env !== env)) return [];
  return [{ at: reference.random, label: 'random' }, { at: reference.expert, label: 'best known' }];
}

/** Every arm's interquartile mean with its interval, and each seed; arms without the quantity are left out. */
export function intervalsByArm(rows: readonly SweepRow[], title: string, { quantity, label }: Axis): IntervalPlot {
  const names = namesOf(rows);
  return {
    title, xLabel: `${label}: interquartile mean, 95 % interval, and each seed`,
    rows: rows.flatMap((row, i) => {
      const { iqm, ci95 } = summaryOf(row, quantity);
      if (iqm === undefined || ci95 === undefined) return [];
      const values = valuesOf(row, quantity).filter((value) => value !== null);
      return [{ name: names[i], value: iqm, lo: ci95[0], hi: ci95[1], values }];
    }),
    rules: rulesOf(rows, quantity).map(({ at, label: name }) => ({ x: at, label: name })),
  };
}

/** Every arm as a line through quantities that were taken at several `x`, with the interval of each; none where there are no such numbers. */
export function curvesByArm(rows: readonly SweepRow[], title: string, points: readonly { readonly x: number; readonly quantity: string }[]): LinePlot {
  const names = namesOf(rows);
  return {
    title, xLabel: 'real steps', yLabel: 'return',
    series: rows.map((row, i) => ({
      name: names[i],
      points: points.flatMap(({ x, quantity }) => {
        const { iqm, ci95 } = summaryOf(row, quantity);
        return iqm === undefined || ci95 === undefined ? [] : [{ x, y: iqm, lo: ci95[0], hi: ci95[1] }];
      }),
    })),
    rules: rulesOf(rows, 'return').map(({ at, label }) => ({ y: at, label })),
  };
}

/** One point a run, in the colour and the shape of its arm; runs that lack either number are left out. */
export function scatterOfRuns(
  rows: readonly SweepRow[],
  title: string,
  { x, y }: { readonly x: Axis; readonly y: Axis },
): ScatterPlot {
  const names = namesOf(rows);
  return {
    title, xLabel: `${x.label}, one point a run`, yLabel: y.label,
    groups: rows.map((row, i) => {
      const [xs, ys] = [valuesOf(row, x.quantity), valuesOf(row, y.quantity)];
      return {
        name: names[i],
        points: row.seeds.flatMap((_, seed) => {
          const [across, up] = [xs[seed], ys[seed]];
          return across === null || up === null ? [] : [{ x: across, y: up }];
        }),
      };
    }),
    rules: rulesOf(rows, y.quantity).map(({ at, label }) => ({ y: at, label })),
  };
}

/** What tells the arms apart, with their world where there are several. */
function namesOf(rows: readonly SweepRow[]): string[] {
  const names = armNames(rows);
  const worlds = new Set(rows.map(({ env }) => env));
  return worlds.size > 1 ? names.map((name, i) => `${rows[i].env}, ${name}`) : names;
}
