import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { commandLine } from '../../src/command-line.ts';
import { parseChange, parseSeeds, planSweep } from '../../eval/sweep-grid.ts';
import { aggregateCurve, armNames, curvePlot, finalPlot } from '../../eval/sweep-plot.ts';
import { readmeTable, sweepTable } from '../../eval/sweep-table.ts';
import { readRun, summarize } from '../../eval/sweep.ts';
import type { RunResult } from '../../eval/sweep.ts';
import { configure } from '../../src/train/configure.ts';

describe('the grid', () => {
  it('takes seeds as ranges, as lists, and as both, each once', () => {
    expect(parseSeeds('0-2')).toEqual([0, 1, 2]);
    expect(parseSeeds(' 7, 1-2,2')).toEqual([7, 1, 2]);
    for (const text of ['', '-1', '1-', 'x', '1,,2', '2-1', '0-1000', '9999999999']) {
      expect(() => parseSeeds(text)).toThrow(/^--seeds: /);
    }
  });

  it('cuts a change at a plus that joins keys, and at no other', () => {
    expect(parseChange('behavior.entropy=0.03')).toEqual(['behavior.entropy=0.03']);
    expect(parseChange('replay.bytes=1e+5+model.stem=8')).toEqual(['replay.bytes=1e+5', 'model.stem=8']);
    expect(() => parseChange('model.stem')).toThrow("--vary: expected key=value, got 'model.stem'");
    expect(() => parseChange('=8')).toThrow("--vary: expected key=value, got '=8'");
  });

  it('has the default and each change alone in every world, with the same budget and seeds', async () => {
    const { arms, notes } = await planSweep({
      worlds: ['catch', 'cartpole'], seeds: '3,5', steps: '900', set: ['train.threads=1'],
      vary: ['behavior.entropy=0.5', 'behavior.entropy=0.5+model.stem=8'],
    });
    expect(notes).toEqual([]);
    expect(arms.map(({ worldName, change }) => [worldName, change])).toEqual([
      ['catch', undefined], ['catch', 'behavior.entropy=0.5'], ['catch', 'behavior.entropy=0.5+model.stem=8'],
      ['cartpole', undefined], ['cartpole', 'behavior.entropy=0.5'], ['cartpole', 'behavior.entropy=0.5+model.stem=8'],
    ]);
    const [{ runs: [first] }, , { runs, sweepArgs }] = arms;
    const train = { steps: 900, threads: 1 };
    expect(first.config).toMatchObject({ seed: 3, train, model: { stem: 4 }, behavior: { entropy: 0.03 } });
    expect(runs.map(({ config }) => config.seed)).toEqual([3, 5]);
    expect(runs[1].config).toMatchObject({ train, model: { stem: 8 }, behavior: { entropy: 0.5 } });
    expect(runs[1].folder).toBe('catch-dreamer-default-behavior.entropy=0.5+model.stem=8-seed5');
    expect(commandLine(runs[1].trainArgs)).toBe(
      'npx dreamtree train catch --seed 5 --steps 900 --set train.threads=1 behavior.entropy=0.5 model.stem=8',
    );
    expect(commandLine(sweepArgs)).toBe(
      'npx dreamtree sweep catch --seeds 3,5 --steps 900 --set train.threads=1 ' +
        '--vary behavior.entropy=0.5+model.stem=8',
    );
  });

  it('takes the agent that suits a world where none was asked for', async () => {
    const agentFor = (world: string) => (world === 'tic-tac-toe' ? 'gumbel-muzero' : undefined);
    const agentsOf = async (agents?: string) => {
      const request = { worlds: ['tic-tac-toe', 'catch'], seeds: '0', agentFor, ...(agents ? { agents } : {}) };
      const { arms } = await planSweep(request);
      return arms.map(({ runs: [{ config }] }) => config.agent);
    };
    expect(await agentsOf()).toEqual(['gumbel-muzero', 'dreamer']);
    expect(await agentsOf('muzero')).toEqual(['muzero', 'muzero']);
  });

  it('names agents and presets only where they were asked for', async () => {
    const asked = { agents: 'dreamer', presets: 'tiny, debug', minutes: '2' };
    const { arms } = await planSweep({ worlds: ['catch'], seeds: '0', ...asked });
    const folders = arms.map(({ runs }) => runs[0].folder);
    expect(folders).toEqual(['catch-dreamer-tiny-seed0', 'catch-dreamer-debug-seed0']);
    expect(commandLine(arms[1].runs[0].trainArgs)).toBe(
      'npx dreamtree train catch --agent dreamer --preset debug --seed 0 --minutes 2',
    );
    expect(arms[1].runs[0].config.train).toMatchObject({ minutes: 2, steps: 200 });
  });

  it('leaves out a change that is none, world by world, and says so', async () => {
    const vary = ['behavior.entropy=0.03', 'behavior.entropy=3e-2'];
    const { arms, notes } = await planSweep({ worlds: ['catch', 'cartpole'], seeds: '0', vary });
    expect(arms.map(({ world, change = 'default' }) => `${world}: ${change}`)).toEqual([
      'catch: default', 'cartpole: default', 'cartpole: behavior.entropy=0.03',
    ]);
    expect(notes).toEqual([
      'catch: behavior.entropy=0.03 is what the default does there, and is left out',
      'catch: behavior.entropy=3e-2 is what the default does there, and is left out',
      'cartpole: behavior.entropy=3e-2 is what behavior.entropy=0.03 does there, and is left out',
    ]);
  });

  it('gives every run a folder of its own with a safe and short name', async () => {
    const long = 'behavior.entropy=0.5+optimizer.learningRate=0.001+train.logEvery=';
    const vary = [`${long}10`, `${long}20`, 'env.size= 64 # /../x'];
    const { arms } = await planSweep({ worlds: ['catch'], seeds: '0', vary });
    const [, one, other, spaced] = arms.map(({ runs }) => runs[0].folder);
    expect(one).toMatch(/^catch-dreamer-default-behavior.entropy=0.5\+optimizer.learningRate=0.00-[0-9a-f]{8}-seed0$/);
    expect(other).not.toBe(one);
    expect(spaced).toMatch(/^catch-dreamer-default-env\.size=_64_\.\._x-[0-9a-f]{8}-seed0$/);
    await expect(planSweep({ worlds: ['./a/my.ts', './b/my.ts'], seeds: '0' })).rejects.toThrow(
      'runs of ./a/my.ts and ./b/my.ts would both go to my-dreamer-default-seed0',
    );
  });

  it.each([
    [{ vary: ['behavior.entrpy=1'] }, /unknown key 'behavior\.entrpy'; did you mean 'behavior\.entropy'/],
    [{ set: ['model.stem=big'] }, /model\.stem: expected an integer ≥ 1 and ≤ 256, got "big"/],
    [{ steps: 'many' }, /train\.steps: expected an integer ≥ 1 and ≤ 1e12, got "many"/],
    [{ presets: 'tiny,huge' }, /unknown preset 'huge'/],
    [{ agents: 'driemer' }, /unknown agent 'driemer'; did you mean 'dreamer'/],
    [{ vary: ['search.depth=2'] }, /search\.depth is read by dreamer-mcts, .*, not by dreamer$/],
    [{ agents: ' , ' }, /--agents: expected names separated by commas/],
    [{ set: ['seed=1'] }, /'seed' is not for --set or --vary in a sweep/],
    [{ vary: ['model.stem=8+seed=1'] }, /'seed' is not for --set or --vary in a sweep/],
  ])('refuses what no run could be made with: %j', async (part, message) => {
    await expect(planSweep({ worlds: ['catch'], seeds: '0', ...part })).rejects.toThrow(message);
  });

  it('quotes what a shell would take apart', () => {
    expect(commandLine(['train', 'my world.ts', '--set', "a=[1, 'x']"])).toBe(
      String.raw`npx dreamtree train 'my world.ts' --set 'a=[1, '\''x'\'']'`,
    );
  });
});

