/** The matrix as it is called, on an agent that comes with the project. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MatrixCell } from '../../eval/matrix.ts';

const BIN = fileURLToPath(new URL('../../src/cli/dreamtree.mjs', import.meta.url));
const SPAWN_TIMEOUT_MS = 300_000; // for a machine under load; each takes a few seconds
const agent = (name: string): string => fileURLToPath(new URL(`../../checkpoints/${name}.dream`, import.meta.url));

let folder: string;
beforeAll(() => void (folder = mkdtempSync(path.join(tmpdir(), 'dreamtree-matrix-'))));
afterAll(() => rmSync(folder, { recursive: true }));

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const matrix = (args: readonly string[], interruptAfter?: number): Promise<Outcome> =>
  dreamtree(['matrix', ...args], interruptAfter);

/** After `interruptAfter` lines on stderr it gets a Ctrl-C. */
function dreamtree(args: readonly string[], interruptAfter = Infinity): Promise<Outcome> {
  const child = spawn(process.execPath, [BIN, ...args], { cwd: folder });
  let [stdout, stderr, interrupted] = ['', '', false];
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => {
    stderr += text.toString();
    if (interrupted || stderr.split('\n').length <= interruptAfter) return;
    interrupted = true;
    child.kill('SIGINT');
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

const cellsOf = ({ stdout }: Outcome): readonly MatrixCell[] =>
  (JSON.parse(stdout) as { cells: readonly MatrixCell[] }).cells;

describe('matrix', { timeout: SPAWN_TIMEOUT_MS }, () => {
  test('plays what fits, says why the rest does not, and draws it', async () => {
    const { code, stdout, stderr } = await matrix([agent('catch'), '--episodes', '2']);
    expect(code, stderr).toBe(0);
    const number = String.raw`[\d.,−]+`;
    const row = (policy: string, simulations: number) =>
      `  ${policy} +${simulations} +${number} \\[${number} ${number}\\] +${number} +${number} +${number}`;
    expect(stdout).toMatch(new RegExp([
      '^catch, dreamer, the same 2 episodes for every policy, seed 0',
      String.raw`  policy +simulations +return \[95 %\] +score +ms per decision +with worlds +simulations/s`,
      row('actor', 0), row('cem', 0), `${row('gumbel', 16)} +${number}`, row('lookahead', 0), `${row('puct', 16)} +${number}`,
      row('random', 0), row('shooting', 0), 'batch of 2: .*',
      ...['gradient', 'icem', 'mppi'].map((name) => `left out: ${name} plans continuous actions, and these are discrete`),
      'left out: sampled searches continuous actions, and these are discrete', 'left out: table looks pictures up, and this agent has no table', 'matrix\\.png\n$',
    ].join('\n')));
    const said = stderr.split('\n').filter((line) => !line.startsWith('evaluating')); // which a slow machine says
    expect(said.map((line) => line.split(':')[0])).toEqual([
      'actor', 'cem', 'gumbel, 16 simulations', 'lookahead', 'puct, 16 simulations', 'random', 'shooting', '',
    ]);
    expect(readFileSync(path.join(folder, 'matrix.svg'), 'utf8')).toContain('puct, 16 simulations, ');
    expect(existsSync(path.join(folder, 'matrix.png'))).toBe(true);
  });

  test('has a row for each number of simulations, 0 being the actor, and the episodes of eval', async () => {
    const played = [agent('pendulum'), '--episodes', '2', '--seed', '7', '--set', 'env.timeLimit=6', '--json'];
    const outcome = await matrix([
      ...played, '--policies', 'sampled,puct', '--simulations', '3,0,1', '--out', 'over.svg',
    ]);
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(JSON.parse(outcome.stdout)).toMatchObject({
      env: 'pendulum', agent: 'dreamer', episodes: 2, lanes: 2, seed: 7, file: 'over.svg',
      refused: { puct: 'puct searches discrete actions, and these are continuous' },
    });
    const cells = cellsOf(outcome);
    expect(cells.map(({ policy, simulations }) => [policy, simulations])).toEqual([
      ['actor', 0], ['sampled', 1], ['sampled', 3],
    ]);
    const evaluated = await dreamtree(['eval', ...played, '--policy', 'sampled', '--simulations', '3']);
    const { returns, returnCi95, lengthMean } = JSON.parse(evaluated.stdout) as MatrixCell;
    expect(cells[2]).toMatchObject({ returns, returnCi95, lengthMean });
    expect(lengthMean).toBe(6);
    expect(readFileSync(path.join(folder, 'over.svg'), 'utf8')).toContain('simulations for each decision');
  });

  test('has a row for all combinations of values of keys, for the policies that read them', async () => {
    const outcome = await matrix([
      agent('pendulum'), '--episodes', '2', '--set', 'env.timeLimit=4', '--policies', 'actor,icem', '--json', '--out', 'vary.png',
      '--vary', 'plan.horizon=2,3', 'plan.terminal=none,critic',
    ]);
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(cellsOf(outcome).map(({ policy, settings }) => [policy, ...Object.values(settings ?? {})])).toEqual([
      ['actor'], ['icem', '2', 'none'], ['icem', '2', 'critic'], ['icem', '3', 'none'], ['icem', '3', 'critic'],
    ]);
    const words = readFileSync(path.join(folder, 'vary.svg'), 'utf8');
    for (const word of ['plan.horizon', 'icem, terminal none', 'icem, terminal critic', 'actor']) expect(words).toContain(word);
  });

  test('ends on Ctrl-C with what has been played', async () => {
    const many = Array.from({ length: 40 }, (_, i) => i + 1).join(',');
    const outcome = await matrix([
      agent('catch'), '--policies', 'actor,gumbel,puct', '--episodes', '2', '--lanes', '1', '--simulations', many, '--json', '--out', 'cut.png',
    ], 2);
    expect(outcome.code, outcome.stderr).toBe(130);
    expect(outcome.stderr.endsWith('stopped: this is what has been played\n')).toBe(true);
    const cells = cellsOf(outcome);
    expect(cells.length).toBeGreaterThanOrEqual(2);
    expect(cells.length).toBeLessThan(40);
    expect(cells.length).toBe(outcome.stderr.split('\n').length - 2);
    expect(existsSync(path.join(folder, 'cut.png'))).toBe(true);
  });

  test.each([
    [['--policies', 'puct'], '--policies: none of them fits: puct searches discrete actions, and these are continuous'],
    [['--policies', 'actr'], /^error: unknown policy 'actr'; did you mean 'actor'\? Known: actor, .*\n$/],
    [['--simulations', '0'], "--simulations: 0 is the actor; expected more beside it, got '0'"],
    [['--simulations', '2,'], "--simulations: expected an integer ≥ 0, got ''"],
    [['--vary', 'plan.horizon'], "--vary: expected key=value,value,…, got 'plan.horizon'"],
    [['--policies', 'actor', '--vary', 'plan.horizon=1,2'], '--vary: plan.horizon is no option of actor; dreamtree list --keys tells whose it is'],
    [['--policies', 'actor,cem', '--vary', 'env.distract=none,film'], '--vary: env.distract is no option of actor, cem; dreamtree list --keys tells whose it is'],
    [['--policies', 'cem', '--vary', 'plan.horizon=5', 'plan.horizon=6'],
      '--vary: plan.horizon has values already; give them all at once, as plan.horizon=value,value,…'],
    [['--policies', 'cem', '--vary', 'plan.horizon=5,0'], /plan\.horizon.*≥ 1/],
    [['--out', 'matrix.gif'], "--out: expected an .svg or a .png, got 'matrix.gif'"],
  ])('%j is refused with one sentence', async (args, sentence) => {
    const { code, stdout, stderr } = await matrix([agent('pendulum'), ...args]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toEqual(typeof sentence === 'string' ? `error: ${sentence}\n` : expect.stringMatching(sentence));
  });
});
