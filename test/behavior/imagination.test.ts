import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { imagine } from '../../src/behavior/imagination.ts';
import { valueAndGradients } from '../../src/engine/gradients.ts';
import { float32 } from '../../src/engine/nd-array.ts';
import type { Group, LatentModel, NdArray, Noise } from '../../src/types.ts';
import { runBoth, uniforms } from '../engine/parity.ts';
import { drawing, oneHots, tableModel, tableParameters } from './table-model.ts';

/** The only place that knows how imagination is called: from `starts`, under a policy that is a row for each state. */
async function imagined(
  starts: string,
  policy: readonly (readonly number[])[],
  { horizon = 3, model = tableModel(), noise = drawing([]) }: { horizon?: number; model?: LatentModel; noise?: Noise } = {},
): Promise<Group<Group<NdArray>>> {
  const { compiled } = await runBoth((v) => {
    const weights = v.weights;
    const { extras, gradients } = valueAndGradients(weights, () => {
      const act = (features: tf.Tensor) => tf.matMul(features as tf.Tensor2D, weights.policy as tf.Tensor2D);
      const from = { state: tf.reshape(weights.starts, [-1, 4]) };
      const { latents, features, actions } = imagine(weights, model, from, act, horizon, noise);
      const out = { state: latents.state, features, actions };
      // Were any of them to let gradients through, the sum of squares would show it.
      return { total: tf.addN(Object.values(out).map((tensor) => tf.sum(tf.square(tensor)))), extras: { out } };
    });
    return { out: extras.out, gradients };
  }, { weights: { ...tableParameters, starts: oneHots(starts), policy: float32(policy.flat(), [4, 2]) } });
  return compiled;
}


/** One-hots [N, T, 4] as they are written in table-model.ts. */
function named({ data, shape: [rows, length] }: NdArray): string {
  const states = Array.from({ length: rows * length }, (_, i) => 'abcd'[data.slice(i * 4, i * 4 + 4).indexOf(1)]);
  return Array.from({ length: rows }, (_, row) => states.slice(row * length, (row + 1) * length).join('')).join(' ');
}

const [FIRST, SECOND] = [[1, 0], [0, 1]];

describe('imagine', () => {
  it('goes from every start where the actions lead, and tells both of each step', async () => {
    // Action 0 of a, 1 of b, 0 of c: round and round a → b → c → a. d stays where it is.
    const { out } = await imagined('ad', [FIRST, SECOND, FIRST, SECOND]);
    expect(named(out.state)).toBe('abca dddd');
    expect(out.features).toEqual(out.state);
    expect(out.actions.shape).toEqual([2, 4, 2]);
    // The last action leads nowhere, and is told nonetheless.
    expect([...out.actions.data]).toEqual([FIRST, SECOND, FIRST, FIRST, SECOND, SECOND, SECOND, SECOND].flat());
  });

  it('takes as many steps as it is told', async () => {
    const { out } = await imagined('b', [SECOND, FIRST, FIRST, FIRST], { horizon: 1 });
    expect(named(out.state)).toBe('bd');
  });

  it('lets no gradient through: not to the model, the policy or the starts', async () => {
    const { gradients } = await imagined('ac', [FIRST, SECOND, FIRST, SECOND]);
    for (const [name, { data }] of Object.entries(gradients)) expect(data.every((slope) => slope === 0), name).toBe(true);
  });

  it('hands its noise to the model at every step, so that two steps differ', async () => {
    const table = tableModel();
    const asked: (readonly number[])[] = [];
    const model: LatentModel = {
      ...table,
      imagine: (_, { state }, __, noise) => ({ state: tf.add(tf.mul(state, 0), noise!.uniform([1, 4])) }),
    };
    const noise: Noise = {
      uniform(shape) {
        asked.push(shape);
        return tf.tensor(uniforms(shape, 0, 1, asked.length).data, [...shape]);
      },
      normal: (shape) => tf.zeros([...shape]),
    };
    const { out } = await imagined('a', [FIRST, SECOND, FIRST, SECOND], { horizon: 2, model, noise });
    // Two steps, on each of two engines; the first engine was told the first two.
    expect(asked).toEqual([[1, 4], [1, 4], [1, 4], [1, 4]]);
    const [one, other] = [1, 2].map((seed) => [...uniforms([1, 4], 0, 1, seed).data]);
    expect([...out.state.data]).toEqual([1, 0, 0, 0, ...one, ...other]);
  });
});