const { arms: [plain, varied] } = await planSweep({ worlds: ['catch'], seeds: '0-4', steps: '2000', vary: ['model.stem=8'] });
const result = (seed: number, returnMean: number, more: Partial<RunResult> = {}): RunResult => ({
  env: 'catch', directory: `run${seed}`, seed, returnMean, steps: 2000, updates: 1200, trainedMs: 60_000,
  stopped: false, ...more,
});

describe('a row', () => {
  it('has the interquartile mean, its score between random and best, and means of what it cost', () => {
    // Five seeds: one is cut at either end, and (0 + 0.2 + 0.4) / 3 = 0.2 is left; (0.2 + 0.6) / (1 + 0.6) = 0.5.
    const results = [-1, 0.4, 0, 0.2, 1].map((value, seed) => result(seed, value, { trainedMs: 30_000 * (seed + 1) }));
    const row = summarize(varied, [...results.slice(0, 4), { ...results[4], steps: 1000, updates: 603, stopped: true }],
      { random: -0.6, expert: 1 });
    expect(row).toMatchObject({
      env: 'catch', size: 32, agent: 'dreamer', preset: 'tiny', change: 'model.stem=8', seeds: [0, 1, 2, 3, 4],
      returns: [-1, 0.4, 0, 0.2, 1], minutes: 1.5, steps: 1800, updates: 1081, stoppedSeeds: [4],
      command: 'npx dreamtree sweep catch --seeds 0-4 --steps 2000 --vary model.stem=8',
      trainCommand: 'npx dreamtree train catch --seed 0 --steps 2000 --set model.stem=8',
    });
    expect(row.iqm).toBeCloseTo(0.2, 10);
    expect(row.score).toBeCloseTo(0.5, 10);
    const [low, high] = row.ci95;
    expect(low).toBeGreaterThanOrEqual(-1);
    expect(low).toBeLessThan(0.2);
    expect(high).toBeGreaterThan(0.2);
    expect(high).toBeLessThanOrEqual(1);
  });

  it('has an interval of no width where all seeds agree, and no score without a reference that tells apart', () => {
    const results = [0, 1, 2].map((seed) => result(seed, 7));
    const row = summarize(plain, results);
    expect([row.iqm, row.ci95]).toEqual([7, [7, 7]]);
    expect(row).not.toHaveProperty('score');
    expect(row).not.toHaveProperty('change');
    expect(summarize(plain, results, { random: 1, expert: 1 })).not.toHaveProperty('score');
  });
});

