import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createReplay, openReplay } from '../../src/data/replay.ts';
import type { Replay, ReplayBatch, ReplayOptions } from '../../src/data/replay.ts';
import { sizeOf } from '../../src/nd-array.ts';
import { createRng } from '../../src/random.ts';
import { numberedStep } from '../data/numbered-steps.ts';

/** A step is 2 bytes of image, 4 of action, 4 of reward, 2 of flags, 2 · 2 of context and 2 · (3 + 1) of targets. */
const STEP_BYTES = 24;
const OPTIONS: ReplayOptions = {
  lanes: 1,
  imageShape: [1, 2, 1],
  actionSize: 1,
  contextShapes: { deter: [2] },
  targetShapes: { searchPolicy: [3], searchValue: [] },
  capacityBytes: 10 * STEP_BYTES,
};

function filled(steps: number, options: Partial<ReplayOptions> = {}): Replay {
  const replay = createReplay({ ...OPTIONS, ...options });
  for (let index = 0; index < steps; index++) {
    for (let lane = 0; lane < (options.lanes ?? 1); lane++) replay.append(lane, numberedStep(lane, index));
  }
  return replay;
}

function float32(data: readonly number[], shape: readonly number[]) {
  return { data: Float32Array.from(data), shape, dtype: 'float32' } as const;
}

/** For every step of rows of `length`, counted from `first` on: a policy that names the step, and a value. */
function targetsFrom(first: number, rows: number, length: number) {
  const steps = Array.from({ length: rows * length }, (_, i) => first + i);
  return {
    searchPolicy: float32(
      steps.flatMap((step) => [step, step + 0.25, step + 0.5]),
      [rows, length, 3],
    ),
    searchValue: float32(
      steps.map((step) => -step),
      [rows, length],
    ),
  };
}

/** All steps, of which there must be `length`. */
function all(replay: Replay, length: number): ReplayBatch {
  return replay.sample({ batchSize: 1, length, rng: createRng(0), newest: false });
}

