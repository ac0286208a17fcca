import { describe, expect, it } from 'vitest';
import { listStudies, loadMeasure, loadMeasures } from '../../eval/listing.ts';
import { studyMarkdown } from '../../eval/study-report.ts';
import { intervalsByArm, scatterOfRuns } from '../../eval/study-plots.ts';
import { planStudy, type StudyPlot } from '../../eval/study.ts';
import { summarize, type RunResult, type SweepRow } from '../../eval/sweep.ts';
import type { Arm } from '../../eval/sweep-grid.ts';
import { columnName, type NamedMeasure } from '../../eval/measure.ts';
import { plotIntervals, plotLines } from '../../src/viz/plot.ts';
import { plotScatter } from '../../src/viz/scatter.ts';

const studies = await listStudies();
const agentFor = () => undefined;

/** Rows as if every run had ended; `numbers` are those of each run by column. */
function rowsOf(
  arms: readonly Arm[],
  measures: readonly NamedMeasure[],
  numbers: (arm: number, seed: number) => Record<string, number>,
): SweepRow[] {
  return arms.map((arm, i) => {
    const results = arm.runs.map(({ seed }): RunResult => ({
      env: arm.worldName, directory: '', seed, steps: 200, updates: 53, trainedMs: 6000, returnMean: i + seed / 10, stopped: false,
    }));
    return summarize(arm, results, { random: -0.6, expert: 1 }, { measures, runs: results.map(({ seed }) => numbers(i, seed)) });
  });
}

const svgOf = (plot: StudyPlot): string => {
  if ('groups' in plot) return plotScatter(plot);
  return 'rows' in plot ? plotIntervals(plot) : plotLines(plot);
};

describe.each(studies.map(({ name, study }) => [name, study] as const))('the study %s', (name, study) => {
  it('asks a question, describes itself, and measures what there is', async () => {
    expect(study.question).toMatch(/^[A-Z].{10,118}\?$/);
    expect(study.description.length).toBeGreaterThan(100);
    await Promise.all(study.measures.map(loadMeasure));
  });

  it('has arms that can be run, in a debug form as well', async () => {
    const { arms } = await planStudy(study, {}, agentFor);
    const debug = await planStudy(study, { presets: 'debug', seeds: '0', steps: '200' }, agentFor);
    expect(arms.length).toBeGreaterThan(1);
    expect(debug.arms).toHaveLength(arms.length);
    for (const { runs } of debug.arms) {
      expect(runs.map(({ config: { preset, train } }) => [preset, train.steps])).toEqual([['debug', 200]]);
    }
  });

  it('has pictures, whatever was measured', async () => {
    const { arms } = await planStudy(study, {}, agentFor);
    const measures = await loadMeasures(study.measures);
    const full = measures.flatMap(({ name: each, measure }) =>
      Object.keys(measure.quantities).map((quantity) => columnName(each, quantity)));
    const rows = rowsOf(arms, measures, (arm, seed) => Object.fromEntries(full.map((key) => [key, arm + seed])));
    const bare = rowsOf(arms, measures, () => ({}));
    for (const some of [rows, rows.slice(0, 1), bare]) {
      const pictures = Object.entries(study.picture(some));
      expect(pictures.length, name).toBeGreaterThan(0);
      for (const [file, plot] of pictures) {
        expect(file).toMatch(/^[a-z][a-z\d-]*$/);
        expect(svgOf(plot)).toContain('<svg');
      }
    }
  });
});

