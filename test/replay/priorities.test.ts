import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createReplay, openReplay } from '../../src/data/replay.ts';
import type { Replay, ReplayBatch, ReplayOptions, SequencePosition } from '../../src/data/replay.ts';
import { sizeOf } from '../../src/nd-array.ts';
import { createRng } from '../../src/random.ts';
import type { Rng } from '../../src/types.ts';
import { numberedStep } from '../data/numbered-steps.ts';

/** A step is 2 bytes of image, 4 of action, 4 of reward, 2 of flags, and 4 + 16 of priority. */
const STEP_BYTES = 32;
const OPTIONS: ReplayOptions = {
  lanes: 1,
  imageShape: [1, 2, 1],
  actionSize: 1,
  contextShapes: {},
  priority: { exponent: 1, correction: 1 },
  capacityBytes: 10 * STEP_BYTES,
};

function filled(steps: number, options: Partial<ReplayOptions> = {}): Replay {
  const replay = createReplay({ ...OPTIONS, ...options });
  appendSteps(replay, steps, options.lanes);
  return replay;
}

function appendSteps(replay: Replay, count: number, lanes = 1): void {
  const from = replay.steps / lanes;
  for (let index = from; index < from + count; index++) {
    for (let lane = 0; lane < lanes; lane++) replay.append(lane, numberedStep(lane, index));
  }
}

/** Give starts of a lane the priorities that make `priority + 0.001` what is asked for. */
function prioritise(replay: Replay, first: number, values: readonly number[], lane = 0): void {
  const positions = values.map((_, i) => ({ lane, start: first + i }));
  replay.writePriorities(positions, Float32Array.from(values, (value) => value - 0.001));
}

const keyOf = ({ lane, start }: SequencePosition) => `${lane}:${start}`;

/** How often every start was drawn, and the weight that it had. */
function tally({ positions, weight }: ReplayBatch) {
  const counts: Record<string, number> = {};
  const weights: Record<string, number> = {};
  positions.forEach((position, row) => {
    counts[keyOf(position)] = (counts[keyOf(position)] ?? 0) + 1;
    weights[keyOf(position)] ??= weight.data[row];
    expect(weight.data[row]).toBe(weights[keyOf(position)]);
  });
  return { counts, weights };
}

function draw(replay: Replay, batchSize: number, length: number, seed = 0) {
  return tally(replay.sample({ batchSize, length, rng: createRng(seed), newest: false }));
}

function expectNear(got: Record<string, number>, expected: Record<string, number>, tolerance: number): void {
  expect(Object.keys(got).sort()).toEqual(Object.keys(expected).sort());
  for (const [key, value] of Object.entries(expected)) expect(Math.abs(got[key] - value)).toBeLessThan(tolerance);
}

