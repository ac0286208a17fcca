/** Python worlds that hang, die, or leave something behind: one sentence about it, and no process is left. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ExternalWorldError } from '../../../src/world/external.ts';
import { openLanes } from '../../../src/world/gym/lanes.ts';
import type { Lanes } from '../../../src/world/gym/lanes.ts';
import { hurryWorlds } from '../../../src/world/gym/process.ts';
import { hasPython, here } from './python.ts';

const NAME = `gym:${here('misbehaves.py')}`;
const DOINGS = [
  'wait', 'sleep', 'spin', 'hold', 'abort', 'leave', 'exit', 'die', 'flood', 'close_pipes', 'close_pipes_and_sleep',
  'outlive', 'outlive_and_sleep', 'fork', 'slow',
] as const;
type Doing = (typeof DOINGS)[number];

let folder = '';
let log = '';
let count = 0;
beforeAll(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'misbehaving-'))));
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  log = path.join(folder, `log${count++}`);
  await writeFile(log, '');
  vi.stubEnv('MISBEHAVES_LOG', log);
});
const open: Lanes[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(open.splice(0).map((lanes) => lanes.close()));
});

function isAlive(number: number): boolean {
  try {
    process.kill(number, 0);
  } catch {
    return false;
  }
  // One that has ended and was not asked for its end yet.
  return process.platform !== 'linux' || !/^State:\s+Z/m.test(statusOf(number));
}

function statusOf(number: number): string {
  try {
    return readFileSync(`/proc/${number}/status`, 'utf8');
  } catch {
    return 'State: Z';
  }
}

const processes = (): number[] => readFileSync(log, 'utf8').trim().split('\n').map(Number);

/** Wait until every process of the world has gone: a test that fails never ends, or by the runner's limit. */
async function allGone(expected: number): Promise<void> {
  expect(processes()).toHaveLength(expected);
  while (processes().some(isAlive)) await sleep(20);
}

async function begin(count = 1, worldTimeoutMs = 700): Promise<Lanes> {
  const lanes = await openLanes({ name: NAME, lanes: count, size: 1, greyscale: false, worldTimeoutMs });
  open.push(lanes);
  await lanes.reset(new Array<number>(count).fill(0));
  return lanes;
}

const move = (doing: Doing) => ({ actions: [DOINGS.indexOf(doing)], seed: null, cut: false });
const whereabouts = (lane: number): string => `lane ${lane + 1}, episode 2, action 3`;
const step = (lanes: Lanes, ...doings: Doing[]) => lanes.step(doings.map(move), whereabouts);

async function failure(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(() => undefined, (caught: unknown) => caught);
  expect(error).toBeInstanceOf(ExternalWorldError);
  return (error as ExternalWorldError).message.replace(`${here('')}`, '');
}

