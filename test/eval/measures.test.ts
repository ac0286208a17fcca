import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { meansAlong, quantitiesAlong, ratiosAlong } from '../../eval/imagination.ts';
import { measuredColumns, takeMeasures, type Measure, type NamedMeasure } from '../../eval/measure.ts';
import { MEASURES_FILE, measuredOf, measureRun } from '../../eval/measure-run.ts';
import { laplacianVariance } from '../../eval/measures/sharpness.ts';
import { measureInWords } from '../../eval/statistics.ts';
import { planSweep } from '../../eval/sweep-grid.ts';
import { readmeTable, sweepTable } from '../../eval/sweep-table.ts';
import { summarize, type RunResult } from '../../eval/sweep.ts';
import { CHECKPOINT_FILE } from '../../src/data/checkpoint.ts';
import { float32 } from '../../src/nd-array.ts';
import { openAgent } from '../../src/open/open.ts';
import { createRng } from '../../src/random.ts';

const CATCH = fileURLToPath(new URL('../../checkpoints/catch.dream', import.meta.url));

/** Gives these values, and counts how often it is asked. */
function fixed(values: Record<string, number>, refusal?: string): NamedMeasure & { readonly asked: number[] } {
  const asked: number[] = [];
  const measure: Measure = {
    description: 'what it was told',
    quantities: { first: { unit: 'metres', range: [0, 9], better: 'lower' }, second: { unit: 'grams', range: [0, 9] } },
    refuses: () => refusal,
    async measure({ episodes }) {
      asked.push(episodes);
      return values;
    },
  };
  return { name: 'fixed', measure, asked };
}

describe('along an imagination', () => {
  it('numbers are means over all its steps, and over the dreams that get as far as the first, fifth and fifteenth', () => {
    const short = [1, 2];
    const long = [3, 0, 0, 0, 8];
    expect(meansAlong('mse', [short, long])).toEqual({ mse: 2, mse1: 2, mse5: 8 });
    expect(meansAlong('mse', [Array.from({ length: 15 }, (_, i) => i)])).toEqual({ mse: 7, mse1: 0, mse5: 4, mse15: 14 });
    expect(meansAlong('mse', [])).toEqual({});
  });

  it('ratios are those of means, not means of ratios, and none where there is nothing to divide by', () => {
    const dreams = [[{ part: 1, whole: 2 }], [{ part: 1, whole: 8 }, { part: 0, whole: 2 }]];
    expect(ratiosAlong('ratio', dreams)).toEqual({ ratio: 2 / 12, ratio1: 2 / 10 });
    expect(ratiosAlong('ratio', [[{ part: 1, whole: 0 }]])).toEqual({});
  });

  it('quantities are named as the numbers are', () => {
    const quantities = quantitiesAlong('mse', { unit: 'm²', range: [0, 1], source: 'a book' });
    expect(Object.keys(quantities)).toEqual(Object.keys(meansAlong('mse', [new Array(15).fill(1)])));
    expect(quantities.mse5).toEqual({ unit: 'm², at imagined step 5', range: [0, 1] });
  });
});

describe('sharpness', () => {
  const picture = (luma: readonly number[], size: number) => float32(luma.flatMap((value) => [value, value, value]), [1, size, size, 3]);

  it('is the variance of the Laplacian within the border', () => {
    // One bright pixel of a 4 × 4 picture: −4 there, 1 beside and below it, 0 across; mean −½, squares 18 / 4.
    const dot = new Array<number>(16).fill(0);
    dot[5] = 1;
    expect(laplacianVariance(picture(dot, 4), 0)).toBeCloseTo(4.25, 5);
  });

  it('is nothing where all is one colour, and on an even slope', () => {
    expect(laplacianVariance(picture(new Array<number>(25).fill(0.7), 5), 0)).toBeCloseTo(0, 10);
    expect(laplacianVariance(picture(Array.from({ length: 25 }, (_, i) => (i % 5) / 4), 5), 0)).toBeCloseTo(0, 10);
  });

  it('looks at the picture that is asked for, by its luma', () => {
    const green = Array.from({ length: 16 }, (_, i) => [0, i === 5 ? 1 : 0, 0]).flat();
    const two = float32([...new Array<number>(48).fill(0), ...green], [2, 4, 4, 3]);
    expect(laplacianVariance(two, 0)).toBe(0);
    expect(laplacianVariance(two, 1)).toBeCloseTo(4.25 * 0.587 ** 2, 5);
  });
});

