/** A plot of points in groups, for what two numbers about the same things have to do with each other. */
import * as Plot from '@observablehq/plot';
import { FADED, seriesColor } from './colors.ts';
import { axesSvgOf, placeLabels, span, widthOf, type AxesPlot } from './plot-frame.ts';

export interface ScatterGroup {
  readonly name: string;
  /** Those that are not finite are left out. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface ScatterPlot extends AxesPlot {
  /** In the colours of as many lines, each with a shape of its own; named at the right, near the mean of its heights. */
  readonly groups: readonly ScatterGroup[];
}

/** Told apart in grey print as well. */
const SHAPES = ['circle', 'square', 'triangle', 'diamond', 'star', 'wye'] as const;

/** The plot as one SVG element with a white ground, 720 × 400 pixels. No points at all are fine. */
export function plotScatter(plot: ScatterPlot): string {
  const { groups, rules = [] } = plot;
  const shown = groups.map(({ name, points }, i) => ({
    name, color: seriesColor(i), symbol: SHAPES[i % SHAPES.length],
    points: points.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y)),
  })).filter(({ points }) => points.length > 0);
  const points = shown.flatMap(({ points: all }) => all);
  const xDomain = span(points.map(({ x }) => x), 0.05);
  const yDomain = span([...points.map(({ y }) => y), ...rules.map(({ y }) => y)], 0.05);
  const names = placeLabels([
    ...rules.map(({ y, label }) => ({ y, label, color: FADED })),
    ...shown.map(({ name, points: all, color }) =>
      ({ y: all.reduce((sum, { y }) => sum + y, 0) / all.length, label: name, color })),
  ], yDomain);
  const symbolOf = new Map(shown.map(({ name, symbol }) => [name, symbol]));
  const grouped = names.filter(({ label }) => symbolOf.has(label));
  return axesSvgOf(plot, {
    xDomain,
    yDomain,
    marginRight: 40 + widthOf(names.map(({ label }) => label)),
    marks: [
      ...shown.map(({ points: all, color, symbol }) =>
        Plot.dot(all, { x: 'x', y: 'y', r: 5, symbol, fill: color, fillOpacity: 0.6, stroke: color })),
      ...grouped.map(({ at, label, color }) =>
        Plot.dot([at], { x: () => xDomain[1], y: (y: number) => y, dx: 14, r: 4, symbol: symbolOf.get(label), fill: color })),
      Plot.text(names, { x: () => xDomain[1], y: 'at', text: 'label', fill: 'color', textAnchor: 'start', dx: 24 }),
    ],
    isEmpty: points.length === 0,
  });
}