describe.skipIf(!hasPython || process.platform === 'win32')('a Python world that', () => {
  it.each([
    ['sleep', / \(it was in .*misbehaves\.py, line \d+\)/],
    ['spin', / \(it was in .*misbehaves\.py, line \d+\)/],
    ['outlive_and_sleep', / \(it was in .*misbehaves\.py, line \d+\)/],
  ] as const)('hangs (%s) is ended after its time, with what it was asked', async (doing, where) => {
    const lanes = await begin(2);
    const message = await failure(step(lanes, 'wait', doing));
    expect(message).toMatch(/misbehaves\.py, lane 2, episode 2, action 3: step\(\) did not return for 0\.7 s/);
    expect(message).toMatch(where);
    expect(message).toMatch(/\), so its process was ended; if it is only slow, raise env\.timeout$/);
    await allGone(doing === 'sleep' || doing === 'spin' ? 1 : 2);
    expect(await failure(step(lanes, 'wait', 'wait'))).toBe(message); // and not that it had ended before
  });

  it('hangs in C, where nothing can be said about it, is ended as well', async () => {
    const lanes = await begin(2);
    expect(await failure(step(lanes, 'wait', 'hold'))).toMatch(
      /lane 1, episode 2, action 3 or lane 2, episode 2, action 3: step\(\) did not return for 0\.7 s, so its process/,
    );
    await allGone(1);
    const many = await begin(6);
    expect(await failure(step(many, ...new Array<Doing>(6).fill('hold')))).toMatch(
      /misbehaves\.py, one of 6 lanes, the first of which is lane 1, episode 2, action 3: step\(\) did/,
    );
    await allGone(2);
  });

  it('hangs before it is a world is ended too', async () => {
    vi.stubEnv('MISBEHAVES', 'abort');
    expect(await failure(openLanes({ name: NAME, lanes: 1, size: 1, greyscale: false }))).toMatch(
      /misbehaves\.py: its Python process ended by SIGABRT when it was asked to open\n/,
    );
    vi.stubEnv('MISBEHAVES', 'sleep');
    const opening = failure(openLanes({ name: NAME, lanes: 1, size: 1, greyscale: false }));
    while (processes().length < 2) await sleep(20);
    hurryWorlds();
    expect(await opening).toMatch(/misbehaves\.py: make\(\) did not return for .* s, when this was to end \(it was in /);
    await allGone(2);
  });

  it('hangs is given up within seconds where the user wants to leave', async () => {
    const lanes = await begin(1, 1e8);
    const stepping = failure(step(lanes, 'sleep'));
    hurryWorlds();
    expect(await stepping).toMatch(/: step\(\) did not return for 3 s, when this was to end \(it was in /);
    await allGone(1);
  });

  it('is slow in every lane has its time in every lane', async () => {
    const lanes = await begin(3, 2500);
    const answers = await step(lanes, 'slow', 'slow', 'slow');
    expect(answers.map((answer) => answer?.reward)).toEqual([1, 1, 1]);
  });

  it.each([
    ['abort', /: its Python process ended by SIGABRT when it was asked to step\nFatal Python error: Aborted\n(?!.*server\.py)/s],
    ['leave', /: its Python process ended with code 0 when it was asked to step$/],
    ['die', /: its Python process ended by SIGTERM when it was asked to step$/],
    ['exit', /: its step\(\) ended the process, by sys\.exit\('enough'\): a world may not do that$/],
    ['close_pipes', /: its Python process (ended with code \d+|closed the pipe on which it answers) when it was asked to step/],
    ['close_pipes_and_sleep', /: its Python process closed the pipe on which it answers when it was asked to step$/],
  ] as const)('ends (%s) is an error in words', async (doing, message) => {
    const lanes = await begin();
    const said = await failure(step(lanes, doing));
    expect(said).toMatch(/misbehaves\.py, lane 1, episode 2, action 3/);
    expect(said).toMatch(message);
    await allGone(1);
  });

  it('ends and leaves a process behind, which has its pipes, is ended with that', async () => {
    const lanes = await begin();
    expect(await failure(step(lanes, 'outlive'))).toMatch(/ended with code 5 when it was asked to step$/);
    await allGone(2);
  });

  it('prints without end is not held up, and what is left of it is bounded', async () => {
    const lanes = await begin();
    const answer = await step(lanes, 'flood');
    expect(answer[0]?.reward).toBe(1);
    expect((await failure(step(lanes, 'leave'))).length).toBeLessThan(5000);
  });

  it('forks, and whose child comes back, is answered for once', async () => {
    const lanes = await begin(1, 60_000);
    for (let time = 0; time < 3; time++) expect((await step(lanes, 'fork'))[0]?.reward).toBe(1);
    expect((await step(lanes, 'wait'))[0]?.reward).toBe(1);
    await lanes.close();
    await allGone(4);
  });

  it.each(['sleep', 'hold', 'outlive_and_sleep', 'wait'] as const)('does not outlive one who is killed (%s)', async (doing) => {
    const script = [here('open-lanes.ts'), NAME, String(DOINGS.indexOf(doing))];
    const player = spawn(process.execPath, ['--import', 'tsx', ...script], { stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const chunk of player.stdout) if (String(chunk).includes('begun')) break;
    await sleep(300);
    player.kill('SIGKILL');
    await allGone(doing === 'outlive_and_sleep' ? 2 : 1);
  });
});
