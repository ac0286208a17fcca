/** The real command, spawned: what it prints where, and its exit codes. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import dreamer from '../../src/agents/dreamer.ts';
import { keysOf, schemaOf } from '../../src/config/index.ts';

const BIN = fileURLToPath(new URL('../../src/cli/dreamtree.mjs', import.meta.url));
const SPAWN_TIMEOUT_MS = 300_000; // for a machine under load; each takes about half a second

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'dreamtree-'))));
afterAll(() => rm(folder, { recursive: true }));

/** Run the command in a folder that knows nothing of dreamtree. */
function dreamtree(...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [BIN, ...args], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

describe('the frame', { timeout: SPAWN_TIMEOUT_MS }, () => {
  test('--help names every command', async () => {
    const { code, stdout, stderr } = await dreamtree('--help');
    expect([code, stderr]).toEqual([0, '']);
    for (const command of ['bench', 'check', 'doctor', 'list', 'verify-env']) expect(stdout).toContain(`  ${command}`);
  });

  test('a command has an example that can be pasted', async () => {
    const { code, stdout } = await dreamtree('check', '--help');
    expect(code).toBe(0);
    expect(stdout).toContain('Example:\n  dreamtree check catch\n');
  });

  test.each([
    [['lst'], "error: unknown command 'lst' (Did you mean list?)\n"],
    [['list', '--jsn'], "error: unknown option '--jsn' (Did you mean --json?)\n"],
    [['verify-env', 'cartpole'], "error: missing required argument 'recording'\n"],
    [['check', 'catch', '--size', 'big'], "error: --size: expected an integer ≥ 8, got 'big'\n"],
    [['list', '--keys', '--agent', 'dremer'], /^error: unknown agent 'dremer'; did you mean 'dreamer'\? .*\n$/],
    [['check', './absent.ts'], /^error: no such file: '\.\/absent\.ts' \(looked for .*\)\n$/],
  ])('%j is refused with one sentence', async (args, sentence) => {
    const { code, stdout, stderr } = await dreamtree(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toEqual(typeof sentence === 'string' ? sentence : expect.stringMatching(sentence));
  });
});

describe('list', { timeout: SPAWN_TIMEOUT_MS }, () => {
  test('--json has the worlds, agents, policies, presets and keys', async () => {
    const { code, stdout } = await dreamtree('list', '--json', '--keys');
    expect(code).toBe(0);
    const listing = JSON.parse(stdout) as Record<string, readonly Record<string, unknown>[]>;
    expect(listing.worlds.find(({ name }) => name === 'catch')).toMatchObject({
      actions: { kind: 'discrete', n: 3 },
      reference: { random: -0.6, expert: 1 },
    });
    expect(listing.agents.map(({ name }) => name)).toContain('gumbel-muzero');
    expect(listing.policies.map(({ name }) => name)).toEqual([
      'actor', 'cem', 'gradient', 'gumbel', 'icem', 'lookahead', 'mppi', 'puct', 'random', 'sampled', 'shooting', 'table',
    ]);
    expect(listing.presets.find(({ name }) => name === 'tiny')).toMatchObject({
      size: 32, batchSize: 8, sizes: { 'model.deter': 128, 'model.classes': 8, 'behavior.imaginationStarts': 32 },
    });
    const keyOf = (wanted: string) => listing.keys.find(({ key }) => key === wanted);
    expect(keyOf('seed')).toMatchObject({ default: 0, expected: expect.stringMatching(/^an integer/) });
    expect(keyOf('seed')).not.toHaveProperty('readBy');
    expect(keyOf('search.temperature')).toMatchObject({ default: 1, readBy: ['muzero', 'puct'] });
    expect(keyOf('behavior.entropy')?.readBy).toEqual(listing.agents.map(({ name }) => name).filter((name) => !['dqn', 'dyna', 'dyna-q', 'mbpo', 'pets', 'planet', 'sac'].includes(String(name)))); // which have no actor, or warm it otherwise
    const names = listing.keys.map(({ key }) => key);
    expect(new Set(names).size).toBe(names.length);
    expect(names).not.toContain('search.policy');
  });

  test('--agent has the keys and the sizes of one agent', async () => {
    const { code, stdout } = await dreamtree('list', '--json', '--keys', '--agent', 'muzero');
    expect(code).toBe(0);
    const listing = JSON.parse(stdout) as Record<string, readonly Record<string, unknown>[]>;
    const names = listing.keys.map(({ key }) => key);
    for (const key of ['seed', 'model.frames', 'search.temperature', 'search.reanalyse']) expect(names).toContain(key);
    for (const key of ['model.stoch', 'search.considered', 'behavior.lambda', 'behavior.greedy']) {
      expect(names).not.toContain(key);
    }
    expect(listing.presets.find(({ name }) => name === 'tiny')?.sizes).not.toHaveProperty('model.classes');
  });

  test('--keys --agent is a table of the keys alone, in a line each', async () => {
    const { code, stdout } = await dreamtree('list', '--keys', '--agent', 'dreamer');
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => line.trim().split(' ')[0])).toEqual(keysOf(schemaOf(dreamer)).map(({ key }) => key));
    expect(lines.find((line) => line.includes('model.unimix'))).toMatch(
      /^ +model\.unimix +0\.01 +a number ≥ 0 and ≤ 1 +Share of the uniform distribution .*\.$/,
    );
    expect(lines.find((line) => line.includes('model.deter'))).toMatch(/^ +model\.deter +\(preset\) +an integer ≥ 1 /);
  });
});

