/** Runs that were begun before agents learned in stages go on as if nothing had changed. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readCheckpoint, writeCheckpoint } from '../../src/data/checkpoint.ts';
import { loadWorld } from '../../src/open/open.ts';
import { configure } from '../../src/train/configure.ts';
import { openRun } from '../../src/train/run.ts';
import { trainSession } from '../../src/train/session.ts';

const temporary = mkdtempSync(path.join(tmpdir(), 'dreamtree-older-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** What the configuration of every run held, whatever its agent: sections of models that it did not have. */
const BEFORE = {
  model: { unimix: 0.01, frames: 3, unroll: 5, support: 300, valuePrefix: false, scales: { consistency: 0, representation: 0.1 } },
  behavior: { imaginationHorizon: 3, greedy: true, lambda: 0.95 },
  search: { policy: 'gumbel', simulations: 16, dirichletAlpha: 0.3, temperature: 1, distill: false },
  replay: { priority: 0, correction: 1 },
};

it('a run of an older version goes on, to the bit', async () => {
  const environment = await loadWorld('catch');
  const { config, agent } = await configure({
    world: 'catch', agent: 'gumbel-muzero', preset: 'debug', overrides: ['train.steps=120', 'train.threads=1', 'train.logEvery=20'],
  });
  const train = async (directory: string, until: number) => {
    const run = await openRun({ directory: path.join(temporary, directory), config, agent, environment, command: 'test' });
    let step = 0;
    await trainSession(run, { watch: (moment) => void ({ step } = moment.state), stopped: () => step >= until });
    await run.close();
    return readFileSync(path.join(temporary, directory, 'metrics.jsonl'), 'utf8');
  };
  const whole = await train('whole', Infinity);
  await train('older', 60);

  const file = path.join(temporary, 'older', 'checkpoint.dream');
  const { createdBy: _, ...saved } = await readCheckpoint(file);
  const { 'slots/joint/momentum': momentum, 'slots/joint/variance': variance, ...arrays } = saved.arrays;
  expect(momentum).toBeDefined();
  const { policy: _policy, ...known } = saved.config;
  const older = Object.fromEntries(Object.entries({ ...BEFORE, ...known }).map(([section, values]) =>
    (section in BEFORE ? [section, { ...BEFORE[section as keyof typeof BEFORE], ...(values as object) }] : [section, values])));
  await writeCheckpoint(file, { ...saved, config: older as typeof saved.config, arrays: { ...arrays, momentum, variance } });

  const chosen = { config: { ...config, policy: 'puct' }, agent, environment, command: 'test' };
  await expect(openRun({ directory: path.join(temporary, 'older'), ...chosen })).rejects
    .toThrow(/was begun with policy = auto, not puct/);
  expect(await train('older', Infinity)).toBe(whole);
  const [one, other] = await Promise.all(['whole', 'older'].map((name) =>
    readCheckpoint(path.join(temporary, name, 'checkpoint.dream'))));
  expect([other.config, other.arrays]).toEqual([one.config, one.arrays]);
}, 60_000);
