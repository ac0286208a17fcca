import { describe, expect, it } from 'vitest';
import { createReplay } from '../../src/data/replay.ts';
import type { ReplayBatch, ReplayOptions } from '../../src/data/replay.ts';
import { createRng } from '../../src/random.ts';
import { numberedStep } from '../data/numbered-steps.ts';

/** A step is 2 bytes of image, 4 of action, 4 of reward, 2 of flags and 2 · 3 of context. */
const STEP_BYTES = 18;
const OPTIONS: ReplayOptions = {
  lanes: 2,
  imageShape: [1, 2, 1],
  actionSize: 1,
  contextShapes: { deter: [2], stoch: [1, 1] },
  capacityBytes: 2 * 10 * STEP_BYTES,
};

function filled(steps: number, options: Partial<ReplayOptions> = {}) {
  const replay = createReplay({ ...OPTIONS, ...options });
  for (let index = 0; index < steps; index++) {
    for (let lane = 0; lane < (options.lanes ?? 2); lane++) replay.append(lane, numberedStep(lane, index));
  }
  return replay;
}

function float32(data: readonly number[], shape: readonly number[]) {
  return { data: Float32Array.from(data), shape, dtype: 'float32' } as const;
}

describe('capacity', () => {
  it('follows from the bytes, and is stated', () => {
    const replay = createReplay({ ...OPTIONS, capacityBytes: 2 * 10 * STEP_BYTES + 35 });
    expect(replay.bytesPerStep).toBe(18);
    expect(replay.capacitySteps).toBe(20);
    expect(() => createReplay({ ...OPTIONS, capacityBytes: 35 })).toThrow('at least 36 bytes');
  });

  it('counts what is kept and what was ever appended', () => {
    const replay = filled(13);
    expect(replay.length).toBe(20);
    expect(replay.steps).toBe(26);
  });

  it('takes memory as it fills and never more than the bound', () => {
    const capacityBytes = 2 * 600 * STEP_BYTES;
    const replay = createReplay({ ...OPTIONS, capacityBytes });
    const taken = new Set<number>();
    for (let index = 0; index < 1500; index++) {
      for (const lane of [0, 1]) replay.append(lane, numberedStep(lane, index));
      taken.add(replay.allocatedBytes / STEP_BYTES / 2);
    }
    expect([...taken]).toEqual([256, 512, 600]);
    expect(replay.allocatedBytes).toBe(capacityBytes);
  });

  it('evicts the oldest steps, one by one', () => {
    const replay = filled(13);
    const rng = createRng(0);
    const starts = new Set<number>();
    for (let i = 0; i < 200; i++) {
      const batch = replay.sample({ batchSize: 1, length: 10, rng, newest: false });
      starts.add(batch.positions[0].start);
      expect(batch.reward.data[0]).toBe(batch.positions[0].lane * 1000 + 3);
    }
    expect([...starts]).toEqual([3]);
  });
});

