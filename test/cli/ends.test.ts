/** How training ends: asked to, twice, by a terminal that goes away, without anybody who reads. */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCheckpoint } from '../../src/data/checkpoint.ts';

const BIN = fileURLToPath(new URL('../../src/cli/dreamtree.mjs', import.meta.url));

let folder: string;
beforeAll(() => (folder = mkdtempSync(path.join(tmpdir(), 'dreamtree-ends-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (...names: string[]) => path.join(folder, ...names);
const rowsOf = (logdir: string): string[] =>
  (existsSync(file(logdir, 'metrics.jsonl')) ? readFileSync(file(logdir, 'metrics.jsonl'), 'utf8').trim().split('\n') : []);

/** Start a training, and wait until it has learned something. */
async function start(logdir: string, steps: number, { inShell = false } = {}) {
  const args = [BIN, 'train', 'catch', '--preset', 'debug', '--threads', '1', '--steps', String(steps), '--logdir', logdir, '--set', 'train.evalEpisodes=1'];
  // As npm does: a shell that waits for it.
  const child = inShell
    ? spawn('sh', ['-c', '"$@"; true', 'sh', process.execPath, ...args], { cwd: folder, env: { ...process.env, npm_command: 'exec' } })
    : spawn(process.execPath, args, { cwd: folder });
  let stderr = '';
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
  const closed = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  while (!rowsOf(logdir).some((row) => row.includes('loss/total')) && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 50));
  return { child, closed, said: () => stderr };
}

describe.skipIf(process.platform === 'win32')('a training that is asked to end', { timeout: 600_000 }, () => {
  it.each([['SIGTERM', 143], ['SIGHUP', 129]] as const)('by %s saves, and exits with %i', async (signal, code) => {
    const { child, closed, said } = await start(signal, 100_000);
    child.kill(signal);
    expect(await closed, said()).toBe(code);
    expect(said()).toContain(`saved. Go on with: npx dreamtree train catch`);
    const { counters } = await readCheckpoint(file(signal, 'checkpoint.dream'));
    expect(counters.step).toBeGreaterThanOrEqual(JSON.parse(rowsOf(signal).at(-1) ?? '{}').step as number);
    expect(existsSync(file(signal, 'run.lock'))).toBe(false);
  });

  it('by one Ctrl-C that comes twice, as through npm, saves as well', async () => {
    const { child, closed, said } = await start('twice', 100_000);
    child.kill('SIGINT');
    child.kill('SIGINT');
    expect(await closed, said()).toBe(130);
    expect(said()).toContain('saved. Go on with');
  });

  it('by npm, whose shell dies and passes nothing on, saves as well', async () => {
    const { child, closed, said } = await start('orphan', 100_000, { inShell: true });
    child.kill('SIGTERM');
    await closed; // not before the training has let go of stderr
    expect(said()).toContain('saved. Go on with');
    expect(existsSync(file('orphan', 'run.lock'))).toBe(false);
  });

  it('goes on where nobody reads what it says', async () => {
    const { child, closed } = await start('unread', 300);
    child.stderr.destroy();
    child.stdout.destroy();
    expect(await closed).toBe(0);
    expect((await readCheckpoint(file('unread', 'checkpoint.dream'))).counters.step).toBe(300);
    expect(existsSync(file('unread', 'index.html'))).toBe(true);
  });

  it('does not let a second one in', async () => {
    const { child, closed } = await start('one', 100_000);
    const second = await start('one', 100_000);
    expect(await second.closed).toBe(2);
    expect(second.said()).toMatch(new RegExp(`error: one is being written by process ${child.pid} on .*; wait for it, stop it, or give another --logdir`));
    child.kill('SIGKILL');
    await closed;
    const third = await start('one', 100_000);
    while (!third.said().includes('continuing at step') && third.child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 50));
    third.child.kill('SIGTERM');
    expect(await third.closed, third.said()).toBe(143);
  });
});

describe.skipIf(!existsSync('/dev/full'))('where stdout is a file on a full disk', { timeout: 120_000 }, () => {
  const said = (args: readonly string[]) => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [BIN, ...args], { cwd: folder, encoding: 'utf8', stdio: ['ignore', full, 'pipe'] });
    closeSync(full);
    return { status, stderr };
  };

  it('a command ends with a sentence', () => {
    const { status, stderr } = said(['list']);
    expect(stderr).toMatch(/^error: the file system says ENOSPC: no space left on device.*\n$/);
    expect(status).toBe(2);
  });

  it('training goes on', () => {
    const { status, stderr } = said(['train', 'catch', '--preset', 'debug', '--threads', '1', '--logdir', 'full', '--set', 'train.evalEpisodes=1']);
    expect(stderr.match(/stdout cannot be written \(ENOSPC.*\); training goes on\n/g)).toHaveLength(1);
    expect(status, stderr).toBe(0);
    expect(existsSync(file('full', 'result.json'))).toBe(true);
  });
});
