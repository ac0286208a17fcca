/**
 * Plots of lines, of intervals and of points for papers and pages: SVG by Observable Plot on a DOM that needs no browser,
 * and PNG from the same SVG. Lines, bands and rules are named where they end, so there is no legend to look up.
 */
import * as Plot from '@observablehq/plot';
import { FADED, seriesColor } from './colors.ts';
import { loadSharp } from './fonts.ts';
import { writeOutput } from './output-file.ts';
import { BOTTOM, TOP, axesSvgOf, placeLabels, short, span, svgOf, widthOf, type AxesPlot } from './plot-frame.ts';
import { plotScatter, type ScatterPlot } from './scatter.ts';

export interface PlotPoint {
  readonly x: number;
  readonly y: number;
  /** The ends of a band around y, such as a confidence interval. */
  readonly lo?: number;
  readonly hi?: number;
}

export interface PlotSeries {
  readonly name: string;
  /** In order of x. Points that are not finite leave a gap. */
  readonly points: readonly PlotPoint[];
  /** Thin, pale and unnamed: raw values behind their mean. It shares its colour with the next series. */
  readonly faint?: boolean;
}

export interface LinePlot extends AxesPlot {
  readonly series: readonly PlotSeries[];
}

export interface IntervalRow {
  readonly name: string;
  readonly value: number;
  /** The ends of an interval around the value. */
  readonly lo: number;
  readonly hi: number;
  /** What the value sums up, one pale dot each. */
  readonly values: readonly number[];
}

/** Values with their intervals, one below another, to be compared. */
export interface IntervalPlot {
  readonly title: string;
  readonly xLabel: string;
  /** From top to bottom, in the colours of as many lines. */
  readonly rows: readonly IntervalRow[];
  readonly rules?: readonly { readonly x: number; readonly label: string }[];
}

/** Height of a row of an interval plot. */
const ROW = 30;

/** The plot as one SVG element with a white ground, 720 × 400 pixels. No points at all, or a single one, are fine. */
export function plotLines(plot: LinePlot): string {
  const { series, rules = [] } = plot;
  const points = series.flatMap((one) => one.points).filter((point) => Number.isFinite(point.x));
  const xs = points.filter((point) => Number.isFinite(point.y)).map((point) => point.x);
  const ys = [...points.flatMap(({ y, lo, hi }) => [y, lo, hi]), ...rules.map((rule) => rule.y)]
    .filter((y): y is number => y !== undefined && Number.isFinite(y));
  const xDomain = span(xs, 0);
  const yDomain = span(ys, 0.05);

  let color = 0;
  const lines = series.map((one) => ({ ...one, color: seriesColor(one.faint ? color : color++) }));
  const ends = placeLabels(
    [
      ...rules.map(({ y, label }) => ({ y, label, color: FADED })),
      ...lines.flatMap(({ name, faint, points: all, color: fill }) => {
        const last = all.findLast((point) => Number.isFinite(point.x) && Number.isFinite(point.y));
        return faint || !last ? [] : [{ y: last.y, label: name, color: fill }];
      }),
    ],
    yDomain,
  );
  return axesSvgOf(plot, {
    xDomain,
    yDomain,
    marginRight: 24 + widthOf(ends.map((end) => end.label)),
    ...(xDomain[1] >= 10_000 ? { tickFormat: short } : {}),
    marks: [
      ...lines.map((one) => marksOf(one)),
      Plot.text(ends, {
        x: () => xDomain[1],
        y: 'at',
        text: 'label',
        fill: 'color',
        textAnchor: 'start',
        dx: 8,
      }),
    ],
    isEmpty: xs.length === 0,
  });
}

const intervalsHeight = ({ rows }: Pick<IntervalPlot, 'rows'>): number => TOP + ROW * Math.max(1, rows.length) + BOTTOM;