describe('the tables', () => {
  const reference = { random: -0.6, expert: 1 };
  const slow = [result(0, -0.5, { steps: 1000, stopped: true }), result(1, -0.5, { trainedMs: 1_740_000 })];
  const rows = [summarize(plain, [result(0, 1), result(1, 1)], reference), summarize(varied, slow, reference)];

  it('are Markdown with every column', () => {
    expect(sweepTable(rows)).toBe([
      '| world | agent | preset | change | return: IQM [95 %] | by seed | normalised score | minutes | steps ' +
        '| updates | command |',
      '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
      '| catch | dreamer | tiny | — | 1.00 [1.00, 1.00] | 0: 1.00 · 1: 1.00 | 1.00 | 1.0 | 2,000 | 1,200 ' +
        '| `npx dreamtree sweep catch --seeds 0-4 --steps 2000`<br>' +
        'first seed: `npx dreamtree train catch --seed 0 --steps 2000` |',
      '| catch | dreamer | tiny | `model.stem=8` | −0.50 [−0.50, −0.50] | 0: −0.50 · 1: −0.50 | 0.06 | 15.0 ' +
        '| 1,500 (seed 0 stopped by --minutes) | 1,200 ' +
        '| `npx dreamtree sweep catch --seeds 0-4 --steps 2000 --vary model.stem=8`<br>' +
        'first seed: `npx dreamtree train catch --seed 0 --steps 2000 --set model.stem=8` |',
    ].join('\n'));
  });

  it('are short for a README: no column that says nothing', () => {
    expect(readmeTable([rows[0]])).toBe([
      '| world | random | return: IQM [95 %] | best known | normalised score | seeds | trained for | steps, updates ' +
        '| command |',
      '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
      '| catch, 32×32 | −0.60 | 1.00 [1.00, 1.00] | 1.00 | 1.00 | 2 | 60 s | 2,000, 1,200 ' +
        '| `npx dreamtree sweep catch --seeds 0-4 --steps 2000` |',
    ].join('\n'));
    const [head, , , second] = readmeTable([rows[0], { ...rows[1], preset: 'a|b', stoppedSeeds: [0, 1] }]).split('\n');
    expect(head).toMatch(/^\| world \| preset \| change \| random \| return/);
    expect(second).toContain(String.raw`| a\|b | ` + '`model.stem=8` | −0.60 |');
    expect(second).toContain('| 2 | 15 min | 1,500 (stopped by --minutes), 1,200 |');
    expect(readmeTable([{ ...rows[0], reference: undefined }])).not.toContain('random');
  });

  it('show three digits, and no sign before a zero', () => {
    const table = sweepTable([{ ...rows[0], iqm: -1228.4, ci95: [-0.001, 12.34], returns: [99.96, 123.4] }]);
    expect(table).toContain('| −1228 [0.00, 12.3] | 0: 100.0 · 1: 123 |');
  });
});

