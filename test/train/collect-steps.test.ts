/** Learning on from what was seen, when nothing new is. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { loadWorld } from '../../src/open/open.ts';
import { configure } from '../../src/train/configure.ts';
import { updatesDue } from '../../src/train/loop.ts';
import { openRun } from '../../src/train/run.ts';
import { trainSession } from '../../src/train/session.ts';

const temporary = mkdtempSync(path.join(tmpdir(), 'dreamtree-collect-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

it('takes so many steps and no more, makes all updates, and continues to the bit', async () => {
  const environment = await loadWorld('catch');
  const { config, agent } = await configure({
    world: 'catch', preset: 'debug',
    overrides: ['train.steps=160', 'train.collectSteps=70', 'train.threads=1', 'train.logEvery=20', 'train.checkpointEvery=40'],
  });
  const train = async (folder: string, until = Infinity) => {
    const run = await openRun({ directory: path.join(temporary, folder), config, agent, environment, command: 'test' });
    let [step, update] = [0, 0];
    await trainSession(run, { watch: (moment) => void ({ step, update } = moment.state), stopped: () => step >= until });
    const { steps } = run.replay;
    await run.close();
    return { steps, update, metrics: readFileSync(path.join(run.directory, 'metrics.jsonl'), 'utf8') };
  };
  const whole = await train('whole');
  expect(whole.update).toBe(updatesDue(config, 160, {}));
  const rows = whole.metrics.trim().split('\n').map((line) => JSON.parse(line) as Record<string, number>);
  const after = rows.filter(({ step }) => step >= 70);
  expect(after.length).toBeGreaterThan(3);
  // A lane's records are its steps and the beginnings of its episodes.
  expect(new Set(after.map((row) => row['replay/steps']))).toEqual(new Set([whole.steps]));
  expect(whole.steps).toBeLessThan(70 + 2 * 20);
  expect(after.at(-1)?.['model/image']).toBeGreaterThan(0);

  await train('parts', 100);
  expect((await train('parts')).metrics).toBe(whole.metrics);
}, 60_000);