/** The plot as one SVG element with a white ground, 720 pixels wide and as high as its rows need. */
export function plotIntervals({ title, xLabel, rows, rules = [] }: IntervalPlot): string {
  const marginLeft = 32 + widthOf(rows.map(({ name }) => name));
  const lines = rows.map((row, at) => ({ ...row, at, color: seriesColor(at) }));
  const xs = [...rows.flatMap(({ value, lo, hi, values }) => [value, lo, hi, ...values]), ...rules.map(({ x }) => x)];
  const dots = lines.flatMap(({ values, at, color }) => values.map((x) => ({ x, at, color })));
  return svgOf({
    height: intervalsHeight({ rows }),
    marginLeft,
    marginRight: 48,
    x: { domain: span(xs.filter(Number.isFinite), 0.05), label: null, ticks: 6, tickSize: 4 },
    y: { type: 'point', domain: [...rows.keys()], label: null, tickSize: 0, tickFormat: (at: number) => rows[at].name },
    marks: [
      Plot.gridX({ ticks: 6 }),
      Plot.ruleX(rules, { x: 'x', stroke: FADED, strokeDasharray: '5 4' }),
      Plot.text(rules, { x: 'x', text: 'label', frameAnchor: 'top', dy: -14, fill: FADED }),
      Plot.ruleY(lines, { y: 'at', x1: 'lo', x2: 'hi', stroke: 'color', strokeWidth: 6, strokeOpacity: 0.3 }),
      Plot.dot(dots, { x: 'x', y: 'at', r: 3, fill: 'color', fillOpacity: 0.4 }),
      Plot.dot(lines, { x: 'value', y: 'at', r: 5, fill: 'color' }),
      Plot.text([title], { frameAnchor: 'top-left', dx: 14 - marginLeft, dy: -44, fontSize: 15 }),
      Plot.text([`${xLabel} →`], { frameAnchor: 'bottom-right', dy: 40, fill: FADED }),
    ],
  });
}

/** librsvg draws no side that is longer. */
const PNG_MAX_SIDE = 32_000;

/**
 * Write a plot as `<path>.svg` and, at twice its size, as `<path>.png`, making the folder; gives back the SVG. A plot
 * that would be too high is drawn smaller.
 * @throws UserError where one of them cannot be written
 */
export async function writePlot(pathWithoutExtension: string, plot: LinePlot | IntervalPlot | ScatterPlot): Promise<string> {
  const svg = 'rows' in plot ? plotIntervals(plot) : 'groups' in plot ? plotScatter(plot) : plotLines(plot);
  const sharp = await loadSharp();
  await writeOutput(`${pathWithoutExtension}.svg`, `${svg}\n`);
  const height = 'rows' in plot ? intervalsHeight(plot) : 0;
  const density = 72 * Math.min(2, PNG_MAX_SIDE / height);
  const png = await sharp(Buffer.from(svg), { density, unlimited: true, limitInputPixels: false }).png({ compressionLevel: 9 }).toBuffer();
  await writeOutput(`${pathWithoutExtension}.png`, png);
  return svg;
}

function marksOf({ points, faint, color }: PlotSeries & { color: string }): Plot.Markish {
  const finite = points.filter((point) => Number.isFinite(point.x) && Number.isFinite(point.y));
  const banded = finite.filter((point) => Number.isFinite(point.lo) && Number.isFinite(point.hi));
  return [
    Plot.areaY(banded, { x: 'x', y1: 'lo', y2: 'hi', fill: color, fillOpacity: 0.15 }),
    Plot.lineY(points, {
      x: 'x',
      y: 'y',
      stroke: color,
      strokeWidth: faint ? 1 : 2,
      strokeOpacity: faint ? 0.3 : 1,
      strokeLinejoin: 'round',
    }),
    // A line of one point draws nothing.
    finite.length === 1 ? Plot.dot(finite, { x: 'x', y: 'y', r: 3.5, fill: color }) : null,
  ];
}