describe('check', { timeout: SPAWN_TIMEOUT_MS }, () => {
  /** A world outside of any package, in the words of a newcomer. */
  const world = (step: string): string => `
    import { createRng } from 'dreamtree';
    import type { Environment } from 'dreamtree';
    import { reward } from './rules.ts';
    const unused: number = createRng(0).uniform();
    const world: Environment<{ x: number }> = {
      name: 'walk', description: 'Walk to the right.', actions: { kind: 'discrete', n: 2 }, maxSteps: 10,
      reset: () => ({ x: 0 }),
      step: (state, action) => { ${step} },
      draw(ctx, state, palette) { ctx.fillStyle = palette.agent; ctx.fillRect(0, 0, (state.x + 1) / 11, 1); },
    };
    export default world;`;
  beforeAll(() => writeFile(path.join(folder, 'rules.ts'), 'export const reward: number = 1;'));

  test("a user's own file that keeps the contract", async () => {
    const step = 'return { state: { x: state.x + Number(action) }, reward, terminated: false };';
    await writeFile(path.join(folder, 'good.ts'), world(step));
    const { code, stdout, stderr } = await dreamtree('check', './good.ts');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/keeps the contract\n$/);
  });

  test('a file that breaks it', async () => {
    const step = 'state.x += Number(action); return { state, reward, terminated: false };';
    await writeFile(path.join(folder, 'broken.ts'), world(step));
    const { code, stdout } = await dreamtree('check', 'broken.ts', '--json');
    expect(code).toBe(1);
    const findings = JSON.parse(stdout) as { check: string; ok: boolean; message: string }[];
    expect(findings).toContainEqual({ check: 'step is pure', ok: false, message: expect.any(String) });
    expect(findings).toContainEqual({ check: 'shape', ok: true, message: expect.any(String) });
  });
});

describe('verify-env', { timeout: SPAWN_TIMEOUT_MS }, () => {
  const recording = new URL('../data/gymnasium/CartPole-v1.json', import.meta.url);

  test('an equal recording, a different one, and none at all', async () => {
    const equal = await dreamtree('verify-env', 'cartpole', fileURLToPath(recording));
    expect([equal.code, equal.stderr]).toEqual([0, '']);
    expect(Object.keys(JSON.parse(equal.stdout) as object)).toEqual(['steps', 'maxError']);

    const content = JSON.parse(await readFile(recording, 'utf8')) as { episodes: { rewards: number[] }[] };
    content.episodes[0].rewards[3] = 0.5;
    await writeFile(path.join(folder, 'other.json'), JSON.stringify(content));
    const different = await dreamtree('verify-env', 'cartpole', 'other.json');
    expect([different.code, different.stdout]).toEqual([1, '']);
    expect(different.stderr).toContain('episode 0, step 3: expected reward 0.5, got 1');

    await writeFile(path.join(folder, 'empty.json'), '{}');
    const none = await dreamtree('verify-env', 'cartpole', 'empty.json');
    expect([none.code, none.stderr]).toEqual([2, expect.stringMatching(/^error: empty\.json: .+\n$/)]);
  });
});