describe('targets', () => {
  it('come with every step of a sequence, zeros where none were written', () => {
    const replay = filled(6);
    replay.writeTargets([{ lane: 0, start: 2 }], targetsFrom(2, 1, 3));
    const { targets } = all(replay, 6);
    expect(targets.searchPolicy.shape).toEqual([1, 6, 3]);
    expect([...targets.searchPolicy.data]).toEqual([
      ...[0, 0, 0, 0, 0, 0],
      ...[2, 2.25, 2.5, 3, 3.25, 3.5, 4, 4.25, 4.5],
      ...[0, 0, 0],
    ]);
    expect(targets.searchValue).toEqual(float32([0, 0, -2, -3, -4, 0], [1, 6]));
  });

  it('are kept in half precision, the latest in place of earlier ones', () => {
    const replay = filled(2);
    replay.writeTargets([{ lane: 0, start: 0 }], targetsFrom(5, 1, 2));
    const once = { searchPolicy: float32([0.1, 0.2, 0.7], [1, 1, 3]), searchValue: float32([4.1], [1, 1]) };
    replay.writeTargets([{ lane: 0, start: 1 }], once);
    // Halves between 4 and 8 are 2^-8 apart.
    expect([...all(replay, 2).targets.searchValue.data]).toEqual([-5, 4 + 26 / 256]);
  });

  it('are written to what every lane shows now', () => {
    const replay = createReplay({ ...OPTIONS, lanes: 3, capacityBytes: 3 * 4 * STEP_BYTES });
    for (let index = 0; index < 6; index++) replay.append(0, numberedStep(0, index));
    replay.append(2, numberedStep(2, 0));
    expect(replay.newest()).toEqual([
      { lane: 0, start: 5 },
      { lane: 1, start: -1 },
      { lane: 2, start: 0 },
    ]);
    replay.writeTargets(replay.newest(), targetsFrom(1, 3, 1)); // skips the empty lane
    const batch = replay.sample({ batchSize: 30, length: 1, rng: createRng(1), newest: false });
    const values = batch.positions.map(({ lane, start }, row) => [lane, start, batch.targets.searchValue.data[row]]);
    expect(values).toContainEqual([0, 5, -1]);
    expect(values).toContainEqual([2, 0, -3]);
    expect(values.filter(([lane, start]) => lane === 0 && start < 5).every(([, , value]) => value === 0)).toBe(true);
  });

  it('are gone with the step that they belong to', () => {
    const replay = filled(10);
    const whole = [{ lane: 0, start: 0 }];
    replay.writeTargets(whole, targetsFrom(20, 1, 10));
    replay.append(0, numberedStep(0, 10)); // takes the place of step 0
    expect([...all(replay, 10).targets.searchValue.data]).toEqual([-21, -22, -23, -24, -25, -26, -27, -28, -29, 0]);
    replay.writeTargets(whole, targetsFrom(30, 1, 10)); // skips step 0
    expect([...all(replay, 10).targets.searchValue.data]).toEqual([-31, -32, -33, -34, -35, -36, -37, -38, -39, 0]);
  });

  it('say nothing about the context', () => {
    const draw = (replay: Replay) => {
      replay.writeTargets([{ lane: 0, start: 0 }], targetsFrom(0, 1, 6));
      const batch = replay.sample({ batchSize: 40, length: 1, rng: createRng(3), newest: false });
      return batch.positions.map(({ start }, row) => [start, batch.isFirst.data[row]]);
    };
    const [stored, none] = [draw(filled(6)), draw(filled(6, { contextShapes: {} }))];
    expect(new Set(stored.map(([start]) => start)).size).toBe(6);
    // Episodes begin at 0 and 5; with a context kept, every sequence that lacks its own counts as a beginning.
    expect(stored.every(([, isFirst]) => isFirst === 1)).toBe(true);
    expect(none.every(([start, isFirst]) => isFirst === (start % 5 === 0 ? 1 : 0))).toBe(true);
  });

  it('count as memory', () => {
    expect(filled(0).bytesPerStep).toBe(24);
    expect(filled(0, { targetShapes: undefined }).bytesPerStep).toBe(16);
    expect(filled(30).allocatedBytes).toBe(240);
  });

  it('go to memory that is used again', () => {
    const replay = filled(6);
    replay.writeTargets([{ lane: 0, start: 0 }], targetsFrom(1, 1, 3));
    const options = { batchSize: 1, length: 3, rng: createRng(0) };
    const into = replay.sample(options);
    const memory = into.targets.searchPolicy.data;
    const second = replay.sample({ ...options, into }); // steps 3 to 5, which have none
    expect(second.targets.searchPolicy.data).toBe(memory);
    expect([...memory]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('of the wrong shape are refused', () => {
    const replay = filled(6);
    const positions = [{ lane: 0, start: 0 }];
    const { searchPolicy, searchValue } = targetsFrom(0, 1, 3);
    const write = (leaves: Parameters<typeof replay.writeTargets>[1]) => () => replay.writeTargets(positions, leaves);
    expect(write({ searchValue })).toThrow('expected float32 targets searchPolicy [1, T, 3], got []');
    expect(write({ searchPolicy, searchValue: float32([0, 0], [1, 2]) })).toThrow(
      'expected float32 targets searchValue [1, 3], got [1, 2]',
    );
    const integers = { data: new Int32Array(3), shape: [1, 3], dtype: 'int32' } as const;
    expect(write({ searchPolicy, searchValue: integers })).toThrow('expected float32 targets searchValue');
    expect([...all(replay, 6).targets.searchPolicy.data].every((value) => value === 0)).toBe(true);
  });
});

describe('targets on disk', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'dreamtree-targets-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it.each([
    ['beside a context', { deter: [2] }, 24],
    ['alone', {}, 20],
  ])('come back as they were at the mark, %s', async (_how, contextShapes, stepBytes) => {
    const options = { ...OPTIONS, lanes: 2, contextShapes, capacityBytes: 2 * 300 * stepBytes, directory };
    const replay = filled(340, options); // of which the first 40 are gone
    const draw = (from: Replay) => from.sample({ batchSize: 6, length: 290, rng: createRng(4), newest: false });
    const rng = createRng(5);
    const noise = (shape: readonly number[]) => {
      const leaf = float32(new Array<number>(sizeOf(shape)).fill(0), shape);
      rng.fillNormal(leaf.data);
      return leaf;
    };
    const leaves = { searchPolicy: noise([2, 200, 3]), searchValue: noise([2, 200]) };
    replay.writeTargets([0, 1].map((lane) => ({ lane, start: 130 })), leaves);
    replay.writeContext([{ lane: 1, start: 60 }], { deter: noise([1, 3, 2]) });
    const expected = draw(replay);
    const mark = await replay.flush();
    replay.writeTargets([0, 1].map((lane) => ({ lane, start: 130 })), targetsFrom(0, 2, 200)); // after the mark
    await replay.close();
    const again = await openReplay(options, structuredClone(mark));
    const found = draw(again);
    expect(found).toEqual(expected);
    expect(found.targets.searchValue.data.filter((value) => value !== 0)).toHaveLength(6 * 200);
    await again.close();
  });

  it('are not expected where a mark is from before there were any', async () => {
    const options = { ...OPTIONS, targetShapes: undefined, directory };
    const replay = filled(8, options);
    const { form, ...mark } = await replay.flush();
    expect(mark.contexts?.bytes).toBe(8 * (1 + 2 * 2)); // a flag and the latent: nothing new
    await replay.close();
    const { targetShapes: _, priorities: __, ...before } = form;
    const again = await openReplay(options, { form: before, ...mark });
    expect(again.steps).toBe(8);
    expect(all(again, 8).targets).toEqual({});
    await again.close();
    await expect(openReplay({ ...OPTIONS, directory }, { form: before, ...mark })).rejects.toThrow(
      'has targetShapes {}, the configuration asks for {"searchPolicy":[3],"searchValue":[]}',
    );
  });
});
