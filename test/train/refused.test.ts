/** Numbers that leave the range: nothing is learned from them, it is counted and said, and what was good is kept. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import catchWorld from '../../envs/catch.ts';
import { readCheckpoint } from '../../src/data/checkpoint.ts';
import { configure } from '../../src/train/configure.ts';
import { DivergedError } from '../../src/train/diverged.ts';
import { wrongArray, wrongMetric } from '../../src/train/finite.ts';
import type { Refused } from '../../src/train/loop.ts';
import { openRun } from '../../src/train/run.ts';
import { trainSession } from '../../src/train/session.ts';
import { float32 } from '../../src/nd-array.ts';
import type { Environment } from '../../src/types.ts';
import { WorldError } from '../../src/world/world-error.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'dreamtree-refused-'))));
afterEach(() => rmSync(folder, { recursive: true }));

async function train(environment: Environment, overrides: readonly string[], seen: (refused: Refused | undefined) => void = () => {}) {
  const configured = await configure({ world: environment.name, agent: 'dreamer', preset: 'debug', overrides: ['train.threads=1', ...overrides] });
  const run = await openRun({ directory: folder, ...configured, environment, command: 'test' });
  try {
    return await trainSession(run, { watch: ({ refused }) => seen(refused) });
  } finally {
    await run.close();
  }
}
const rows = () => readFileSync(path.join(folder, 'metrics.jsonl'), 'utf8').trim().split('\n').filter(Boolean).map((line) => JSON.parse(line) as Record<string, unknown>);
const saved = () => readCheckpoint(path.join(folder, 'checkpoint.dream'));

describe('an update whose numbers leave the range', { timeout: 120_000 }, () => {
  it('is refused and counted, and so many in a row end the run with the last good checkpoint', async () => {
    const seen: (Refused | undefined)[] = [];
    const failure = train(catchWorld as Environment, ['optimizer.learningRate=1e30', 'train.refusals=3'], (refused) => seen.push(refused));
    await expect(failure).rejects.toBeInstanceOf(DivergedError);
    await expect(failure).rejects.toThrow(/3 updates in a row could not be made, up to update \d+: .* is (NaN|Infinity) \(train\.refusals\).*optimizer\.learningRate.*the checkpoint of step \d+ stays/);
    expect(seen.at(-1)).toMatchObject({ inARow: 3 });
    expect(rows().at(-1)).toMatchObject({ 'train/refused': 3 });
    const { arrays, counters: { step } } = await saved();
    expect(wrongArray(arrays, { whole: true })).toBeUndefined();
    expect(step).toBeLessThan(100);
  });

  it('is told from a good one', () => {
    expect(wrongMetric({ 'loss/total': 1, 'loss/gradientNorm': 2, 'episode/return': NaN })).toBeUndefined();
    expect(wrongMetric({ 'loss/a/total': NaN })).toBe('loss/a/total is NaN');
    expect(wrongMetric({ 'loss/gradientNorm': Infinity })).toBe('loss/gradientNorm is Infinity');
    const array = new Float32Array(1000).fill(1);
    expect(wrongArray({ params: { w: float32(array, [1000]) } }, { whole: true })).toBeUndefined();
    array[999] = NaN;
    expect(wrongArray({ params: { w: float32(array, [1000]) } })).toBeUndefined();
    expect(wrongArray({ params: { w: float32(array, [1000]) } }, { whole: true })).toBe('params w is not finite');
    expect(wrongArray({ slots: { w: float32(array.fill(-Infinity), [1000]) } })).toBe('slots w is not finite');
  });
});

describe('a world that fails while training', { timeout: 120_000 }, () => {
  const plain = catchWorld as Environment;
  /** Catch, which breaks at its so-manieth step. */
  const breaking = (at: number): Environment => {
    let steps = 0;
    return { ...plain, step: (state, action, rng) => {
      if (++steps === at) throw new RangeError('the floor is wet');
      return plain.step(state, action, rng);
    } };
  };

  it('leaves a run from which the same command goes on, to the same end', async () => {
    const failure = train(breaking(120), []);
    await expect(failure).rejects.toBeInstanceOf(WorldError);
    await expect(failure).rejects.toThrow(/world 'catch': step\(\) threw RangeError: the floor is wet .*, in episode \d+ of lane \d, at action \d/);
    const { counters: { step } } = await saved();
    expect(step).toBeGreaterThan(90);
    expect(await train(plain, [])).toMatchObject({ step: 200, interrupted: false });
    expect(rows().at(-1)).toMatchObject({ step: 200 });
  });

  it('that fails at its first step is saved as well', async () => {
    await expect(train(breaking(1), [])).rejects.toThrow('the floor is wet');
    expect((await saved()).counters.step).toBe(0);
    expect(await train(plain, [])).toMatchObject({ step: 200 });
  });
});