describe('sequences', () => {
  it('hold the steps of their lane in order, across the end of the ring', () => {
    const replay = filled(1037, { capacityBytes: 2 * 300 * STEP_BYTES }); // chunks of 256 and 44 steps
    const batch = replay.sample({ batchSize: 8, length: 290, rng: createRng(1), newest: false });
    batch.positions.forEach(({ lane, start }, row) => {
      for (let t = 0; t < 290; t++) {
        const step = numberedStep(lane, start + t);
        const at = row * 290 + t;
        expect([...batch.image.data.subarray(2 * at, 2 * at + 2)]).toEqual([...step.image]);
        expect(batch.action.data[at]).toBe(step.action[0]);
        expect(batch.reward.data[at]).toBe(step.reward);
        if (t > 0) expect(batch.isFirst.data[at]).toBe(step.isFirst ? 1 : 0);
        expect(batch.isTerminal.data[at]).toBe(step.isTerminal ? 1 : 0);
      }
    });
    expect(batch.image).toMatchObject({ shape: [8, 290, 1, 2, 1], dtype: 'uint8' });
    expect(batch.action).toMatchObject({ shape: [8, 290, 1], dtype: 'float32' });
    expect(batch.isFirst).toMatchObject({ shape: [8, 290], dtype: 'float32' });
    expect(batch.context.stoch).toMatchObject({ shape: [8, 1, 1], dtype: 'float32' });
  });

  it('are drawn uniformly over all starts of all lanes', () => {
    const replay = createReplay(OPTIONS);
    for (let index = 0; index < 7; index++) replay.append(0, numberedStep(0, index));
    for (let index = 0; index < 4; index++) replay.append(1, numberedStep(1, index));
    const { positions } = replay.sample({ batchSize: 7000, length: 3, rng: createRng(2), newest: false });
    const counts: Record<string, number> = {};
    for (const { lane, start } of positions) counts[`${lane}:${start}`] = (counts[`${lane}:${start}`] ?? 0) + 1;
    expect(Object.keys(counts).sort()).toEqual(['0:0', '0:1', '0:2', '0:3', '0:4', '1:0', '1:1']);
    // 1000 each; the bound is five standard deviations.
    for (const count of Object.values(counts)) expect(Math.abs(count - 1000)).toBeLessThan(147);
  });

  it('are fed once while they are new, in the order in which they were completed', () => {
    const replay = filled(7);
    const rng = createRng(3);
    const first = replay.sample({ batchSize: 3, length: 3, rng });
    expect(first.positions).toEqual([
      { lane: 0, start: 0 },
      { lane: 1, start: 0 },
      { lane: 0, start: 3 },
    ]);
    expect(rng.state().counter).toBe(0); // nothing was drawn
    const second = replay.sample({ batchSize: 2, length: 3, rng });
    expect(second.positions[0]).toEqual({ lane: 1, start: 3 });
    expect(rng.state().counter).toBe(1); // the second was
    replay.append(1, numberedStep(1, 7));
    replay.append(1, numberedStep(1, 8));
    replay.sample({ batchSize: 9, length: 3, rng, newest: false }); // leaves the newest where they are
    expect(replay.sample({ batchSize: 1, length: 3, rng }).positions).toEqual([{ lane: 1, start: 6 }]);
  });

  it('that were evicted before they were fed are passed over', () => {
    const replay = filled(14, { lanes: 1, capacityBytes: 10 * STEP_BYTES });
    const { positions } = replay.sample({ batchSize: 2, length: 5, rng: createRng(4) });
    expect(positions.map(({ start }) => start)).toEqual([4, 9]);
  });

  it('are the same for the same random stream and content, whatever memory they are written to', () => {
    const [a, b] = [filled(13), filled(13)];
    const [rngA, rngB] = [createRng(5), createRng(5)];
    let into: ReplayBatch | undefined;
    for (let i = 0; i < 5; i++) {
      const fresh = a.sample({ batchSize: 4, length: 4, rng: rngA });
      into = b.sample({ batchSize: 4, length: 4, rng: rngB, into });
      expect(into).toEqual(fresh);
    }
    const memory = into?.image.data;
    expect(b.sample({ batchSize: 4, length: 4, rng: rngB, into }).image.data).toBe(memory);
    expect(() => b.sample({ batchSize: 3, length: 4, rng: rngB, into })).toThrow('expected memory for [3, 4, 1, 2, 1]');
  });

  it('can be asked for', () => {
    const replay = filled(3);
    expect(replay.canSample(3)).toBe(true);
    expect(replay.canSample(4)).toBe(false);
    expect(() => replay.sample({ batchSize: 1, length: 4, rng: createRng(0) })).toThrow('no lane holds 4 steps yet');
    expect(() => replay.canSample(11)).toThrow('expected sequences of 1 to 10 steps');
  });
});

