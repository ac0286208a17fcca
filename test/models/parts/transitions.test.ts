/** Which step of a batch stands in which row, by numbers that say so themselves. */
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { compile } from '../../../src/engine/compile.ts';
import { transitionsOf } from '../../../src/models/parts/transitions.ts';
import { float32, mapGroup, specsOf } from '../../../src/nd-array.ts';
import { createRng } from '../../../src/random.ts';
import type { Batch } from '../../../src/types.ts';
import { onnx } from '../../engine/parity.ts';

const [B, T] = [2, 4];
/** 10·row + t, plus `offset`. */
const numbered = (offset: number, scale = 1) => float32(Array.from({ length: B * T }, (_, i) => scale * (10 * Math.floor(i / T) + (i % T) + offset)), [B, T]);

it('a step goes from one latent to the next, under the action and the reward that stand with the next', async () => {
  const inputs = {
    latents: { state: { ...numbered(100), shape: [B, T, 1] } },
    batch: {
      action: { ...numbered(0, 0.01), shape: [B, T, 1] }, reward: numbered(500),
      isFirst: float32([1, 0, 0, 1, 1, 0, 0, 0], [B, T]), isTerminal: float32([0, 0, 1, 0, 0, 0, 0, 1], [B, T]),
    },
  };
  const rowsOf = async (bootstrap: number) => {
    const program = await compile('rows', ({ latents, batch }, noise) => {
      const whole: Batch = {
        action: batch.action, reward: batch.reward, isFirst: batch.isFirst, isTerminal: batch.isTerminal, image: batch.reward,
        weight: tf.ones([B]), context: {}, targets: {},
      };
      return { out: { ...transitionsOf({ features: ({ state }) => state, blindSteps: 1 }, latents, whole, { members: 3, bootstrap }, noise) } };
    }, specsOf(inputs), { engine: onnx });
    const { out } = await program.run(inputs, createRng(2));
    await program.dispose();
    return mapGroup(out, ({ data }) => [...data].map((value) => Number(value.toFixed(4))));
  };
  // The latent of index 0 lacks some of its past.
  const { shares, ...rows } = await rowsOf(1);
  expect(rows).toEqual({
    from: [101, 102, 111, 112], to: [102, 103, 112, 113], action: [0.02, 0.03, 0.12, 0.13], reward: [502, 503, 512, 513],
    isTerminal: [1, 0, 0, 1], within: [1, 0, 1, 1],
  });
  expect(shares).toEqual([1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1]);
  // Whole sequences are left out, and none where no share is wanted.
  for (const [first, second, third, fourth] of [0, 1, 2].map((member) => shares.slice(4 * member, 4 * member + 4))) {
    expect(second).toBe(0);
    expect([first, third]).toEqual([1, fourth]);
  }
  expect(new Set((await rowsOf(0)).shares)).toEqual(new Set([0]));
});
