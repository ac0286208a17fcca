/** The user's path through the real command: train, look, evaluate, dream, export. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const BIN = fileURLToPath(new URL('../../src/cli/dreamtree.mjs', import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'dreamtree-cli-'));
  writeFileSync(path.join(folder, 'my-env.ts'), `
    import type { Environment } from 'dreamtree';
    const world: Environment<{ at: number }> = {
      name: 'my-env', description: 'Walk to the right.', actions: { kind: 'discrete', n: 2, names: ['left', 'right'] },
      maxSteps: 12,
      reset: (rng) => ({ at: rng.int(3) }),
      step: ({ at }, action) => {
        const next = Math.max(0, at + (action === 1 ? 1 : -1));
        return { state: { at: next }, reward: next === 5 ? 1 : 0, terminated: next === 5 };
      },
      draw(ctx, { at }, palette) { ctx.fillStyle = palette.agent; ctx.fillRect(at / 12, 0.4, 0.2, 0.2); },
    };
    export default world;
  `);
});
afterAll(() => rmSync(folder, { recursive: true }));

function dreamtree(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { cwd: folder, encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('a world of the user, from its file to pictures', { timeout: 600_000 }, () => {
  it('trains, and leaves everything in the run folder', () => {
    const { status, stdout, stderr } = dreamtree('train', './my-env.ts', '--preset', 'debug', '--logdir', 'run');
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(/engine onnx \(cpu\): fastest on a CPU of those installed; \d+ nodes compiled/);
    expect(stdout).toMatch(/this agent .* \(mean return of 4 fresh episodes, 95 % interval\)/);
    const files = ['config.yaml', 'metrics.jsonl', 'timing.jsonl', 'checkpoint.dream', 'result.json', 'curve.png', 'curve.svg',
      'dream.png', 'dream.webp', 'dream.gif', 'index.html'];
    expect(files.filter((file) => !existsSync(path.join(folder, 'run', file)))).toEqual([]);
    expect(readFileSync(path.join(folder, 'run/config.yaml'), 'utf8')).toContain('preset: debug');
  });

  it('says that it is done when the same command comes again, and goes on for more steps', () => {
    const again = dreamtree('train', './my-env.ts', '--preset', 'debug', '--logdir', 'run');
    expect(again.status, again.stderr).toBe(0);
    expect(again.stderr).toContain('continuing at step 200 of 200');
    const more = dreamtree('train', './my-env.ts', '--preset', 'debug', '--logdir', 'run', '--steps', '240');
    expect(more.status, more.stderr).toBe(0);
    const rows = readFileSync(path.join(folder, 'run/metrics.jsonl'), 'utf8').trim().split('\n');
    expect(JSON.parse(rows[rows.length - 1]).step).toBe(240);
  });

  it('saves on Ctrl-C, says how to go on, and goes on', async () => {
    const args = ['train', './my-env.ts', '--preset', 'debug', '--steps', '100000', '--logdir', 'stopped'];
    const child = spawn(process.execPath, [BIN, ...args], { cwd: folder });
    let stderr = '';
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
    const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
    // Where it stands can be seen from outside: the first row of metrics.
    const metrics = path.join(folder, 'stopped/metrics.jsonl');
    while (!existsSync(metrics) || !readFileSync(metrics, 'utf8').includes('loss/total')) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    child.kill('SIGINT');
    expect(await closed, stderr).toBe(130);
    expect(stderr).toContain('saved. Go on with: npx dreamtree train ./my-env.ts --preset debug --steps 100000 --logdir stopped');
    const { step } = JSON.parse(readFileSync(metrics, 'utf8').trim().split('\n').at(-1) ?? '{}');
    const on = dreamtree('train', './my-env.ts', '--preset', 'debug', '--steps', String(step + 80), '--logdir', 'stopped');
    expect(on.status, on.stderr).toBe(0);
    expect(on.stderr).toMatch(/continuing at step \d+ of/);
  });

  it('evaluates', () => {
    const { status, stdout, stderr } = dreamtree('eval', 'run', '--episodes', '3', '--seed', '5', '--json');
    expect(status, stderr).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ env: 'my-env', agent: 'dreamer', policy: 'actor', episodes: 3, seed: 5 });
    expect(report.returns.length).toBe(3);
    expect(report.returnMean).toBeCloseTo((report.returns[0] + report.returns[1] + report.returns[2]) / 3, 10);
    expect(report.returnCi95[0]).toBeLessThanOrEqual(report.returnMean);
    expect(report.lengthMean).toBeGreaterThan(0);
    expect(report.msPerDecision).toBeGreaterThan(0);
  });

  it('dreams every action from the same state', () => {
    const { status, stdout, stderr } = dreamtree(
      'dream', 'run', '--actions', 'each', '--context', '2', '--horizon', '3', '--out', 'each.png', '--json',
    );
    expect(status, stderr).toBe(0);
    const report = JSON.parse(stdout);
    expect(report.dreams.map(({ actions }: { actions: string }) => actions)).toEqual(['left', 'right']);
    expect(report.dreams[0].steps.length).toBe(3);
    const { mse, psnr, rewardError } = report.dreams[0].steps[0];
    expect(psnr).toBeCloseTo(-10 * Math.log10(mse), 6);
    expect(rewardError).toBeGreaterThanOrEqual(0);
    expect(statSync(path.join(folder, 'each.png')).size).toBeGreaterThan(500);
  });

  it('exports an agent that evaluates as well, and is smaller', () => {
    const { status, stderr } = dreamtree('export', 'run', '--out', 'agent.dream');
    expect(status, stderr).toBe(0);
    expect(statSync(path.join(folder, 'agent.dream')).size).toBeLessThan(statSync(path.join(folder, 'run/checkpoint.dream')).size / 3);
    const evaluated = dreamtree('eval', 'agent.dream', '--policy', 'random', '--episodes', '2');
    expect(evaluated.status, evaluated.stderr).toBe(0);
  });

  it.each([
    [['eval', 'nowhere'], /nowhere does not exist/],
    [['eval', 'my-env.ts'], /my-env\.ts is not a dreamtree checkpoint/],
    [['eval', 'run', '--policy', 'monkey'], /unknown policy 'monkey'\. Known: actor, cem, gradient, gumbel, /],
    [['dream', 'run', '--out', 'x.bmp'], /\.png, \.webp (or|and) \.gif/],
    [['train', './my-env.ts', '--preset', 'debug', '--logdir', 'run', '--seed', '1'], /was begun with seed = 0, not 1/],
    [['train', './my-env.ts', '--set', 'model.dete=3'], /unknown key 'model\.dete'; did you mean 'model\.deter'/],
    [['train', './my-env.ts', '--set', 'search.simulations=3'], /^error: search\.simulations is read by .*, not by dreamer\n$/],
    [['train', './my-env.ts', '--set', 'policy=gumbel'], /'policy' is not for --set; choose it with --policy/],
    [['train', './my-env.ts', '--agent', 'muzro'], /unknown agent 'muzro'; did you mean 'muzero'/],
    [['train', './my-env.ts', '--preset', 'debug', '--engine', 'tensorflow'], /npm rebuild @tensorflow\/tfjs-node-gpu/],
  ])('exits with 2 and one sentence: %j', (args, message) => {
    const { status, stderr } = dreamtree(...args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(status).toBe(2);
  });
});
