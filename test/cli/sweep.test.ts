/** A sweep by the real command: what would be run, a run that fails, Ctrl-C, and going on. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SweepRow } from '../../eval/sweep.ts';

const BIN = fileURLToPath(new URL('../../src/cli/dreamtree.mjs', import.meta.url));

/** Walks to the right. Fails where the file `broken` lies. */
const WORLD = `
  import { existsSync } from 'node:fs';
  export default {
    name: 'walk', description: 'Walk to the right.', actions: { kind: 'discrete', n: 2 }, maxSteps: 8,
    reference: { random: 0, expert: 1 },
    reset(rng) {
      if (existsSync('broken')) throw new Error('the floor is wet');
      return { at: rng.int(3) };
    },
    step({ at }, action) {
      const next = Math.max(0, at + (action === 1 ? 1 : -1));
      return { state: { at: next }, reward: next === 4 ? 1 : 0, terminated: next === 4 };
    },
    draw(ctx, { at }, palette) { ctx.fillStyle = palette.agent; ctx.fillRect(at / 12, 0.4, 0.2, 0.2); },
  };
`;

const SWEEP = [
  'sweep', 'walk.mjs', '--presets', 'debug', '--seeds', '3', '--steps', '48', '--out', 'out',
  '--set', 'train.evalEpisodes=2', 'train.threads=1', '--vary', 'behavior.entropy=0.01',
];
const DEFAULT_RUN = 'walk-dreamer-debug-seed3';
const VARIED_RUN = 'walk-dreamer-debug-behavior.entropy=0.01-seed3';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'dreamtree-sweep-'));
  writeFileSync(path.join(folder, 'walk.mjs'), WORLD);
});
afterAll(() => rmSync(folder, { recursive: true }));

const file = (...names: string[]): string => path.join(folder, 'out', ...names);

/** The command in a process group of its own, as a shell starts it; `watch` sees what it says and may interrupt it. */
function dreamtree(args: readonly string[], watch?: (stderr: string, interrupt: () => void) => void) {
  const child = spawn(process.execPath, [BIN, ...args], { cwd: folder, detached: true });
  let [stdout, stderr, interrupted] = ['', '', false];
  const interrupt = () => {
    if (!interrupted && child.pid !== undefined) process.kill(-child.pid, 'SIGINT'); // Ctrl-C goes to the whole group
    interrupted = true;
  };
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => {
    stderr += text.toString();
    watch?.(stderr, interrupt);
  });
  return new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

describe('a sweep', { timeout: 600_000 }, () => {
  it('shows with --dry-run what it would run, and leaves nothing', async () => {
    const { status, stdout, stderr } = await dreamtree([...SWEEP, '--dry-run']);
    expect(status, stderr).toBe(0);
    const train = 'npx dreamtree train walk.mjs --preset debug --seed 3 --steps 48 --set train.evalEpisodes=2';
    expect(stdout).toBe([
      `${train} train.threads=1 --logdir out/${DEFAULT_RUN}`,
      `${train} train.threads=1 behavior.entropy=0.01 --logdir out/${VARIED_RUN}`,
      '',
    ].join('\n'));
    expect(readdirSync(folder)).toEqual(['walk.mjs']);
  });

  it('stops on Ctrl-C, with the runs that have ended in its table', async () => {
    const { status, stderr } = await dreamtree(SWEEP, (said, interrupt) => {
      // Not before the run itself speaks: until then there is only the sweep to hear it.
      if (said.includes('walk · dreamer', said.indexOf('[2/2]') + 1) && said.includes('[2/2]')) interrupt();
    });
    expect(status, stderr).toBe(130);
    expect(stderr).toContain('stopped. The same sweep command continues here.');
    expect(stderr).not.toContain('failed');
    expect(existsSync(file(DEFAULT_RUN, 'result.json'))).toBe(true);
    expect(existsSync(file(VARIED_RUN, 'result.json'))).toBe(false);
    const rows = JSON.parse(readFileSync(file('table.json'), 'utf8')) as SweepRow[];
    expect(rows).toMatchObject([{ env: 'walk', preset: 'debug', seeds: [3], steps: 48 }]);
  });

  it('names the run that failed, and leaves alone what has ended', async () => {
    const before = statSync(file(DEFAULT_RUN, 'result.json')).mtimeMs;
    writeFileSync(path.join(folder, 'broken'), '');
    const { status, stdout, stderr } = await dreamtree(SWEEP);
    expect(status, stderr).toBe(1);
    expect(stderr).toContain('[1/1] npx dreamtree train walk.mjs');
    expect(stderr).toContain('the floor is wet');
    expect(stderr).toContain(`${VARIED_RUN} failed: it exited with code 2\n`);
    expect(stderr).toMatch(/1 of 2 runs have ended; .*\n/);
    expect(stderr.endsWith(`failed: ${VARIED_RUN}. The same sweep command tries again.\n`)).toBe(true);
    expect(stdout).toMatch(/^\| world \| random \| return: IQM \[95 %\] \| .* \|\n\| --- .*\n\| walk, 16×16 \| .*\n$/);
    expect(statSync(file(DEFAULT_RUN, 'result.json')).mtimeMs).toBe(before);
  });

  it('tries again, and ends with table and plots', async () => {
    rmSync(path.join(folder, 'broken'));
    const { status, stdout, stderr } = await dreamtree(SWEEP);
    expect(status, stderr).toBe(0);
    expect(stderr).toContain('2 of 2 runs have ended');
    expect(stdout).toContain('| walk, 16×16 | `behavior.entropy=0.01` |');
    const rows = JSON.parse(readFileSync(file('table.json'), 'utf8')) as SweepRow[];
    expect(rows.map(({ change }) => change)).toEqual([undefined, 'behavior.entropy=0.01']);
    expect(rows[1]).toMatchObject({
      agent: 'dreamer', seeds: [3], steps: 48, stoppedSeeds: [], reference: { random: 0, expert: 1 },
      command: `npx dreamtree ${SWEEP.join(' ').replace(' --out out', '')}`,
    });
    expect(rows[1].score).toBe(rows[1].returns[0]); // between 0 and 1 a return is its own score
    expect(readFileSync(file('table.md'), 'utf8')).toContain('| walk | dreamer | debug | — |');
    const made = ['walk.svg', 'walk.png', 'walk-final.svg', 'walk-final.png'];
    expect(made.filter((name) => !existsSync(file(name)))).toEqual([]);
    expect(readFileSync(file('walk-final.svg'), 'utf8')).toContain('entropy=0.01');
  });

  it('writes its report anew without running anything', async () => {
    const table = readFileSync(file('table.md'), 'utf8');
    for (const name of ['table.md', 'table.json', 'walk.svg']) rmSync(file(name));
    const { status, stderr } = await dreamtree([...SWEEP, '--report']);
    expect(status, stderr).toBe(0);
    expect(stderr).not.toContain('npx dreamtree train');
    expect(readFileSync(file('table.md'), 'utf8')).toBe(table);
    expect(existsSync(file('walk.svg'))).toBe(true);
  });

  it.each([
    [['sweep', 'walk.mjs', '--vary', 'behavior.entrpy=1'], /unknown key 'behavior\.entrpy'; did you mean/],
    [['sweep', 'walk.mjs', 'ctach'], /unknown world 'ctach'; did you mean 'catch'/],
    [['sweep', 'walk.mjs', '--report', '--out', 'nowhere'], /no run in nowhere has ended with these settings/],
  ])('exits with 2 and one sentence before the first run: %j', async (args, message) => {
    const { status, stderr } = await dreamtree(args);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n').length).toBe(1);
    expect(status).toBe(2);
  });
});
