/** What plots have in common: their size, font and ground, their axes, and names that do not cover each other. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { FADED, INK } from './colors.ts';
import { SVG_FONT } from './fonts.ts';
import { xmlText } from './svg.ts';

const WIDTH = 720;
const HEIGHT = 400;
export const TOP = 58;
export const BOTTOM = 48;
const LABEL_PX = 12;
/** The mean width of a letter of DejaVu Sans, as a share of its size, rounded up. */
const LETTER = 0.62;

/** What a plot over two axes says beside its marks. */
export interface AxesPlot {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** Dashed reference lines with a name, such as the return of random actions. */
  readonly rules?: readonly { readonly y: number; readonly label: string }[];
}

interface Axes {
  readonly xDomain: readonly [number, number];
  readonly yDomain: readonly [number, number];
  readonly marginRight: number;
  /** Of x. */
  readonly tickFormat?: (x: number) => string;
  readonly marks: readonly Plot.Markish[];
  readonly isEmpty: boolean;
}

/** 35 000 as 35K. */
export const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 }).format;

/** What all plots have in common: a white ground, the font, room for title and axis. */
export function svgOf(options: Plot.PlotOptions): string {
  const { document } = parseHTML('<html><body></body></html>');
  const svg = Plot.plot({
    ...options,
    document,
    width: WIDTH,
    marginTop: TOP,
    marginBottom: BOTTOM,
    style: { background: 'white', color: INK, fontFamily: SVG_FONT, fontSize: `${LABEL_PX}px` },
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return xmlText(svg.outerHTML); // names may hold what no picture can be read with
}

/** A plot over two axes, 720 × 400 pixels: reference lines below its marks, words above them. */
export function axesSvgOf(
  { title, xLabel, yLabel, rules = [] }: AxesPlot,
  { xDomain, yDomain, marginRight, tickFormat, marks, isEmpty }: Axes,
): string {
  return svgOf({
    height: HEIGHT,
    marginLeft: 58,
    marginRight,
    x: { domain: xDomain, label: null, ticks: 6, tickFormat, tickSize: 4 },
    y: { domain: yDomain, label: null, ticks: 6, tickSize: 0, grid: true },
    marks: [
      Plot.ruleY(rules, { y: 'y', stroke: FADED, strokeDasharray: '5 4' }),
      Plot.ruleY([yDomain[0]], { stroke: INK, strokeOpacity: 0.6 }),
      ...marks,
      Plot.text([title], { frameAnchor: 'top-left', dx: -44, dy: -44, fontSize: 15 }),
      Plot.text([`↑ ${yLabel}`], { frameAnchor: 'top-left', dx: -44, dy: -20, fill: FADED }),
      Plot.text([`${xLabel} →`], { frameAnchor: 'bottom-right', dy: 40, fill: FADED }),
      isEmpty ? Plot.text(['no data yet'], { frameAnchor: 'middle', fill: FADED, fontSize: 14 }) : null,
    ],
  });
}

/** Room for the longest of these labels, in pixels. */
export const widthOf = (labels: readonly string[]): number =>
  Math.ceil(Math.max(0, ...labels.map((label) => label.length)) * LABEL_PX * LETTER);

/** From the least to the greatest value, with a share of room at both ends; never of zero length. */
export function span(values: readonly number[], room: number): [number, number] {
  if (values.length === 0) return [0, 1];
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low === high) return [low - (Math.abs(low) / 2 || 1), high + (Math.abs(high) / 2 || 1)];
  return [low - room * (high - low), high + room * (high - low)];
}

export interface End {
  readonly y: number;
  readonly label: string;
  readonly color: string;
}

/** Where labels stand (`at`, in units of y) so that none covers another: pushed down, then up from the bottom. */
export function placeLabels(ends: readonly End[], [low, high]: readonly [number, number]): (End & { at: number })[] {
  const unit = (high - low) / (HEIGHT - TOP - BOTTOM);
  const apart = (LABEL_PX + 3) * unit;
  const placed = ends.filter((end) => Number.isFinite(end.y)).map((end) => ({ ...end, at: end.y }));
  placed.sort((a, b) => b.y - a.y);
  for (let i = 1; i < placed.length; i++) placed[i].at = Math.min(placed[i].at, placed[i - 1].at - apart);
  for (let i = placed.length - 1, limit = low; i >= 0; i--) {
    placed[i].at = Math.max(placed[i].at, limit);
    limit = placed[i].at + apart;
  }
  return placed;
}
