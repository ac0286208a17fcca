/**
 * One trained model under several policies: what each achieves on the same episodes and what a decision costs, once, or
 * for several values of some keys, such as the number of simulations.
 */
import { median } from 'simple-statistics';
import type { Policy, Rng, RunningPolicy } from '../src/types.ts';
import type { IntervalPlot, LinePlot, PlotPoint, PlotSeries } from '../src/viz/plot.ts';
import type { ConfiguredWorld } from '../src/world/configured.ts';
import type { Opponent, PlayOptions } from '../src/world/play.ts';
import { evaluateControl, type ControlResult } from './control.ts';
import { returnInWords } from './statistics.ts';

/** Values of keys of the configuration, as they would be written behind `--set`. */
export type MatrixSetting = Readonly<Record<string, string>>;

/** The key that searches have in common, whose values are shown as what was really made. */
export const SIMULATIONS = 'search.simulations';

export interface MatrixCell extends ControlResult {
  readonly policy: string;
  /** What was laid over the agent's configuration, of the keys that this policy reads; absent where nothing was. */
  readonly settings?: MatrixSetting;
  /** Simulations of a search for one decision; 0 where it does not search. */
  readonly simulations: number;
  /** Of the policy alone for one decision: the median call, divided by the lanes that it decides for at once. */
  readonly policyMs: number;
  /** In all lanes together, by `policyMs`; absent where it does not search. */
  readonly simulationsPerSecond?: number;
}

export interface MatrixOptions extends ConfiguredWorld {
  readonly policies: readonly string[];
  /** With what each policy is played; once as configured where it is absent. */
  settings?(policy: string): readonly MatrixSetting[];
  /** The policy for `lanes` worlds; it is disposed of after its episodes. */
  open(policy: string, setting: MatrixSetting): Promise<RunningPolicy>;
  readonly episodes: number;
  readonly lanes: number;
  /** As of `evaluateControl`. */
  readonly opponent?: Opponent;
  /** As of `evaluateControl`, anew for every cell. */
  readonly watch?: PlayOptions['watch'];
  /** Every cell plays the episodes of this stream. */
  readonly rng: Rng;
  /** Once it is aborted the episodes in play are dropped, and the generator throws its reason. */
  readonly signal?: AbortSignal;
}

/** Each cell as soon as its episodes are played. */
export async function* playMatrix(options: MatrixOptions): AsyncGenerator<MatrixCell> {
  for (const name of options.policies) {
    for (const setting of options.settings?.(name) ?? [{}]) yield await playCell(options, name, setting);
  }
}

async function playCell(options: MatrixOptions, name: string, setting: MatrixSetting): Promise<MatrixCell> {
  const { lanes, signal } = options;
  const opened = await options.open(name, setting);
  const callMs: number[] = [];
  let simulated = 0;
  const policy: Policy = {
    name,
    initial: (count) => opened.initial(count),
    async act(carry, observation, rng) {
      signal?.throwIfAborted();
      const started = performance.now();
      const choice = await opened.act(carry, observation, rng);
      callMs.push(performance.now() - started);
      simulated = (choice.stats.simulations ?? 0) / lanes;
      return choice;
    },
  };
  try {
    const result = await evaluateControl({ ...options, policy });
    const policyMs = median(callMs) / lanes;
    const rate = simulated > 0 ? { simulationsPerSecond: (1000 * simulated) / policyMs } : {};
    const settings = Object.keys(setting).length > 0 ? { settings: setting } : {};
    return { policy: name, ...settings, simulations: simulated, ...result, policyMs, ...rate };
  } finally {
    await opened.dispose();
  }
}

/** Rows of text under their heads; where nothing has a score, there is no column for it. */
export function matrixRows(cells: readonly MatrixCell[]): string[][] {
  const scored = cells.some(({ score }) => score !== undefined);
  const varied = variedKeys(cells);
  return [
    [
      ...['policy', 'simulations', ...varied, 'return [95 %]'], ...(scored ? ['score'] : []),
      ...['ms per decision', 'with worlds', 'simulations/s'],
    ],
    ...cells.map((cell) => [
      cell.policy, String(cell.simulations), ...varied.map((key) => cell.settings?.[key] ?? ''), interval(cell.returnMean, cell.returnCi95),
      ...(scored ? [cell.score === undefined ? '' : returnInWords(cell.score)] : []),
      significant(cell.policyMs), significant(cell.msPerDecision), rateOf(cell),
    ]),
  ];
}

