import { describe, expect, it } from 'vitest';
import { matrixLine, matrixPlot, matrixRows, playMatrix, SIMULATIONS } from '../../eval/matrix.ts';
import type { MatrixCell, MatrixOptions } from '../../eval/matrix.ts';
import { randomPolicy } from '../../src/policies/random.ts';
import { createRng } from '../../src/random.ts';
import type { Environment, RunningPolicy } from '../../src/types.ts';
import { plainLook } from '../../src/world/view.ts';

/** Begins at 0 to 9, and ends after two actions, each rewarded by where it began. */
const world: Environment<{ start: number; step: number }> = {
  name: 'starts', description: 'Rewards its beginning.', actions: { kind: 'discrete', n: 2 }, maxSteps: 2,
  reference: { random: 0, expert: 20 },
  reset: (rng) => ({ start: rng.int(10), step: 0 }),
  step: ({ start, step }) => ({ state: { start, step: step + 1 }, reward: start, terminated: false }),
  draw() {},
};

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Acts at random; takes `ms` for it, and says how many simulations it made for all lanes, if any. */
function actorOf({ ms = 0, simulations }: { ms?: number; simulations?: number }, dispose: () => void): RunningPolicy {
  const random = randomPolicy(world.actions);
  return {
    ...random,
    async act(carry, observation, rng) {
      if (ms > 0) await wait(ms);
      const choice = await random.act(carry, observation, rng);
      const [lanes] = observation.isFirst.shape;
      return simulations === undefined ? choice : { ...choice, stats: { simulations: simulations * lanes } };
    },
    update() {},
    dispose: async () => dispose(),
  };
}

/** The search is played with each of these. */
const simulations = (...numbers: readonly number[]) => (policy: string) =>
  (policy === 'search' ? numbers.map((number) => ({ [SIMULATIONS]: String(number) })) : [{}]);

function matrix(options: Partial<MatrixOptions> = {}) {
  const opened: string[] = [];
  const disposed: string[] = [];
  const cells = playMatrix({
    environment: world as Environment, size: 8, look: plainLook, policies: ['actor', 'search'], settings: simulations(2, 5),
    episodes: 6, lanes: 3, rng: createRng(1),
    async open(name, setting) {
      opened.push([name, ...Object.values(setting)].join(' '));
      return actorOf(name === 'search' ? { simulations: Number(setting[SIMULATIONS]), ms: 10 } : {}, () => disposed.push(name));
    },
    ...options,
  });
  return { cells, opened, disposed };
}

async function collect(cells: AsyncIterable<MatrixCell>): Promise<MatrixCell[]> {
  const all: MatrixCell[] = [];
  for await (const cell of cells) all.push(cell);
  return all;
}

describe('playMatrix', () => {
  it('plays each policy with each of its settings', async () => {
    const { cells, opened, disposed } = matrix();
    expect((await collect(cells)).map(({ policy, simulations }) => [policy, simulations])).toEqual([
      ['actor', 0], ['search', 2], ['search', 5],
    ]);
    expect(opened).toEqual(['actor', 'search 2', 'search 5']);
    expect(disposed).toEqual(['actor', 'search', 'search']);
  });

  it('gives every policy the same episodes, whatever the lanes', async () => {
    const [a, b] = await collect(matrix({ settings: simulations(2) }).cells);
    const [c] = await collect(matrix({ settings: simulations(2), lanes: 1 }).cells);
    expect(new Set(a.returns).size).toBeGreaterThan(1);
    expect([b.returns, c.returns]).toEqual([a.returns, a.returns]);
    expect(a.score).toBeCloseTo(a.returnMean / 20, 9);
    expect(a.returnCi95[0]).toBeLessThan(a.returnMean);
    expect(a.scoreCi95?.[1]).toBeCloseTo(a.returnCi95[1] / 20, 9);
  });

  it('measures a decision as its share of a call, and simulations by that', async () => {
    const [actor, search] = await collect(matrix({ settings: simulations(4) }).cells);
    expect(search.policyMs).toBeGreaterThan(3); // 10 ms over 3 lanes, where timers may be a little early
    expect(search.msPerDecision).toBeGreaterThan(3);
    expect(search.simulationsPerSecond).toBeCloseTo(4000 / search.policyMs, 6);
    expect(actor.simulationsPerSecond).toBeUndefined();
  });

  it('counts the worlds into one of the two times alone', async () => {
    const slow: Environment = {
      ...world as Environment,
      step(state, action, rng) {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
        return (world as Environment).step(state, action, rng);
      },
    };
    const [cell] = await collect(matrix({ environment: slow, policies: ['actor'] }).cells);
    expect(cell.msPerDecision).toBeGreaterThan(4.5);
    expect(cell.policyMs).toBeLessThan(cell.msPerDecision / 2);
  });

  it('has no score between two players', async () => {
    const environment: Environment = { ...world as Environment, toMove: () => 0 };
    const [cell] = await collect(matrix({ environment, policies: ['actor'] }).cells);
    expect([cell.score, cell.scoreCi95]).toEqual([undefined, undefined]);
  });

  it('stops at the next decision, after the cells that it has given, and disposes of all', async () => {
    const stop = new AbortController();
    const { cells, disposed } = matrix({ signal: stop.signal });
    const seen: string[] = [];
    await expect(async () => {
      for await (const { policy } of cells) {
        seen.push(policy);
        stop.abort();
      }
    }).rejects.toThrow(/abort/);
    expect(seen).toEqual(['actor']);
    expect(disposed).toEqual(['actor', 'search']);
  });
});