describe('priorities', () => {
  it('make a start as probable as their power, and weights undo it', () => {
    const replay = filled(6, { priority: { exponent: 0.5, correction: 1 } });
    prioritise(replay, 0, [16, 1, 4, 1, 4, 1e6]); // step 5 begins no sequence of two steps
    const { counts, weights } = draw(replay, 10_000, 2);
    // The roots are 4, 1, 2, 1, 2, and ten in all. The bound is five standard deviations.
    expectNear(counts, { '0:0': 4000, '0:1': 1000, '0:2': 2000, '0:3': 1000, '0:4': 2000 }, 245);
    // 1 / (5 · P) is 0.5, 2, 1, 2, 1.
    expectNear(weights, { '0:0': 0.25, '0:1': 1, '0:2': 0.5, '0:3': 1, '0:4': 0.5 }, 1e-6);
  });

  it('are undone as far as the correction says', () => {
    const weightsAt = (correction: number) => {
      const replay = filled(3, { priority: { exponent: 1, correction } });
      prioritise(replay, 0, [1, 4, 5]);
      return draw(replay, 100, 1).weights;
    };
    expectNear(weightsAt(0.5), { '0:0': 1, '0:1': 0.5, '0:2': Math.sqrt(1 / 5) }, 1e-6);
    expect(weightsAt(0)).toEqual({ '0:0': 1, '0:1': 1, '0:2': 1 });
  });

  it('count among the starts of all lanes, of which those too near the end are none', () => {
    const replay = createReplay({ ...OPTIONS, lanes: 3, capacityBytes: 3 * 10 * STEP_BYTES });
    for (let index = 0; index < 4; index++) replay.append(0, numberedStep(0, index));
    for (let index = 0; index < 2; index++) replay.append(1, numberedStep(1, index));
    for (let index = 0; index < 3; index++) replay.append(2, numberedStep(2, index));
    prioritise(replay, 0, [1, 3, 50, 50], 0);
    prioritise(replay, 0, [50, 50], 1);
    prioritise(replay, 0, [4, 50, 50], 2);
    const { counts, weights } = draw(replay, 8000, 3);
    expectNear(counts, { '0:0': 1000, '0:1': 3000, '2:0': 4000 }, 225);
    expectNear(weights, { '0:0': 1, '0:1': 1 / 3, '2:0': 0.25 }, 1e-6);
  });

  it('of new starts are the largest so far, and 1 at first', () => {
    const replay = filled(2);
    prioritise(replay, 0, [0.501]);
    // Step 1 has 1 + 0.001.
    expectNear(draw(replay, 100, 1).weights, { '0:0': 1, '0:1': 0.501 / 1.001 }, 1e-6);
    prioritise(replay, 0, [8.001]);
    prioritise(replay, 0, [2.001]);
    appendSteps(replay, 1);
    expectNear(draw(replay, 200, 1).weights, { '0:0': 1.001 / 2.001, '0:1': 1, '0:2': 1.001 / 8.001 }, 1e-6);
  });

  it('of zero do not starve a start', () => {
    const replay = filled(2);
    replay.writePriorities([{ lane: 0, start: 1 }], Float32Array.of(0));
    const { counts, weights } = draw(replay, 20_000, 1);
    expectNear(counts, { '0:0': 19_980, '0:1': 20 }, 23); // 20 000 / 1002, and five standard deviations
    expectNear(weights, { '0:0': 1 / 1001, '0:1': 1 }, 1e-6);
  });

  it('go with their steps, and what comes in their place has its own', () => {
    const replay = filled(4, { lanes: 2, capacityBytes: 2 * 4 * STEP_BYTES });
    for (const lane of [0, 1]) prioritise(replay, 0, [0.5, 0.5, 2, 3], lane);
    appendSteps(replay, 2, 2); // takes the places of 0 and 1, at 3, the largest so far
    for (const lane of [0, 1]) prioritise(replay, 0, [100, 100], lane); // which are gone
    prioritise(replay, 4, [1, 4], 1); // the ring's beginning
    const { counts, weights } = draw(replay, 22_000, 1);
    expectNear(counts, {
      ...{ '0:2': 2000, '0:3': 3000, '0:4': 3000, '0:5': 3000 },
      ...{ '1:2': 2000, '1:3': 3000, '1:4': 1000, '1:5': 4000 },
    }, 300);
    expect(weights['1:5']).toBeCloseTo(0.25, 6);
    // Across the end of the ring: of two steps, 2 to 4 are starts.
    expectNear(draw(replay, 14_000, 2).counts, {
      ...{ '0:2': 2000, '0:3': 3000, '0:4': 3000 },
      ...{ '1:2': 2000, '1:3': 3000, '1:4': 1000 },
    }, 260);
  });

  it('leave the newest sequences first, which weigh as if drawn uniformly', () => {
    const replay = filled(6);
    prioritise(replay, 0, [1, 1, 1, 5]);
    const rng = createRng(1);
    const first = replay.sample({ batchSize: 1, length: 3, rng });
    expect(first.positions).toEqual([{ lane: 0, start: 0 }]);
    expect(rng.state().counter).toBe(0); // nothing was drawn
    const second = replay.sample({ batchSize: 40, length: 3, rng });
    expect(second.positions[0]).toEqual({ lane: 0, start: 3 });
    // 1 / (4 · P) is 2 for starts 0 to 2, 0.4 for start 3, and 1 for the newest.
    const { weight, positions } = second;
    expect(weight.data[0]).toBeCloseTo(0.5, 6);
    const drawn = positions.findIndex(({ start }, row) => row > 0 && start === 3);
    expect(weight.data[drawn]).toBeCloseTo(0.2, 6);
    expect(weight.data[positions.findIndex(({ start }) => start < 3)]).toBe(1);
  });

  it('count as memory, all of it from the beginning', () => {
    const replay = filled(0, { capacityBytes: 600 * STEP_BYTES });
    expect(replay.bytesPerStep).toBe(32);
    expect(replay.allocatedBytes).toBe(600 * 20);
    appendSteps(replay, 700);
    expect(replay.allocatedBytes).toBe(600 * 32);
  });

  it('that make no sense are refused, and nothing is written', () => {
    const replay = filled(3);
    const positions = [0, 1].map((start) => ({ lane: 0, start }));
    for (const bad of [NaN, Infinity, -1]) {
      expect(() => replay.writePriorities(positions, Float32Array.of(9, bad))).toThrow(
        `expected priorities finite and at least 0, got ${bad}`,
      );
    }
    expect(() => replay.writePriorities(positions, Float32Array.of(9))).toThrow('expected 2 priorities');
    expect(draw(replay, 100, 1).weights).toEqual({ '0:0': 1, '0:1': 1, '0:2': 1 });
    expect(() => createReplay({ ...OPTIONS, priority: { exponent: 1.5, correction: 0 } })).toThrow(
      'expected a priority exponent in 0..1, got 1.5',
    );
    expect(() => createReplay({ ...OPTIONS, priority: { exponent: 1, correction: NaN } })).toThrow(
      'expected a priority correction in 0..1, got NaN',
    );
  });
});