describe('a study', () => {
  const grid = { worlds: ['catch'], agents: ['dreamer'], seeds: '0-2', steps: 900, set: ['train.threads=1'] };

  it('plans what its grids say, an arm of two grids once, and takes other seeds, steps and settings', async () => {
    const grids = [{ ...grid, vary: ['model.decoder=probe'] }, { ...grid, vary: ['model.decoder=none'] }];
    const { arms } = await planStudy({ arms: grids, measures: ['return'] }, {}, agentFor);
    expect(arms.map(({ change }) => change)).toEqual([undefined, 'model.decoder=probe', 'model.decoder=none']);
    expect(arms[0].runs.map(({ config: { seed, train: { steps, threads } } }) => [seed, steps, threads]))
      .toEqual([[0, 900, 1], [1, 900, 1], [2, 900, 1]]);
    expect(arms[1].sweepArgs.join(' ')).toBe(
      'sweep catch --agents dreamer --seeds 0-2 --steps 900 --set train.threads=1 --vary model.decoder=probe --measures return',
    );
    const asked = { seeds: '7', steps: '50', set: ['train.evalEpisodes=2'] };
    const { arms: [other] } = await planStudy({ arms: grids, measures: [] }, asked, agentFor);
    expect(other.runs.map(({ config: { seed, train: { steps, threads, evalEpisodes } } }) => [seed, steps, threads, evalEpisodes]))
      .toEqual([[7, 50, 1, 2]]);
  });

  it('refuses two different runs of one folder', async () => {
    const grids = [grid, { ...grid, set: [] }];
    await expect(planStudy({ arms: grids, measures: [] }, {}, agentFor)).rejects.toThrow('would both go to catch-dreamer-default-seed0');
  });

  it('draws a point for every run that has both numbers, and an interval for every arm that has one', async () => {
    const { arms } = await planStudy({ arms: [{ ...grid, vary: ['model.decoder=none'] }], measures: [] }, {}, agentFor);
    const measures = await loadMeasures(['open-loop']);
    const rows = rowsOf(arms, measures, (arm, seed): Record<string, number> =>
      (arm === 1 || seed === 1 ? {} : { 'open-loop.mse': 0.1 * (seed + 1) }));
    const [mse, total] = [{ quantity: 'open-loop.mse', label: 'error' }, { quantity: 'return', label: 'return' }];
    const scatter = scatterOfRuns(rows, 'both', { x: mse, y: total });
    expect(scatter.groups.map(({ name, points }) => [name, points])).toEqual([
      ['default', [{ x: 0.1, y: 0 }, { x: expect.closeTo(0.3, 10) as number, y: 0.2 }]], ['decoder=none', []],
    ]);
    expect(scatter.rules).toEqual([{ y: -0.6, label: 'random' }, { y: 1, label: 'best known' }]);
    expect(intervalsByArm(rows, 'error', mse).rows.map(({ name, values }) => [name, values.length])).toEqual([['default', 2]]);
    const [first, second] = intervalsByArm(rows, 'return', total).rows;
    expect(first.value).toBeCloseTo(0.1, 10);
    expect(second.value).toBeCloseTo(1.1, 10);
    const svg = plotScatter(scatter);
    for (const text of ['both', 'default', 'best known', 'error, one point a run →', '↑ return']) expect(svg).toContain(text);
    expect(svg).not.toContain('decoder=none');
    expect(plotScatter({ ...scatter, groups: [] })).toContain('no data yet');
  });

  it('reports question, command, table, pictures, and what was measured', async () => {
    const [{ study }] = studies.filter(({ name }) => name === 'decoder');
    const measures = await loadMeasures(study.measures);
    const { arms } = await planStudy(study, {}, agentFor);
    const rows = rowsOf(arms.slice(0, 2), measures, () => ({ 'open-loop.mse': 0.01 }));
    const text = studyMarkdown({ study, measures, rows, ended: 6, of: 18, command: 'npx dreamtree study decoder' }, [
      { name: 'one', title: 'The first' },
    ]);
    expect(text.split('\n')[0]).toBe('# Does reconstruction shape what control needs?');
    for (const part of [
      study.description, '`npx dreamtree study decoder` · 6 of 18 runs have ended; the same command goes on', '| open-loop.mse ↓ |',
      '![The first](one.svg)', '- **sharpness**: ', '  - `open-loop.psnr`: dB; higher is better; ',
    ]) expect(text).toContain(part);
  });
});