const cell: MatrixCell = {
  policy: 'actor', simulations: 0, episodes: 2, returnMean: -0.5, returnCi95: [-1, 0], lengthMean: 9, returns: [-1, 0],
  msPerDecision: 0.25, policyMs: 0.0625,
};
const search = (policy: string, simulations: number, returnMean: number): MatrixCell => ({
  ...cell, policy, simulations, returnMean, returnCi95: [returnMean - 0.5, returnMean + 0.25],
  policyMs: 1.5, simulationsPerSecond: 12_345,
});

describe('a matrix in words', () => {
  it('is a row a cell, with a column of scores where there are any', () => {
    const head = ['policy', 'simulations', 'return [95 %]', 'ms per decision', 'with worlds', 'simulations/s'];
    const row = ['actor', '0', '−0.50 [−1.00, 0.00]', '0.0625', '0.25', ''];
    expect(matrixRows([cell])).toEqual([head, row]);
    expect(matrixRows([{ ...cell, score: 0.0625 }, search('puct', 8, 0.5)])).toEqual([
      head.toSpliced(3, 0, 'score'),
      row.toSpliced(3, 0, '0.06'),
      ['puct', '8', '0.50 [0.00, 0.75]', '', '1.5', '0.25', '12,300'],
    ]);
  });

  it('is a line a cell while it runs', () => {
    expect(matrixLine(cell)).toBe('actor: −0.50 [−1.00, 0.00], 0.0625 ms per decision');
    expect(matrixLine(search('puct', 1, 0.5))).toBe(
      'puct, 1 simulation: 0.50 [0.00, 0.75], 1.5 ms per decision, 12,300 simulations/s',
    );
  });
});

describe('matrixPlot', () => {
  const head = { title: 'catch', lanes: 50, best: 1 };
  const cells = [cell, search('gumbel', 2, 0), search('gumbel', 8, 0.5), search('puct', 2, 0.25)];

  it('draws a line for each search, dots on it, and level ones for what does not search', () => {
    const level = { y: -0.5, lo: -1, hi: 0 };
    expect(matrixPlot(cells, { ...head, over: SIMULATIONS })).toMatchObject({
      title: 'catch',
      series: [
        { name: 'actor', points: [{ x: 0, ...level }, { x: 8, ...level }] },
        { name: 'gumbel', faint: true, points: [{ x: 2, y: 0 }] },
        { name: 'gumbel', faint: true, points: [{ x: 8, y: 0.5 }] },
        { name: 'gumbel', points: [{ x: 2, y: 0, lo: -0.5, hi: 0.25 }, { x: 8, y: 0.5, lo: 0, hi: 0.75 }] },
        { name: 'puct', faint: true, points: [{ x: 2, y: 0.25 }] },
        { name: 'puct', points: [{ x: 2, y: 0.25, lo: -0.25, hi: 0.5 }] },
      ],
      rules: [{ y: 1, label: 'best known' }],
    });
  });

  const planned = (horizon: number, terminal: string, returnMean: number): MatrixCell =>
    ({ ...cell, policy: 'cem', settings: { 'plan.horizon': String(horizon), 'plan.terminal': terminal }, returnMean });
  const plans = [cell, planned(5, 'none', 1), planned(5, 'critic', 2), planned(9, 'none', 3), planned(9, 'critic', 4)];

  it('draws return against any key, with a line for what else was set', () => {
    const plot = matrixPlot(plans, { ...head, over: 'plan.horizon' });
    const lines = 'series' in plot ? plot.series.filter(({ faint }) => !faint).map(({ name, points }) => [name, points.map(({ x, y }) => [x, y])]) : [];
    expect(lines).toEqual([
      ['actor', [[5, -0.5], [9, -0.5]]], ['cem, terminal none', [[5, 1], [9, 3]]], ['cem, terminal critic', [[5, 2], [9, 4]]],
    ]);
    expect(plot).toMatchObject({ xLabel: 'plan.horizon' });
    // A search that does not read it is level, once for each number of simulations.
    const searches = [...plans, search('gumbel', 4, 0), search('gumbel', 8, 0.5)];
    const both = matrixPlot(searches, { ...head, over: 'plan.horizon' });
    expect('series' in both && both.series.filter(({ faint }) => !faint).map(({ name }) => name)).toEqual([
      'actor', 'cem, terminal none', 'cem, terminal critic', 'gumbel, 4 simulations', 'gumbel, 8 simulations',
    ]);
    // What is no number has no place on an axis.
    expect(matrixPlot(plans, { ...head, over: 'plan.terminal' })).toMatchObject({
      rows: [{ name: 'actor, 0.0625 ms' }, { name: 'cem, horizon 5, terminal none, 0.0625 ms' }, {}, {}, {}],
    });
  });

  it('tells what was set in columns of the table', () => {
    expect(matrixRows(plans.slice(0, 2)).map((row) => row.slice(0, 4))).toEqual([
      ['policy', 'simulations', 'plan.horizon', 'plan.terminal'], ['actor', '0', '', ''], ['cem', '0', '5', 'none'],
    ]);
  });

  it('draws each cell in a row of its own where numbers were not asked for, or nothing searches', () => {
    const first = { name: 'actor, 0.0625 ms', value: -0.5, lo: -1, hi: 0, values: [-1, 0] };
    expect(matrixPlot([cell], { ...head, over: SIMULATIONS })).toMatchObject({ rows: [first] });
    expect(matrixPlot(cells, { ...head, best: undefined })).toMatchObject({
      title: 'catch; ms per decision, 50 at once',
      rows: [
        first, { name: 'gumbel, 2 simulations, 1.5 ms' }, { name: 'gumbel, 8 simulations, 1.5 ms' },
        { name: 'puct, 2 simulations, 1.5 ms' },
      ],
      rules: [],
    });
  });
});
