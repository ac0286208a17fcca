/** Acting by search and drawing its tree, through the real command, with the agents that come with the project. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BIN = path.join(ROOT, 'src/cli/dreamtree.mjs');
const CATCH = path.join(ROOT, 'checkpoints/catch.dream');
const PENDULUM = path.join(ROOT, 'checkpoints/pendulum.dream');
const SPAWN_TIMEOUT_MS = 300_000;

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'dreamtree-search-'))));
afterAll(() => rm(folder, { recursive: true }));

function dreamtree(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [BIN, ...args], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

describe('eval', { timeout: SPAWN_TIMEOUT_MS }, () => {
  test.each(['gumbel', 'puct'])('a Dreamer catches every ball by %s search too', async (policy) => {
    const { code, stdout } = await dreamtree('eval', CATCH, '--policy', policy, '--simulations', '4', '--episodes', '10', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ agent: 'dreamer', policy, returnMean: 1, score: 1 });
  });

  test('a search that does not go with the actions is refused with the reason', async () => {
    const { code, stderr } = await dreamtree('eval', PENDULUM, '--policy', 'puct', '--episodes', '1');
    expect(code).toBe(2);
    expect(stderr).toContain('puct searches discrete actions, and these are continuous');
  });
});

describe('tree', { timeout: SPAWN_TIMEOUT_MS }, () => {
  test('draws every node of a search, and says them as JSON', async () => {
    const { code, stdout } = await dreamtree('tree', CATCH, '--simulations', '8', '--step', '3', '--out', 'tree.svg', '--json');
    expect(code).toBe(0);
    const { nodes, total, step, chosen } = JSON.parse(stdout) as {
      nodes: { parent: number; visits: number; action: number; depth: number }[]; total: number; step: number; chosen: number;
    };
    expect([total, nodes.length, step]).toEqual([9, 9, 3]); // the root and one node a simulation
    expect(nodes[0]).toMatchObject({ parent: -1, visits: 9, depth: 0 });
    expect(nodes.filter(({ parent }) => parent === 0).map(({ action }) => action)).toContain(chosen);
    const svg = await readFile(path.join(folder, 'tree.svg'), 'utf8');
    // Every node and the true frame have a picture.
    expect(svg.match(/data:image\/png/g)?.length).toBe(10);
    expect(svg).toContain('catch: dreamer, gumbel search, decision 3');
  });

  test('shows the most visited nodes where there are more, and sampled actions by number', async () => {
    const { code, stdout } = await dreamtree('tree', PENDULUM, '--simulations', '8', '--nodes', '4', '--out', 'tree.png', '--json');
    expect(code).toBe(0);
    const { nodes, total } = JSON.parse(stdout) as { nodes: unknown[]; total: number };
    expect([nodes.length, total]).toEqual([4, 9]);
  });
});
