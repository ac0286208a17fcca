/** TD-MPC2's model: which steps of a batch its losses look at, and how much each counts. */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import tdmpc2 from '../../src/models/tdmpc2.ts';
import { float32, mapGroup, specsOf } from '../../src/nd-array.ts';
import { initParameters } from '../../src/nn/parameters.ts';
import { createRng } from '../../src/random.ts';
import type { Batch, NdArray } from '../../src/types.ts';
import { awake, sequences, valuesIn, WORLD } from '../contracts/listed.ts';
import { onnx } from '../engine/parity.ts';

const [B, T, FRAMES, UNROLL] = [1, 8, 3, 2];
/** Starts are at 2, 3, 4 and 5: those with two pictures before them and two steps after. */
const FIRST = FRAMES - 1;

async function partsOf(decay: number) {
  const model = tdmpc2.build(valuesIn(tdmpc2, { layer: { train: { batchLength: T }, model: { frames: FRAMES, unroll: UNROLL, decay, decoder: 'none' } } }), WORLD);
  const params = awake(initParameters(model.parameters, createRng(0)));
  const batch = sequences(WORLD, { batch: B, length: T });
  const program = await compile('parts', ({ params: weights, batch: { image, action, reward, isFirst, isTerminal } }, noise) => {
    const whole: Batch = { image, action, reward, isFirst, isTerminal, weight: tf.ones([B]), context: {}, targets: {} };
    return { parts: model.loss(weights, whole, noise).parts };
  }, specsOf({ params, batch }), { engine: onnx });
  const run = async (changed: Partial<typeof batch> = {}) =>
    mapGroup((await program.run({ params, batch: { ...batch, ...changed } }, createRng(1))).parts, ({ data }) => data[0]);
  /** The indices at which another number in this leaf changes that part. */
  const moved = async (leaf: 'reward' | 'isTerminal', part: string): Promise<number[]> => {
    const before = (await run())[part];
    const found: number[] = [];
    for (let t = 0; t < T; t++) {
      const data = Float32Array.from(batch[leaf].data);
      data[t] = leaf === 'reward' ? data[t] + 3 : 1;
      if (Math.abs((await run({ [leaf]: float32(data, [B, T]) }))[part] - before) > 1e-6) found.push(t);
    }
    return found;
  };
  return { moved, run, batch, dispose: () => program.dispose() };
}

describe("TD-MPC2's losses", () => {
  it('are of the rewards and ends on arriving, from the first start that has its past', async () => {
    const { moved, dispose } = await partsOf(0.5);
    expect(await moved('reward', 'reward')).toEqual([FIRST + 1, FIRST + 2, FIRST + 3, FIRST + 4, FIRST + 5]);
    expect(await moved('isTerminal', 'continue')).toEqual([FIRST + 1, FIRST + 2, FIRST + 3, FIRST + 4, FIRST + 5]);
    await dispose();
  });

  it('count a later step less, and not at all without any decay left', async () => {
    const { moved, dispose } = await partsOf(0);
    // The first step alone of each start: nobody arrives at the last index by it.
    expect(await moved('reward', 'reward')).toEqual([FIRST + 1, FIRST + 2, FIRST + 3, FIRST + 4]);
    await dispose();
  });

  it('are not taken across episodes', async () => {
    const { run, batch, dispose } = await partsOf(0.5);
    const ends = (at: number): NdArray => float32(Array.from({ length: T }, (_, t) => Number(t === 0 || t === at)), [B, T]);
    const [one, other] = [ends(5), { ...batch.reward, data: batch.reward.data.map((value, t) => (t === 5 ? value + 3 : value)) }];
    expect((await run({ isFirst: one, reward: other as typeof batch.reward })).reward).toBe((await run({ isFirst: one as typeof batch.isFirst })).reward);
    await dispose();
  });
});
