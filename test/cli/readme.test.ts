/** The files that README shows do what README says of them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'dreamtree-readme-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The blocks of TypeScript whose first line names their file. */
const examples = [...readFileSync(path.join(root, 'README.md'), 'utf8').matchAll(/```ts\n\/\/ (my-[a-z]+\.ts)([^]*?)```/g)]
  .map(([block, name]) => ({ name, text: block.slice('```ts\n'.length, -'```'.length) }));
for (const { name, text } of examples) writeFileSync(path.join(folder, name), text);

/** Far from any node_modules, as a user's own folder is. */
function dreamtree(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath, [path.join(root, 'src/cli/dreamtree.mjs'), ...args], { cwd: folder, encoding: 'utf8' },
  );
  return { status, output: stdout + stderr };
}

describe('the files in README', () => {
  it('are a world, an agent and a policy, of at most 40 lines', () => {
    expect(examples.map(({ name }) => name).sort()).toEqual(['my-agent.ts', 'my-env.ts', 'my-policy.ts']);
    for (const { name, text } of examples) expect(text.trim().split('\n').length, name).toBeLessThanOrEqual(40);
  });

  it('train together, and the agent brings keys of its own', () => {
    const { status, output } = dreamtree(
      'train', './my-env.ts', '--agent', './my-agent.ts', '--policy', './my-policy.ts', '--preset', 'debug', '--steps', '80',
      '--threads', '1', '--logdir', 'run', '--set', 'curiosity.bonus=0.5',
    );
    expect(status, output).toBe(0);
    expect(readFileSync(path.join(folder, 'run', 'config.yaml'), 'utf8')).toContain('bonus: 0.5');
    const refused = dreamtree('train', './my-env.ts', '--set', 'curiosity.bonus=0.5', '--logdir', 'other');
    expect(refused.output).toContain("unknown key 'curiosity.bonus'");
    expect(refused.status).toBe(2);
  }, 60_000);

  it('the policy plays Catch with the agent that comes along', () => {
    const { status, output } = dreamtree('eval', path.join(root, 'checkpoints/catch.dream'), '--policy', './my-policy.ts', '--episodes', '20');
    expect(status, output).toBe(0);
    expect(output).toContain('this agent 1.00');
  }, 60_000);
});
