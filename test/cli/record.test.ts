/** `dreamtree record`, and what is learned from what it keeps, as on the command line. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

const BIN = fileURLToPath(new URL('../../src/cli/dreamtree.mjs', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'dreamtree-record-'));
writeFileSync(path.join(folder, 'walk.mjs'), `export default {
  name: 'walk', description: 'Walk to the right.', actions: { kind: 'discrete', n: 2 }, maxSteps: 8,
  reset: () => 0, step: (at, action) => ({ state: at + action, reward: action, terminated: at + action === 4 }),
  draw(ctx, at, palette) { ctx.fillStyle = palette.agent; ctx.fillRect(at / 12, 0.4, 0.2, 0.2); },
};`);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function dreamtree(...args: readonly string[]): { readonly code: number | null; readonly stdout: string; readonly stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { cwd: folder, encoding: 'utf8' });
  return { code: status, stdout, stderr };
}

it('keeps what several players did, and an agent learns from it alone', () => {
  const { code, stdout, stderr } = dreamtree('record', 'catch', '--policy', 'expert,random', '--steps', '100', '--out', 'mixed', '--set', 'env.size=16');
  expect([code, stderr]).toEqual([0, '']);
  // Whole episodes of nine steps, until each has its half.
  expect(stdout).toMatch(/expert +54 +6 +1\.00 +1\.00 +1\.00\n/);
  expect(stdout).toMatch(/random +54 +6 /);
  expect(stdout).toContain('108 steps in mixed; learn from them: npx dreamtree train catch --dataset mixed --steps 0');
  const learned = dreamtree('train', 'catch', '--dataset', 'mixed', '--agent', 'dqn', '--preset', 'debug', '--threads', '1', '--logdir', 'run');
  expect(learned.code, learned.stderr).toBe(0);
  const rows = readFileSync(path.join(folder, 'run', 'metrics.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Record<string, number>);
  expect(rows.at(-1)).toMatchObject({ step: 108, 'episode/count': 0 });
  expect(rows.at(-1)?.update).toBe(36);
});

it.each([
  ['no folder is named', ['record', 'catch'], "required option '--out <folder>' not specified"],
  ['nobody has that name', ['record', 'catch', '--policy', 'nobody', '--out', 'a'], 'nobody'],
  ['there is no expert', ['record', 'walk.mjs', '--policy', 'expert', '--out', 'b'], 'has no scripted expert'],
  ['it is no dataset', ['train', 'catch', '--dataset', 'nowhere'], 'nowhere is no dataset'],
])('exits with 2 and one sentence where %s', (_, args, sentence) => {
  const { code, stderr } = dreamtree(...args);
  expect(code).toBe(2);
  expect(stderr).toContain(sentence);
});
