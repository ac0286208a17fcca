/** A recurrent latent: seen as a whole or step by step, and nothing of the episode before. */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { float32, zeros } from '../../src/nd-array.ts';
import { imageEncoder } from '../../src/nn/image-codec.ts';
import { initParameters } from '../../src/nn/parameters.ts';
import { recurrentRepresentation } from '../../src/nn/recurrent-representation.ts';
import { createRng } from '../../src/random.ts';
import { sequences, WORLD } from '../contracts/listed.ts';
import { normals, runBoth } from '../engine/parity.ts';

const HIDDEN = 7; // of which half is no whole number
const representation = recurrentRepresentation({
  encoder: imageEncoder('encoder', { size: 16, channels: 3, depth: 2, minResolution: 4, stem: 4 }), hidden: HIDDEN, actionSize: WORLD.actionSize,
});
const params = initParameters(representation.parameters, createRng(2));

const [B, T] = [2, 6];
async function seen(context: ReturnType<typeof zeros>, firsts: readonly number[]) {
  const batch = sequences(WORLD, { batch: B, length: T });
  const begins = float32(Array.from({ length: B * T }, (_, i) => Number(firsts.includes(i))), [B, T]);
  const { compiled } = await runBoth((v, noise) => {
    const { image, action, isFirst: first } = v.batch;
    const whole = representation.filter(v.params, { image, action, isFirst: first, context: v.context }, noise);
    let carry = v.context;
    const steps: tf.Tensor[] = [];
    tf.unstack(tf.cast(image, 'float32'), 1).forEach((picture, t) => {
      const tokens = representation.encode(v.params, tf.div(picture, 255));
      const found = representation.observe(v.params, carry, { tokens, previousAction: tf.unstack(action, 1)[t], isFirst: tf.unstack(first, 1)[t] }, noise);
      ({ carry } = found);
      steps.push(found.latent.state);
    });
    return { out: { whole: whole.state, steps: tf.stack(steps, 1) } };
  }, { params, context: { state: context }, batch: { ...batch, isFirst: begins } });
  return compiled.out;
}

describe('a recurrent latent', () => {
  it('is the same of a sequence as step by step', async () => {
    const { whole, steps } = await seen(normals([B, HIDDEN]), [3]);
    expect(whole.shape).toEqual([B, T, HIDDEN]);
    whole.data.forEach((value, i) => expect(steps.data[i]).toBeCloseTo(value, 5));
  });

  it('begins with what was remembered, and with nothing where an episode begins', async () => {
    const [one, other] = [await seen(normals([B, HIDDEN], 1), [3]), await seen(normals([B, HIDDEN], 5), [3])];
    const row = ({ data }: (typeof one)['whole'], sequence: number, t: number) => [...data.subarray((sequence * T + t) * HIDDEN, (sequence * T + t + 1) * HIDDEN)];
    // In the first sequence an episode begins at index 3; in the second none does.
    expect(row(one.whole, 0, 2)).not.toEqual(row(other.whole, 0, 2));
    expect(row(one.whole, 0, 3)).toEqual(row(other.whole, 0, 3));
    expect(row(one.whole, 0, 5)).toEqual(row(other.whole, 0, 5));
    expect(row(one.whole, 1, 5)).not.toEqual(row(other.whole, 1, 5));
  });
});
