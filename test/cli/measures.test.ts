/** Measures and studies by the real command: an agent measured, a study from training to its report, a sweep beside it. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Taken } from '../../eval/measure.ts';
import type { SweepRow } from '../../eval/sweep.ts';

const BIN = fileURLToPath(new URL('../../src/cli/dreamtree.mjs', import.meta.url));
const CATCH = fileURLToPath(new URL('../../checkpoints/catch.dream', import.meta.url));

const WORLD = `
  export default {
    name: 'walk', description: 'Walk to the right.', actions: { kind: 'discrete', n: 2 }, maxSteps: 8,
    reset: (rng) => ({ at: rng.int(3) }),
    step: ({ at }, action) => ({ state: { at: Math.max(0, at + (action === 1 ? 1 : -1)) }, reward: action, terminated: false }),
    draw(ctx, { at }, palette) { ctx.fillStyle = palette.agent; ctx.fillRect(at / 12, 0.4, 0.2, 0.2); },
  };
`;
const STUDY = `
  export default {
    question: 'Does it walk at all?', description: 'One agent, one world.',
    arms: [{ worlds: ['walk.mjs'], agents: ['dreamer'], seeds: '0-2', set: ['train.evalEpisodes=2'] }],
    measures: ['open-loop'],
    picture: (rows) => ({ seeds: {
      title: 'Returns', xLabel: 'seed', yLabel: 'return',
      series: rows.map(({ agent, seeds, returns }) => ({ name: agent, points: seeds.map((x, i) => ({ x, y: returns[i] })) })),
    } }),
  };
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'dreamtree-measures-'));
  writeFileSync(path.join(folder, 'walk.mjs'), WORLD);
  writeFileSync(path.join(folder, 'walking.mjs'), STUDY);
});
afterAll(() => rmSync(folder, { recursive: true }));

function dreamtree(...args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [BIN, ...args], { cwd: folder });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

describe('measures', { timeout: 300_000 }, () => {
  it('are told of an agent as a table and as JSON, with the return that eval tells without them', async () => {
    const [{ code, stdout, stderr }, measured, plain] = await Promise.all([
      dreamtree('eval', CATCH, '--episodes', '3', '--measures', 'return,open-loop'),
      dreamtree('eval', CATCH, '--episodes', '3', '--policy', 'random', '--json', '--measures', 'return'),
      dreamtree('eval', CATCH, '--episodes', '3', '--policy', 'random', '--json'),
    ]);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^catch, dreamer, 3 episodes, seed 0\n {2}return\.mean {2,}1\.00 {2,}reward of an episode \(higher is better\)\n/);
    expect(stdout).toMatch(/\n {2}open-loop\.psnr {2,}[\d.]+ {2,}dB \(higher is better\)\n/);
    expect(stdout).toMatch(/\n {2}open-loop\.mse15 {2,}— {2,}/); // no ball falls for so long
    const { measures, ...facts } = JSON.parse(measured.stdout) as { measures: Record<string, Taken> };
    const { returnMean, lengthMean, score } = JSON.parse(plain.stdout) as Record<string, number>;
    expect(facts).toEqual({ env: 'catch', agent: 'dreamer', episodes: 3, seed: 0 });
    expect(measures).toEqual({ return: { values: { mean: returnMean, score, length: lengthMean } } });
  });

  it('are listed with the studies, and those that there are not are named', async () => {
    const [{ stdout }, { code, stderr }] = await Promise.all([
      dreamtree('list'), dreamtree('eval', CATCH, '--measures', 'return,opn-loop'),
    ]);
    expect(stdout).toMatch(/\nMeasures\n( .*\n)* {2}open-loop +how far /);
    expect(stdout).toMatch(/\nStudies\n( .*\n)* {2}decoder +Does reconstruction .*\?\n/);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: unknown measure 'opn-loop'; did you mean 'open-loop'\? Known: .*\n$/);
  });
});

describe('a study', { timeout: 300_000 }, () => {
  const ASKED = ['--preset', 'debug', '--seeds', '4', '--steps', '48', '--set', 'train.threads=1'];
  const file = (...names: string[]): string => path.join(folder, 'runs', 'study-walking', ...names);
  const RUN = 'walk-dreamer-debug-seed4';

  it('is listed where none is named, and shows with --dry-run what it would train', async () => {
    const [{ stdout }, dry] = await Promise.all([dreamtree('study'), dreamtree('study', 'decoder', '--seeds', '0', '--dry-run')]);
    expect(stdout).toMatch(/^ {2}decoder +Does reconstruction shape what control needs\?$/m);
    expect(dry.code, dry.stderr).toBe(0);
    expect(dry.stdout.trim().split('\n')).toHaveLength(6);
    expect(dry.stdout).toContain('--set model.decoder=none --logdir runs/study-decoder/');
    expect(dry.stderr).toContain('6 of 6 runs are still to be run');
    expect(existsSync(path.join(folder, 'runs'))).toBe(false);
  });

  it('trains, measures and reports, and has nothing more to do then', async () => {
    const { code, stdout, stderr } = await dreamtree('study', './walking.mjs', ...ASKED);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(`measuring open-loop of ${RUN} …`);
    expect(stderr).toMatch(/1 of 1 runs have ended; begin with .*report\.md\n$/);
    expect(stdout).toContain('| open-loop.mse ↓ |');
    const report = readFileSync(file('report.md'), 'utf8');
    expect(report).toContain('# Does it walk at all?\n\nOne agent, one world.\n');
    expect(report).toContain(`\`npx dreamtree study ./walking.mjs ${ASKED.join(' ')}\` · 1 of 1 runs have ended\n`);
    for (const name of ['table.json', 'table.md', 'seeds.svg', 'seeds.png']) expect(existsSync(file(name)), name).toBe(true);
    const before = statSync(file(RUN, 'measures.json')).mtimeMs;
    const again = await dreamtree('study', './walking.mjs', ...ASKED);
    expect(again.code, again.stderr).toBe(0);
    expect(again.stderr).not.toMatch(/npx dreamtree train|measuring/);
    expect(statSync(file(RUN, 'measures.json')).mtimeMs).toBe(before);
  });

  it('leaves runs that a sweep can measure, too', async () => {
    const { code, stdout, stderr } = await dreamtree(
      'sweep', 'walk.mjs', '--agents', 'dreamer', '--presets', 'debug', '--seeds', '4', '--steps', '48', '--report',
      '--set', 'train.evalEpisodes=2', 'train.threads=1', '--measures', 'reward-error,open-loop', '--out', file(),
    );
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(`measuring reward-error of ${RUN} …`);
    expect(stdout).toContain('| reward-error.mae ↓ | open-loop.mse ↓ |');
    const [{ measures, command }] = JSON.parse(readFileSync(file('table.json'), 'utf8')) as SweepRow[];
    expect(command).toMatch(/ --measures reward-error,open-loop$/);
    expect(measures?.['open-loop.psnr']).toMatchObject({ unit: 'dB', better: 'higher', values: [expect.any(Number)] });
    expect(Object.keys(JSON.parse(readFileSync(file(RUN, 'measures.json'), 'utf8')) as object)).toEqual(['open-loop', 'reward-error']);
  });
});
