/**
 * One trained model under several policies: what each achieves on the same episodes and what a decision costs, once, or
 * for several numbers of simulations.
 */
import { median } from 'simple-statistics';
import type { Policy, Rng, RunningPolicy } from '../src/types.ts';
import type { IntervalPlot, LinePlot, PlotPoint, PlotSeries } from '../src/viz/plot.ts';
import type { ConfiguredWorld } from '../src/world/configured.ts';
import type { Opponent, PlayOptions } from '../src/world/play.ts';
import { evaluateControl, type ControlResult } from './control.ts';
import { returnInWords } from './statistics.ts';

export interface MatrixCell extends ControlResult {
  readonly policy: string;
  /** Simulations of a search for one decision; 0 where it does not search. */
  readonly simulations: number;
  /** Of the policy alone for one decision: the median call, divided by the lanes that it decides for at once. */
  readonly policyMs: number;
  /** In all lanes together, by `policyMs`; absent where it does not search. */
  readonly simulationsPerSecond?: number;
}

export interface MatrixOptions extends ConfiguredWorld {
  readonly policies: readonly string[];
  /** Numbers of simulations, each ≥ 1; as configured where it is absent. A policy that does not search is played once. */
  readonly simulations?: readonly number[];
  /** The policy for `lanes` worlds; it is disposed of after its episodes. */
  open(policy: string, simulations: number | undefined): Promise<RunningPolicy>;
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
    for (const simulations of options.simulations ?? [undefined]) {
      const cell = await playCell(options, name, simulations);
      yield cell;
      if (cell.simulations === 0) break; // another number would be the same again
    }
  }
}

async function playCell(options: MatrixOptions, name: string, simulations: number | undefined): Promise<MatrixCell> {
  const { lanes, signal } = options;
  const opened = await options.open(name, simulations);
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
    return { policy: name, simulations: simulated, ...result, policyMs, ...rate };
  } finally {
    await opened.dispose();
  }
}

/** Rows of text under their heads; where nothing has a score, there is no column for it. */
export function matrixRows(cells: readonly MatrixCell[]): string[][] {
  const scored = cells.some(({ score }) => score !== undefined);
  return [
    [
      ...['policy', 'simulations', 'return [95 %]'], ...(scored ? ['score'] : []),
      ...['ms per decision', 'with worlds', 'simulations/s'],
    ],
    ...cells.map((cell) => [
      cell.policy, String(cell.simulations), interval(cell.returnMean, cell.returnCi95),
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
  /** Draw return against simulations, if any of the cells searches; or each cell in a row of its own. */
  readonly overSimulations: boolean;
}

export function matrixPlot(
  cells: readonly MatrixCell[],
  { title, lanes, best, overSimulations }: MatrixHead,
): LinePlot | IntervalPlot {
  const what = 'return: mean and 95 % interval';
  const rules = best === undefined ? [] : [{ at: best, label: 'best known' }];
  if (overSimulations && cells.some(({ simulations }) => simulations > 0)) {
    return {
      title, xLabel: 'simulations for each decision', yLabel: what, series: seriesOf(cells),
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

/** A line for each policy, with a dot at every number that was played; what does not search is level. */
function seriesOf(cells: readonly MatrixCell[]): PlotSeries[] {
  const most = Math.max(...cells.map(({ simulations }) => simulations));
  return [...new Set(cells.map(({ policy }) => policy))].flatMap((name) => {
    const own = cells.filter(({ policy }) => policy === name);
    const at = (x: number, { returnMean: y, returnCi95: [lo, hi] }: MatrixCell): PlotPoint => ({ x, y, lo, hi });
    if (own[0].simulations === 0) return [{ name, points: [at(0, own[0]), at(most, own[0])] }];
    const points = own.map((cell) => at(cell.simulations, cell));
    return [...points.map(({ x, y }) => ({ name, points: [{ x, y }], faint: true })), { name, points }];
  });
}

const nameOf = ({ policy, simulations }: MatrixCell): string =>
  simulations === 0 ? policy : `${policy}, ${simulations} ${simulations === 1 ? 'simulation' : 'simulations'}`;

const rateOf = ({ simulationsPerSecond: rate }: MatrixCell): string => (rate === undefined ? '' : significant(rate));

const interval = (value: number, [low, high]: readonly [number, number]): string =>
  `${returnInWords(value)} [${returnInWords(low)}, ${returnInWords(high)}]`;

const significant = (value: number): string => value.toLocaleString('en', { maximumSignificantDigits: 3 });
