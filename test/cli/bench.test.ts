/** Benchmarks, as they are called: what they measure is checked for its form alone. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

type Share = Readonly<{ name: string; share: number; ms: number; nodes: number }>;

const BIN = fileURLToPath(new URL('../../src/cli/dreamtree.mjs', import.meta.url));
const SPAWN_TIMEOUT_MS = 300_000; // for a machine under load; each takes about a second

function bench(...args: string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [BIN, 'bench', ...args], (_, stdout, stderr) => resolve({ stdout, stderr }));
  });
}
const benchEnv = (...args: string[]) => bench('env', ...args);

describe('bench env --soak', { timeout: SPAWN_TIMEOUT_MS }, () => {
  test('draws as many frames as asked of the worlds that are named, and reports resident memory', async () => {
    const { stdout } = await benchEnv('--worlds', 'catch,pendulum', '--soak', '2000', '--json');
    const results = JSON.parse(stdout) as Record<string, unknown>[];
    expect(results.map(({ env }) => env)).toEqual(['catch', 'pendulum']);
    for (const { frames, rssMb, slopeMbPer100kFrames } of results) {
      expect(frames).toBeGreaterThanOrEqual(2000);
      expect(frames).toBeLessThan(2016); // 8 lanes, and none of them draws more than two
      for (const megabytes of Object.values(rssMb as Record<string, number>)) expect(megabytes).toBeGreaterThan(20);
      expect(Object.keys(rssMb as object)).toEqual(['start', 'warm', 'end']);
      expect(Number.isFinite(slopeMbPer100kFrames)).toBe(true);
    }
  });

  test('refuses worlds that are not listed, and too few frames', async () => {
    const { stdout, stderr } = await benchEnv('--worlds', 'catch,cath', '--soak', '2000');
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^error: --worlds: no listed world 'cath'; known: acrobot, /);
    expect((await benchEnv('--soak', '10')).stderr).toBe("error: --soak: expected an integer ≥ 1000, got '10'\n");
  });
});

describe('bench update --agent', { timeout: SPAWN_TIMEOUT_MS }, () => {
  test('measures the update of that agent', async () => {
    const { stdout } = await bench('update', '--agent', 'gumbel-muzero', '--preset', 'debug', '--json');
    const { parameters, ms, gflop } = JSON.parse(stdout) as Record<string, number>;
    expect(ms).toBeGreaterThan(0);
    const traced = await bench('update', '--agent', 'gumbel-muzero', '--preset', 'debug', '--graph', '--json');
    expect(JSON.parse(traced.stdout)).toMatchObject({ parameters, gflop });
    const dreamer = await bench('update', '--preset', 'debug', '--graph', '--json');
    expect(JSON.parse(dreamer.stdout)).not.toMatchObject({ parameters });
  });

  test('refuses what is unknown, and a comparison that there is not', async () => {
    expect((await bench('update', '--agent', 'dreame', '--graph')).stderr).toMatch(/^error: unknown agent 'dreame'; did you mean 'dreamer'\?/);
    expect((await bench('update', '--agent', 'muzero', '--torch')).stderr).toBe('error: --agent: the update in PyTorch is that of dreamer alone\n');
  });
});

describe('bench update --profile', { timeout: SPAWN_TIMEOUT_MS }, () => {
  test('finds every node of an update, by kind and by part, and writes them as trace events', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'dreamtree-trace-'));
    const file = path.join(folder, 'trace.json');
    const { stdout } = await bench('update', '--preset', 'debug', '--profile', file, '--json');
    const { kinds, parts, nodesMs } = JSON.parse(stdout) as { kinds: Share[]; parts: Share[]; nodesMs: number };
    for (const shares of [kinds, parts]) {
      expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
      expect(shares.reduce((sum, { ms }) => sum + ms, 0)).toBeCloseTo(nodesMs);
    }
    expect(kinds.map(({ name }) => name)).toContain('matrix products');
    const names = parts.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['encoder', 'decoder', 'dynamics', 'actor', 'critic', 'optimizer']));
    expect(names).not.toContain('unknown');
    const { traceEvents } = JSON.parse(readFileSync(file, 'utf8')) as { traceEvents: { ph: string; dur?: number }[] };
    const nodes = kinds.reduce((sum, share) => sum + share.nodes, 0);
    expect(traceEvents.filter(({ ph, dur }) => ph === 'X' && dur !== undefined)).toHaveLength(nodes);
    rmSync(folder, { recursive: true });
  });
});

describe('bench train', { timeout: SPAWN_TIMEOUT_MS }, () => {
  test('says what the learner does with its time, all of it', async () => {
    const { stdout } = await bench('train', 'catch', '--preset', 'debug', '--seconds', '2', '--set', 'train.steps=1e9', '--json');
    const { env, learner, main, updatesPerSecond, checkpoints } = JSON.parse(stdout) as Record<string, unknown>;
    expect(env).toBe('catch');
    expect(updatesPerSecond).toBeGreaterThan(0);
    expect(checkpoints).toBeGreaterThan(0);
    const shares = Object.values(learner as Record<string, number>);
    expect(shares.reduce((sum, share) => sum + share)).toBeCloseTo(1, 1);
    expect((learner as Record<string, number>).computes).toBeGreaterThan(0.05);
    for (const share of [...shares, ...Object.values(main as Record<string, number>)]) expect(share).toBeGreaterThanOrEqual(0);
  });

  test('refuses a run that ends before it was timed, and a time that is none', async () => {
    const short = await bench('train', 'catch', '--preset', 'debug', '--seconds', '600', '--set', 'train.steps=60');
    expect(short.stderr).toBe('error: the run ended before 600 s of it were timed: give it more steps, or time it for less\n');
    expect((await bench('train', 'catch', '--seconds', '0')).stderr).toBe("error: --seconds: expected an integer ≥ 1, got '0'\n");
  });
});