describe('without priorities', () => {
  it.each([
    ['none are asked for', undefined],
    ['the exponent is 0', { exponent: 0, correction: 1 }],
  ])('draws are uniform, as they were before there were any, where %s', (_why, priority) => {
    const bytes = 2 + 4 + 4 + 2 + 2 * 3;
    const contextShapes = { deter: [2], stoch: [1, 1] };
    const replay = filled(13, { lanes: 2, contextShapes, capacityBytes: 2 * 10 * bytes, priority });
    expect(replay.bytesPerStep).toBe(bytes);
    const rng = createRng(6);
    const sample = () => {
      const batch = replay.sample({ batchSize: 8, length: 4, rng });
      replay.writePriorities(batch.positions, new Float32Array(8).fill(5)); // means nothing here
      expect([...batch.weight.data]).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
      return [batch.positions.map(keyOf).join(' '), rng.state().counter];
    };
    // What the version before priorities drew.
    expect(sample()).toEqual(['0:3 1:3 0:7 1:7 0:6 0:9 1:5 0:5', 4]);
    expect(sample()).toEqual(['1:4 0:7 1:9 0:4 0:9 0:9 0:9 1:7', 12]);
  });
});

describe('priorities on disk', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'dreamtree-priorities-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const memory = {
    ...OPTIONS,
    lanes: 2,
    contextShapes: { deter: [2] },
    targetShapes: { searchValue: [] },
    priority: { exponent: 0.7, correction: 0.4 },
    capacityBytes: 2 * 300 * (STEP_BYTES + 2 * 3),
  };
  const onDisk = () => ({ ...memory, directory });

  /** Sample as a learner does, and store what differs from step to step. */
  function learn(replay: Replay, rng: Rng): ReplayBatch {
    const batch = replay.sample({ batchSize: 4, length: 5, rng });
    const noise = (...shape: number[]) => {
      const data = new Float32Array(sizeOf(shape));
      rng.split(`noise ${shape.length}`).fillNormal(data);
      return { data: data.map((value) => value + batch.reward.data[0]), shape, dtype: 'float32' } as const;
    };
    replay.writeContext(batch.positions, { deter: noise(4, 5, 2) });
    replay.writeTargets(batch.positions, { searchValue: noise(4, 5) });
    replay.writePriorities(batch.positions, noise(4).data.map((value) => Math.abs(value / 100)));
    return batch;
  }

  it('come back exactly: what is drawn later is the same', async () => {
    const [rng, rngTwin] = [createRng(1), createRng(1)];
    const twin = createReplay(memory);
    let replay = createReplay(onDisk());
    let weighed = 0;
    // Flushed empty, at whole records, in the middle of them, with and without anything evicted.
    for (const steps of [0, 64, 10, 200, 1, 350]) {
      appendSteps(twin, steps, 2);
      appendSteps(replay, steps, 2);
      for (let i = 0; steps > 0 && i < 20; i++) {
        const batch = learn(replay, rng);
        expect(batch).toEqual(learn(twin, rngTwin));
        weighed += batch.weight.data.filter((weight) => weight < 1).length;
      }
      const mark = await replay.flush();
      await replay.commit(mark);
      await replay.close();
      replay = await openReplay(onDisk(), structuredClone(mark));
    }
    for (let i = 0; i < 20; i++) expect(learn(replay, rng)).toEqual(learn(twin, rngTwin));
    await replay.close();
    expect(weighed).toBeGreaterThan(100); // priorities did matter
  });

  it('are those of the mark, whatever was written after it', async () => {
    const replay = createReplay(onDisk());
    appendSteps(replay, 50, 2);
    learn(replay, createRng(2));
    const mark = await replay.flush();
    const expected = replay.sample({ batchSize: 20, length: 5, rng: createRng(3), newest: false });
    prioritise(replay, 0, new Array<number>(46).fill(99));
    await replay.close();
    const again = await openReplay(onDisk(), mark);
    expect(again.sample({ batchSize: 20, length: 5, rng: createRng(3), newest: false })).toEqual(expected);
    await again.close();
  });

  it('must have been asked for from the beginning', async () => {
    const replay = createReplay({ ...onDisk(), priority: undefined });
    const mark = await replay.flush();
    await replay.close();
    await expect(openReplay(onDisk(), mark)).rejects.toThrow(
      'has priorities false, the configuration asks for true',
    );
  });
});