describe('plots', () => {
  it('aggregate where every curve has begun and none has ended, between their points on straight lines', () => {
    const one = [{ x: 0, y: 0 }, { x: 100, y: 10 }, { x: 200, y: 30 }];
    const other = [{ x: 50, y: 1 }, { x: 300, y: 1 }];
    // At 50, 125 and 200 the first is 5, 15 and 30 high; the mean with 1 is 3, 8 and 15.5.
    const points = aggregateCurve([one, [], other], 3);
    expect(points.map(({ x, y }) => [x, y])).toEqual([[50, 3], [125, 8], [200, 15.5]]);
    expect(points.map(({ lo, hi }) => [lo, hi])).toEqual([[1, 5], [1, 15], [1, 30]]);
  });

  it('aggregate one curve to itself without a band, equal ones to a band of no width, and nothing to nothing', () => {
    const curve = [{ x: 0, y: 4 }, { x: 10, y: 4 }];
    expect(aggregateCurve([curve], 2)).toEqual(curve);
    expect(aggregateCurve([curve, curve, curve], 2)).toEqual(curve.map((point) => ({ ...point, lo: 4, hi: 4 })));
    expect(aggregateCurve([[{ x: 5, y: 1 }], [{ x: 5, y: 2 }]])).toMatchObject([{ x: 5, y: 1.5 }]);
    expect(aggregateCurve([curve, [{ x: 11, y: 0 }]])).toEqual([]);
    expect(aggregateCurve([[]])).toEqual([]);
    expect(aggregateCurve([])).toEqual([]);
  });

  it('name arms by what differs, briefly as long as that tells them apart', () => {
    const row = { agent: 'dreamer', preset: 'tiny' };
    expect(armNames([row])).toEqual(['dreamer, tiny']);
    expect(armNames([row, { ...row, change: 'behavior.entropy=1+model.stem=8' }]))
      .toEqual(['default', 'entropy=1, stem=8']);
    expect(armNames([{ ...row, change: 'model.units=8' }, { ...row, change: 'behavior.units=8' }]))
      .toEqual(['model.units=8', 'behavior.units=8']);
    expect(armNames([row, { ...row, preset: 'small', change: `env.size=${'9'.repeat(40)}` }]))
      .toEqual(['tiny, default', `small, size=${'9'.repeat(23)}…`]);
  });
});