describe('measures together', () => {
  it('leave out what is not finite, and refuse in their words', async () => {
    const setting = { opened: await openAgent(CATCH), episodes: 3, rng: createRng(0) };
    const one = fixed({ first: 1, second: NaN });
    const other = { ...fixed({}, 'needs wings'), name: 'other' };
    expect(await takeMeasures([one, other], setting)).toEqual({ fixed: { values: { first: 1 } }, other: { refused: 'needs wings' } });
    expect([one.asked, other.asked]).toEqual([[3], []]);
  });

  it('are columns with one value a seed, null where there is none', () => {
    const columns = measuredColumns([fixed({})], [{ 'fixed.first': 2 }, {}, { 'fixed.first': 4 }], createRng(0));
    expect(columns['fixed.first']).toMatchObject({ unit: 'metres', better: 'lower', headline: true, values: [2, null, 4], iqm: 3 });
    expect(columns['fixed.second']).toEqual({ unit: 'grams', headline: false, values: [null, null, null] });
  });

  it('are told with three digits', () => {
    expect([0, 12345.6, 12.345, -0.12345, 0.00012345].map(measureInWords)).toEqual(['0', '12346', '12.3', '−0.123', '1.23e-4']);
  });
});

describe('in a run folder', () => {
  let folder: string;
  let directory: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'measures-'));
    directory = path.join(folder, 'run');
    mkdirSync(directory);
    copyFileSync(CATCH, path.join(directory, CHECKPOINT_FILE));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = (): RunResult =>
    ({ env: 'catch', directory, seed: 3, steps: 7000, updates: 1218, trainedMs: 60_000, returnMean: 1, stopped: false });
  const plan = async () => planSweep({ worlds: ['catch'], seeds: '3', measures: 'fixed' });

  it('measures are taken once, and again where what they were taken with differs', async () => {
    const { arms: [{ runs: [{ config }] }] } = await plan();
    const one = fixed({ first: 5 });
    const announced: string[] = [];
    const take = (result: RunResult, episodes = 100) =>
      measureRun(result, { ...config, train: { ...config.train, evalEpisodes: episodes } }, [one], (names) => announced.push(...names));
    await take(run());
    await take(run());
    expect(one.asked).toEqual([100]);
    const kept = JSON.parse(readFileSync(path.join(directory, MEASURES_FILE), 'utf8')) as unknown;
    expect(kept).toEqual({ fixed: { settings: { episodes: 100, seed: 3, steps: 7000, updates: 1218 }, values: { first: 5 } } });
    expect(measuredOf(run(), config, [one])).toEqual({ 'fixed.first': 5 });

    expect(measuredOf({ ...run(), steps: 8000 }, config, [one])).toEqual({});
    await take({ ...run(), steps: 8000 });
    await take({ ...run(), steps: 8000 }, 20);
    writeFileSync(path.join(directory, MEASURES_FILE), '{"fixed": {"sett');
    await take({ ...run(), steps: 8000 }, 20);
    expect(one.asked).toEqual([100, 100, 20, 20]);
    expect(announced).toEqual(['fixed', 'fixed', 'fixed', 'fixed']);

    // What others took stays.
    const other = { ...fixed({}, 'needs wings'), name: 'other' };
    await measureRun(run(), config, [other]);
    expect(measuredOf(run(), config, [other])).toEqual({});
    expect(Object.keys(JSON.parse(readFileSync(path.join(directory, MEASURES_FILE), 'utf8')) as object)).toEqual(['fixed', 'other']);
  });

  it('become columns: all of them in table.md, the first of each in the short table', async () => {
    const { arms: [arm] } = await plan();
    const row = summarize(arm, [run()], undefined, { measures: [fixed({})], runs: [{ 'fixed.first': 0.5, 'fixed.second': 7 }] });
    expect(row.command).toBe('npx dreamtree sweep catch --seeds 3 --measures fixed');
    expect(sweepTable([row])).toContain('| fixed.first ↓ | fixed.second | minutes |');
    expect(sweepTable([row])).toContain('| 0.500 [0.500, 0.500] | 7.00 [7.00, 7.00] |');
    expect(readmeTable([row])).toContain('| fixed.first ↓ | seeds |');
    expect(readmeTable([row])).not.toContain('second');
    const bare = summarize(arm, [run()], undefined, { measures: [fixed({})], runs: [{}] });
    expect(readmeTable([bare])).toContain('| — | 1 |');
    expect(summarize(arm, [run()])).not.toHaveProperty('measures');
  });
});
