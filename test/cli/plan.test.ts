/** `dreamtree plan`, as it is called. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const BIN = fileURLToPath(new URL('../../src/cli/dreamtree.mjs', import.meta.url));
const SPAWN_TIMEOUT_MS = 300_000; // for a machine under load; each takes a few seconds
const agent = (name: string): string => fileURLToPath(new URL(`../../checkpoints/${name}.dream`, import.meta.url));

let folder: string;
beforeAll(() => void (folder = mkdtempSync(path.join(tmpdir(), 'dreamtree-plan-'))));
afterAll(() => rmSync(folder, { recursive: true }));

function plan(...args: string[]): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [BIN, 'plan', ...args], { cwd: folder }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }));
  });
}

describe('plan', { timeout: SPAWN_TIMEOUT_MS }, () => {
  test('balances the true pole, which falls after some 20 steps at random', async () => {
    const { stdout, code } = await plan('cartpole', '--policy', 'cem', '--set', 'env.timeLimit=120', '--episodes', '2', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ env: 'cartpole', policy: 'cem', horizon: 20, episodes: 2, returns: [120, 120] });
  });

  test('gives the same episodes again, and others for another seed', async () => {
    const args = ['pendulum', '--policy', 'icem', '--episodes', '1', '--set', 'env.timeLimit=5', '--json'];
    const returnsOf = async (...more: string[]) => (JSON.parse((await plan(...args, ...more)).stdout) as { returns: number[] }).returns;
    const first = await returnsOf();
    expect(await returnsOf()).toEqual(first);
    expect(await returnsOf('--seed', '1')).not.toEqual(first);
  });

  test('draws a decision of an agent, with what really comes of it', async () => {
    const out = path.join(folder, 'decision.png');
    const { stdout, stderr, code } = await plan(agent('catch'), '--policy', 'cem', '--horizon', '4', '--step', '2', '--set', 'cem.candidates=32', '--out', out, '--json');
    expect(code, stderr).toBe(0);
    const seen = JSON.parse(stdout) as { plans: { name: string; rewards: number[]; worth?: number }[]; step: number };
    expect(seen.step).toBe(2);
    expect(seen.plans.map(({ name }) => name)).toEqual(['chosen', 'best', 'median', 'worst']);
    const [, best, median, worst] = seen.plans.map(({ worth = NaN }) => worth);
    expect(best).toBeGreaterThanOrEqual(median);
    expect(median).toBeGreaterThanOrEqual(worst);
    for (const { rewards } of seen.plans) expect(rewards).toHaveLength(4);
    expect(existsSync(out)).toBe(true);
  });

  test.each(['svg', 'webp'])('draws it as .%s as well', async (ending) => {
    const out = path.join(folder, `sheet.${ending}`);
    const { stdout, stderr, code } = await plan(agent('catch'), '--policy', 'shooting', '--horizon', '3', '--set', 'shooting.candidates=16', '--out', out);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(new RegExp(`^imagined chosen .*; truly .*\n${out}\n$`));
    const bytes = readFileSync(out);
    if (ending === 'webp') expect(bytes.subarray(8, 12).toString()).toBe('WEBP');
    else for (const part of ['data:image/png;base64,', 'imagined return', 'upper quarter']) expect(bytes.toString()).toContain(part);
  });

  test.each<[string, string[], RegExp]>([
    ['a planner of other actions', ['cartpole', '--policy', 'icem'], /^error: policy 'icem' does not go with this world: icem plans continuous actions, and these are discrete\n$/],
    ['a picture of another kind', [agent('catch'), '--out', 'x.gif'], /^error: expected a picture's name to end in \.png, \.svg or \.webp, got \.gif in x\.gif\n$/],
    ['no planner', ['pendulum', '--policy', 'actor'], /^error: --policy: 'actor' does not plan sequences of actions; /],
    ['gradients of the true world', ['pendulum', '--policy', 'gradient'], /^error: --policy: 'gradient' climbs gradients, and the true world has none/],
    ['a horizon of 0', ['pendulum', '--horizon', '0'], /^error: --horizon: expected an integer ≥ 1, got '0'\n$/],
    ['more elites than candidates', ['pendulum', '--set', 'cem.candidates=8'], /^error: cem.elites: expected at most cem.candidates = 8, got 16\n$/],
    ['a game for two', ['tic-tac-toe', '--policy', 'cem'], /^error: tic-tac-toe: planners plan for one player, and here two act in turn\n$/],
    ['more sequences than can be listed', ['taxi', '--policy', 'lookahead', '--set', 'lookahead.depth=9'], /^error: lookahead.depth: 6 actions make 10077696 sequences of 9; expected at most 100000\n$/],
    ['a picture of a world', ['pendulum', '--out', 'x.png'], /^error: --out: 'pendulum' is a world, whose plans are played and not drawn/],
    ['more steps than there is memory for', [agent('pendulum'), '--policy', 'cem', '--set', 'cem.candidates=100000', 'plan.horizon=512'],
      /^error: cem: 100000 plans of 512 actions in 1 worlds at once are 51200000 steps to be imagined together, expected at most 4194304: /],
    ['a penalty where nothing is in doubt', ['pendulum', '--set', 'plan.penalty=1'],
      /^error: --set plan.penalty=1: the true world is in no doubt; of a run or a checkpoint, an ensemble is\n$/],
    ['a penalty on what nobody doubts', [agent('catch'), '--policy', 'cem', '--set', 'plan.penalty=1'],
      /^error: cem: plan.penalty asks where an ensemble disagrees, and this agent has none: train one with --set ensemble.members=5\n$/],
    ['an agent without a planner', [agent('catch'), '--policy', 'gumbel'], /^error: --policy: 'gumbel' does not plan sequences of actions\n$/],
  ])('refuses %s', async (_, args, message) => {
    const { stdout, stderr, code } = await plan(...args);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});
