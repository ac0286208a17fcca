/**
 * How the cost of an update grows: with the batch, the length of its sequences, the imagined horizon, the width of the
 * networks and the size of the pictures, one at a time, and with what power. Whatever grows faster than it has a reason
 * to shows here.
 */
import { linearRegression } from 'simple-statistics';
import type { LinePlot } from '../../src/viz/plot.ts';
import type { UpdateBench } from './update.ts';

/** Sizes that are doubled together, and the power with which the arithmetic grows with them, for large ones. */
interface Axis {
  readonly name: string;
  readonly keys: readonly string[];
  readonly values: readonly number[];
  readonly expected: number;
  readonly why: string;
}

const AXES: readonly Axis[] = [
  { name: 'batch', keys: ['train.batchSize'], values: [8, 16, 32, 64], expected: 1, why: 'every sequence costs the same' },
  { name: 'length', keys: ['train.batchLength'], values: [16, 32, 64, 128], expected: 1, why: 'every step costs the same' },
  { name: 'horizon', keys: ['behavior.imaginationHorizon'], values: [8, 16, 32, 64], expected: 1, why: 'every imagined step costs the same' },
  {
    name: 'width', keys: ['model.deter', 'model.hidden', 'model.units', 'behavior.units'], values: [128, 256, 512, 1024], expected: 2,
    why: 'a matrix is as wide as it is high',
  },
  { name: 'picture', keys: ['env.size'], values: [16, 32, 64, 128], expected: 2, why: 'a picture is as wide as it is high' },
];

export interface Growth {
  readonly axis: string;
  readonly points: readonly { readonly value: number; readonly ms: number; readonly gflop: number; readonly nodes: number; readonly rssMb: number }[];
  /** The power of a fitted power law: time, arithmetic, nodes of the graph. */
  readonly exponents: { readonly ms: number; readonly gflop: number; readonly nodes: number };
  /** From the last doubling alone, where constant costs weigh least. */
  readonly lastExponent: number;
  readonly expected: number;
  readonly why: string;
}

export interface GrowthOptions {
  /** Time an update in a process of its own, whose memory nothing else has grown. */
  readonly measure: (overrides: readonly string[]) => Promise<Pick<UpdateBench, 'ms' | 'gflop' | 'nodes' | 'rssMb'>>;
  /** Told of every measurement before it is made. */
  readonly announce?: (what: string, done: number, total: number) => void;
}

export async function benchGrowth({ measure, announce }: GrowthOptions): Promise<readonly Growth[]> {
  const total = AXES.reduce((sum, { values }) => sum + values.length, 0);
  const results: Growth[] = [];
  let done = 0;
  for (const { name, keys, values, expected, why } of AXES) {
    const points: Growth['points'][number][] = [];
    for (const value of values) {
      announce?.(`${name} ${value}`, done++, total);
      const { ms, gflop, nodes, rssMb } = await measure(keys.map((key) => `${key}=${value}`));
      points.push({ value, ms, gflop, nodes, rssMb });
    }
    const power = (key: 'ms' | 'gflop' | 'nodes') => exponentOf(points.map((point) => [point.value, point[key]]));
    results.push({
      axis: name, points, exponents: { ms: power('ms'), gflop: power('gflop'), nodes: power('nodes') },
      lastExponent: exponentOf(points.slice(-2).map(({ value, ms }) => [value, ms])), expected, why,
    });
  }
  return results;
}

/** The exponent p of y ∝ x^p that fits best: the slope of a line through logarithms. */
export const exponentOf = (points: readonly (readonly [x: number, y: number])[]): number =>
  linearRegression(points.map(([x, y]) => [Math.log(x), Math.log(y)])).m;

/** Time in doublings against size in doublings: slopes are exponents. */
export function growthPlot(growths: readonly Growth[]): LinePlot {
  return {
    title: 'How the time of an update grows',
    xLabel: 'doublings of the size',
    yLabel: 'doublings of the time',
    series: growths.map(({ axis, points, exponents }) => ({
      name: `${axis} ^${exponents.ms.toFixed(2)}`,
      points: points.map(({ value, ms }) => ({ x: Math.log2(value / points[0].value), y: Math.log2(ms / points[0].ms) })),
    })),
  };
}