describe('run folders', async () => {
  let folder: string;
  beforeAll(() => void (folder = mkdtempSync(path.join(tmpdir(), 'sweep-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  const overrides = ['seed=4', 'train.minutes=2'];
  const { config } = await configure({ world: 'catch', preset: 'debug', overrides });
  const write = (made: object, facts: object | string): string => {
    const directory = mkdtempSync(path.join(folder, 'run-'));
    writeFileSync(path.join(directory, 'config.yaml'), stringify(made));
    writeFileSync(path.join(directory, 'result.json'), typeof facts === 'string' ? facts : JSON.stringify(facts));
    return directory;
  };
  const facts = { env: 'catch', steps: 200, updates: 60, trainedMs: 5000, returnMean: 0.5, episodes: 4 };

  it('have ended when their steps are taken, or their minutes are over', async () => {
    const done = write(config, facts);
    expect(await readRun(done, config)).toEqual({
      directory: done, env: 'catch', seed: 4, steps: 200, updates: 60, trainedMs: 5000, returnMean: 0.5, stopped: false,
    });
    const cut = { ...facts, steps: 192, trainedMs: 120_000 };
    expect(await readRun(write(config, cut), config)).toMatchObject({ steps: 192, stopped: true });
    expect(await readRun(write(config, { ...cut, trainedMs: 119_999 }), config)).toBeUndefined();
  });

  it('count as an older version left them, with the keys of all agents', async () => {
    const { policy: _, ...known } = config;
    const older = { ...known, search: { policy: 'auto', depth: 0 }, replay: { ...config.replay, priority: 0 } };
    expect(await readRun(write(older, facts), config)).toMatchObject({ seed: 4 });
    const otherwise = { ...older, search: { policy: 'gumbel', depth: 0 } };
    expect(await readRun(write(otherwise, facts), config)).toBeUndefined();
  });

  it('count only with the settings that are asked for', async () => {
    const done = write(config, facts);
    for (const change of ['model.stem=2', 'train.steps=300', 'seed=5', 'train.minutes=0']) {
      const { config: other } = await configure({ base: config, overrides: [change] });
      expect(await readRun(done, other), change).toBeUndefined();
    }
  });

  it('have no result where a file is missing, torn or of another kind', async () => {
    expect(await readRun(path.join(folder, 'absent'), config)).toBeUndefined();
    expect(await readRun(write(config, '{"env":"catch","steps":2'), config)).toBeUndefined();
    expect(await readRun(write(config, { ...facts, returnMean: null }), config)).toBeUndefined();
    expect(await readRun(write({ preset: 'debug' }, facts), config)).toBeUndefined();
  });

  it('become plots: every run faint, an arm on top, random and best known as rules', () => {
    const rows = (values: readonly (number | string | undefined)[]): string =>
      values.map((value, i) => JSON.stringify({ step: 40 * i, update: i, 'episode/return': value })).join('\n');
    const results = [[undefined, -1, 1], [undefined, 0, 'NaN', 0]].map((values, seed) => {
      const directory = path.join(folder, `curve${seed}`);
      mkdirSync(directory);
      writeFileSync(path.join(directory, 'metrics.jsonl'), rows(values));
      return result(seed, seed, { directory });
    });
    const row = summarize(plain, results, { random: -0.6, expert: 1 });
    const { title, series, rules } = curvePlot([{ row, results }]);
    expect(title).toBe('catch: return of training episodes');
    expect(series.map(({ faint = false }) => faint)).toEqual([true, true, false]);
    expect(series[2].name).toBe('dreamer, tiny');
    expect(series[0].points).toEqual([{ x: 40, y: -1 }, { x: 80, y: 1 }]);
    expect(series[1].points).toEqual([{ x: 40, y: 0 }, { x: 120, y: 0 }]);
    expect(series[2].points[0]).toEqual({ x: 40, y: -0.5, lo: -1, hi: 0 });
    expect(series[2].points.at(-1)).toEqual({ x: 80, y: 0.5, lo: 0, hi: 1 });
    expect(rules).toEqual([{ y: -0.6, label: 'random' }, { y: 1, label: 'best known' }]);
    expect(finalPlot([{ row, results }]).rows).toEqual([
      { name: 'dreamer, tiny', value: 0.5, lo: 0, hi: 1, values: [0, 1] },
    ]);
  });
});