/** One cell in words. */
export function matrixLine(cell: MatrixCell): string {
  const rate = rateOf(cell);
  return [
    `${nameOf(cell)}: ${interval(cell.returnMean, cell.returnCi95)}`, `${significant(cell.policyMs)} ms per decision`,
    ...(rate ? [`${rate} simulations/s`] : []),
  ].join(', ');
}

export interface MatrixHead {
  readonly title: string;
  readonly lanes: number;
  /** Return of the best known player, where there is one. */
  readonly best?: number;
  /** Draw return against this key, if any of the cells has a number there; or each cell in a row of its own. */
  readonly over?: string;
}

export function matrixPlot(
  cells: readonly MatrixCell[],
  { title, lanes, best, over }: MatrixHead,
): LinePlot | IntervalPlot {
  const what = 'return: mean and 95 % interval';
  const rules = best === undefined ? [] : [{ at: best, label: 'best known' }];
  if (over !== undefined && cells.some((cell) => placeOf(cell, over) !== undefined)) {
    return {
      title, xLabel: over === SIMULATIONS ? 'simulations for each decision' : over, yLabel: what, series: seriesOf(cells, over),
      rules: rules.map(({ at, label }) => ({ y: at, label })),
    };
  }
  return {
    title: `${title}; ms per decision, ${lanes} at once`,
    xLabel: `${what}, and every episode`,
    rows: cells.map((cell) => {
      const { returnMean: value, returnCi95: [lo, hi], returns: values, policyMs } = cell;
      return { name: `${nameOf(cell)}, ${significant(policyMs)} ms`, value, lo, hi, values };
    }),
    rules: rules.map(({ at, label }) => ({ x: at, label })),
  };
}

/** Where a cell stands on the axis of a key; undefined where its policy does not read it. */
function placeOf({ simulations, settings }: MatrixCell, key: string): number | undefined {
  if (key === SIMULATIONS) return simulations > 0 ? simulations : undefined;
  const value = Number(settings?.[key] ?? NaN);
  return Number.isFinite(value) ? value : undefined;
}

/** A line for each policy and what else was set, with a dot at every value that was played; what does not read the key is level. */
function seriesOf(cells: readonly MatrixCell[], over: string): PlotSeries[] {
  const places = cells.map((cell) => placeOf(cell, over)).filter((place) => place !== undefined);
  const [least, most] = [over === SIMULATIONS ? 0 : Math.min(...places), Math.max(...places)];
  const lineOf = (cell: MatrixCell) =>
    [cell.policy, ...(over === SIMULATIONS ? [] : simulationWords(cell)), ...settingWords(cell, over)].join(', ');
  return [...new Set(cells.map(lineOf))].flatMap((name) => {
    const own = cells.filter((cell) => lineOf(cell) === name);
    const at = (x: number, { returnMean: y, returnCi95: [lo, hi] }: MatrixCell): PlotPoint => ({ x, y, lo, hi });
    if (placeOf(own[0], over) === undefined) return [{ name, points: [at(least, own[0]), at(most, own[0])] }];
    const points = own.map((cell) => at(placeOf(cell, over) ?? NaN, cell));
    return [...points.map(({ x, y }) => ({ name, points: [{ x, y }], faint: true })), { name, points }];
  });
}

/** Keys that were varied, but for simulations, of which every table tells. */
const variedKeys = (cells: readonly MatrixCell[]): string[] =>
  [...new Set(cells.flatMap(({ settings }) => Object.keys(settings ?? {})))].filter((key) => key !== SIMULATIONS);

/** What was set, as `horizon 5`. */
const settingWords = ({ settings = {} }: MatrixCell, ...without: readonly string[]): string[] =>
  Object.entries(settings).filter(([key]) => key !== SIMULATIONS && !without.includes(key))
    .map(([key, value]) => `${key.slice(key.lastIndexOf('.') + 1)} ${value}`);

const simulationWords = ({ simulations }: MatrixCell): string[] =>
  (simulations === 0 ? [] : [`${simulations} ${simulations === 1 ? 'simulation' : 'simulations'}`]);

const nameOf = (cell: MatrixCell): string => [cell.policy, ...simulationWords(cell), ...settingWords(cell)].join(', ');

const rateOf = ({ simulationsPerSecond: rate }: MatrixCell): string => (rate === undefined ? '' : significant(rate));

const interval = (value: number, [low, high]: readonly [number, number]): string =>
  `${returnInWords(value)} [${returnInWords(low)}, ${returnInWords(high)}]`;

const significant = (value: number): string => value.toLocaleString('en', { maximumSignificantDigits: 3 });
