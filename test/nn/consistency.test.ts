import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { valueAndGradients } from '../../src/engine/gradients.ts';
import { float32, zeros } from '../../src/nd-array.ts';
import { consistency } from '../../src/nn/consistency.ts';
import { initParameters } from '../../src/nn/parameters.ts';
import { createRng } from '../../src/random.ts';
import type { ParamArrays } from '../../src/types.ts';
import { normals, runBoth } from '../engine/parity.ts';

const siblings = () => consistency(3, 2);
const params = initParameters(siblings().parameters, createRng(0));
const states = { imagined: normals([2, 3], 1), observed: normals([2, 3], 2) };

/** Both networks say the same whatever they are shown. */
const constant = (projection: readonly number[], prediction: readonly number[]): ParamArrays => ({
  ...params,
  'projection/out/kernel': zeros([2, 2]), 'projection/out/bias': float32(projection, [2]),
  'prediction/out/kernel': zeros([2, 2]), 'prediction/out/bias': float32(prediction, [2]),
});

/** Losses, and the gradients of their sum for parameters and states. */
async function run(weights: ParamArrays) {
  const { compiled } = await runBoth(({ params: p, states: s }) => {
    const { extras, gradients } = valueAndGradients({ ...p, ...s }, () => {
      const loss = siblings().loss(p, s.imagined, s.observed);
      return { total: tf.sum(loss), extras: { out: { loss } } };
    });
    return { out: extras.out, gradients };
  }, { params: weights, states });
  return { loss: [...compiled.out.loss.data], gradients: compiled.gradients };
}

const still = ({ data }: { readonly data: ArrayLike<number> }) => Array.from(data).every((value) => value === 0);

describe('consistency', () => {
  it('is −1 where both point the same way, 0 across and 1 where they are opposed, whatever their length', async () => {
    for (const [prediction, expected] of [[[6, 8], -1], [[-4, 3], 0], [[-0.3, -0.4], 1]] as const) {
      const { loss } = await run(constant([3, 4], prediction));
      expect(loss).toHaveLength(2);
      for (const value of loss) expect(value).toBeCloseTo(expected, 5);
    }
  });

  it('teaches what was imagined, and leaves what was observed alone', async () => {
    const { gradients } = await run(params);
    expect(still(gradients.observed)).toBe(true);
    expect(still(gradients.imagined)).toBe(false);
    for (const name of Object.keys(params)) expect(still(gradients[name]), name).toBe(false);
  });

  it('does not move the goal', async () => {
    // The guess depends on nothing here, so that only the goal could teach the projection.
    const guess = { 'prediction/out/kernel': zeros([2, 2]), 'prediction/out/bias': float32([1, 0], [2]) };
    const { gradients } = await run({ ...params, ...guess });
    for (const name of Object.keys(params).filter((each) => each.startsWith('projection/'))) {
      expect(still(gradients[name]), name).toBe(true);
    }
    expect(still(gradients['prediction/out/bias'])).toBe(false);
  });
});