describe('context', () => {
  const latents = (rows: number, length: number) => ({
    deter: float32(
      Array.from({ length: rows * length * 2 }, (_, i) => i + 0.1),
      [rows, length, 2],
    ),
    stoch: float32(
      Array.from({ length: rows * length }, (_, i) => -i),
      [rows, length, 1, 1],
    ),
  });

  it('is the latent of the step before, in half precision', () => {
    const replay = filled(6, { lanes: 1 });
    const options = { batchSize: 1, length: 3, rng: createRng(0) };
    const first = replay.sample(options);
    replay.writeContext(first.positions, latents(1, 3));
    const second = replay.sample(options);
    expect(second.positions).toEqual([{ lane: 0, start: 3 }]);
    // The latent of step 2 is [4.1, 5.1]; halves between 4 and 8 are 2^-8 apart.
    expect([...second.context.deter.data]).toEqual([4 + 26 / 256, 5 + 26 / 256]);
    expect([...second.context.stoch.data]).toEqual([-2]);
    expect(second.isFirst.data[0]).toBe(0);
  });

  it('is zero, and the sequence flagged as a beginning, where it was never stored', () => {
    const replay = filled(6, { lanes: 1 });
    const options = { batchSize: 1, length: 3, rng: createRng(0) };
    const into = replay.sample(options);
    into.context.deter.data.fill(9);
    const second = replay.sample({ ...options, into });
    expect(second.positions).toEqual([{ lane: 0, start: 3 }]);
    expect([...second.context.deter.data, ...second.context.stoch.data]).toEqual([0, 0, 0]);
    expect([...second.isFirst.data]).toEqual([1, 0, 1]); // an episode begins at step 5
  });

  it('is gone with the step that it belongs to', () => {
    const replay = filled(10, { lanes: 1, capacityBytes: 10 * STEP_BYTES });
    const rng = createRng(0);
    const { positions } = replay.sample({ batchSize: 1, length: 10, rng });
    replay.writeContext(positions, latents(1, 10));
    replay.append(0, numberedStep(0, 10)); // takes the place of step 0, but not its latent
    replay.writeContext(positions, latents(1, 10)); // skips step 0
    const oldest = replay.sample({ batchSize: 1, length: 10, rng, newest: false });
    expect(oldest.positions).toEqual([{ lane: 0, start: 1 }]);
    expect([...oldest.context.deter.data]).toEqual([0, 0]);
    expect(oldest.isFirst.data[0]).toBe(1);
    replay.append(0, numberedStep(0, 11));
    const after = [...Array(50)].map(() => replay.sample({ batchSize: 1, length: 1, rng, newest: false }));
    const latest = after.find((batch) => batch.positions[0].start === 11);
    expect(latest?.context.deter.data).toEqual(Float32Array.of(0, 0));
    const fifth = after.find((batch) => batch.positions[0].start === 5);
    expect(fifth?.context.stoch.data).toEqual(Float32Array.of(-4));
  });

  it('is not needed where the model stores none', () => {
    const replay = filled(6, { lanes: 1, contextShapes: {} });
    const options = { batchSize: 1, length: 3, rng: createRng(0) };
    expect([...replay.sample(options).isFirst.data]).toEqual([1, 0, 0]);
    expect([...replay.sample(options).isFirst.data]).toEqual([0, 0, 1]); // an episode begins at step 5
  });

  it('of the wrong shape is refused', () => {
    const replay = filled(6, { lanes: 1 });
    const { positions } = replay.sample({ batchSize: 1, length: 3, rng: createRng(0) });
    const message = 'expected float32 latents deter [1, T, 2]';
    expect(() => replay.writeContext(positions, { deter: float32([0, 0, 0], [1, 3, 1]) })).toThrow(message);
    expect(() => replay.writeContext(positions, {})).toThrow(message);
  });
});

describe('steps of the wrong shape', () => {
  it('are refused with both shapes', () => {
    const replay = filled(0);
    const step = numberedStep(0, 0);
    expect(() => replay.append(2, step)).toThrow('expected a lane below 2, got 2');
    expect(() => replay.append(0, { ...step, image: new Uint8Array(3) })).toThrow('image of 2 bytes, got 3');
    expect(() => replay.append(0, { ...step, action: new Float32Array(2) })).toThrow('action of length 1, got 2');
  });
});
