import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { plotIntervals, plotLines, writePlot } from '../../src/viz/plot.ts';
import type { IntervalPlot, LinePlot } from '../../src/viz/plot.ts';
import { decode } from './frames.ts';

const curve: LinePlot = {
  title: 'catch <b>&</b> more',
  xLabel: 'environment steps',
  yLabel: 'return',
  series: [
    { name: 'episodes', faint: true, points: [{ x: 0, y: -1 }, { x: 10, y: 0 }, { x: 20, y: 1 }] },
    { name: 'mean', points: [{ x: 0, y: -1, lo: -1, hi: 0 }, { x: 10, y: NaN }, { x: 20, y: 0.95, lo: 0.5, hi: 1 }] },
  ],
  rules: [{ y: 1, label: 'best possible 1.0' }, { y: -0.6, label: 'random −0.6' }],
};

/** The texts of a plot with the heights at which they stand. */
function labels(svg: string): Map<string, number> {
  const { document } = parseHTML(`<html><body>${svg}</body></html>`);
  return new Map([...document.querySelectorAll('text')].map((text) => {
    const [, y] = /translate\([^,]+,([^)]+)\)/.exec(text.getAttribute('transform') ?? '') ?? [];
    return [text.textContent ?? '', Number(y)];
  }));
}

test('title, axes, rules and lines are named, and what is faint is not', () => {
  const found = labels(plotLines(curve));
  for (const label of ['catch <b>&</b> more', 'environment steps →', '↑ return', 'mean', 'best possible 1.0']) {
    expect([...found.keys()]).toContain(label);
  }
  expect(found.has('episodes')).toBe(false);
});

test('names at the right end stand at the height of what they name, and never on one another', () => {
  const found = labels(plotLines(curve));
  const [best, mean, random] = ['best possible 1.0', 'mean', 'random −0.6'].map((name) => found.get(name) ?? NaN);
  // 294 pixels for −1.1 … 1.1: 1 and −0.6 are 213.8 apart; 1 and 0.95 would be 6.7 apart and are moved to 15.
  expect(random - best).toBeCloseTo(213.8, 0);
  expect(mean - best).toBeGreaterThan(14.9);
});

test('a value that is no number leaves a gap, and no NaN in the drawing', () => {
  expect(plotLines(curve)).not.toContain('NaN');
});

test.each([
  ['no series', []],
  ['a series of no points', [{ name: 'mean', points: [] }]],
  ['nothing but NaN', [{ name: 'mean', points: [{ x: 0, y: NaN }] }]],
])('%s is drawn as such', (_, series) => {
  const svg = plotLines({ ...curve, series });
  expect(labels(svg).has('no data yet')).toBe(true);
  expect(svg).not.toContain('NaN');
});

test('a single point is a dot', () => {
  const svg = plotLines({ ...curve, series: [{ name: 'mean', points: [{ x: 100, y: 0 }] }], rules: [] });
  expect(svg).toContain('<circle');
  expect(svg).not.toContain('NaN');
});

const final: IntervalPlot = {
  title: 'catch: return after training',
  xLabel: 'return',
  rows: [
    { name: 'default', value: 0.5, lo: 0, hi: 1, values: [0, 0.5, 1] },
    { name: 'entropy=0.03', value: -1, lo: -1, hi: -1, values: [-1] },
  ],
  rules: [{ x: 1, label: 'best known' }],
};

/** The numbers of an attribute of all elements of a kind, in order. */
function numbers(svg: string, selector: string, attribute: string): number[] {
  const { document } = parseHTML(`<html><body>${svg}</body></html>`);
  return [...document.querySelectorAll(selector)].map((one) => Number(one.getAttribute(attribute)));
}

test('an interval plot has a row for each name: pale dots, their value, and a bar around it', () => {
  const svg = plotIntervals(final);
  const found = labels(svg);
  for (const label of ['default', 'entropy=0.03', 'best known', 'return →', 'catch: return after training']) {
    expect([...found.keys()]).toContain(label);
  }
  expect((found.get('entropy=0.03') ?? NaN) - (found.get('default') ?? NaN)).toBeCloseTo(30, 5);
  // Four pale dots, then the two values: 0.5 lies on the middle dot, −1 on its only one.
  const at = numbers(svg, 'circle', 'cx');
  expect(at.length).toBe(6);
  expect(at[1] - at[0]).toBeCloseTo(at[2] - at[1], 5);
  expect([at[4], at[5]]).toEqual([at[1], at[3]]);
  expect(at[0] - at[3]).toBeCloseTo(at[2] - at[0], 5);
  // The bar of the first row reaches from its least to its greatest dot, and the rule stands at the greatest.
  const [bar] = numbers(svg, '[stroke-width] line', 'x1');
  expect(bar).toBeCloseTo(at[0], 5);
  expect(numbers(svg, '[stroke-dasharray] line', 'x1')).toEqual([at[2]]);
});

test('an interval plot of no rows, and of values that are no numbers, has no NaN in it', () => {
  expect(plotIntervals({ ...final, rows: [], rules: [] })).not.toContain('NaN');
  const rows = [{ name: 'default', value: NaN, lo: NaN, hi: NaN, values: [NaN] }];
  expect(plotIntervals({ ...final, rows, rules: [] })).not.toContain('NaN');
});

test('a plot is written as SVG, and as PNG of twice its size, text included', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'plot-'));
  try {
    const svg = await writePlot(join(folder, 'run', 'curve'), curve);
    expect(await readFile(join(folder, 'run', 'curve.svg'), 'utf8')).toBe(`${svg}\n`);
    const png = await decode(await readFile(join(folder, 'run', 'curve.png')));
    expect(png).toMatchObject({ width: 1440, height: 800 });
    // Nothing but the title stands in the first 50 lines.
    expect(png.data.subarray(0, 50 * 1440 * 3).filter((value) => value < 80).length).toBeGreaterThan(500);
  } finally {
    await rm(folder, { recursive: true });
  }
});
