import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { rmsNorm, silu } from '../../src/engine/fused.ts';
import { float32, mapGroup } from '../../src/nd-array.ts';
import { members } from '../../src/nn/members.ts';
import { initParameters } from '../../src/nn/parameters.ts';
import { createRng } from '../../src/random.ts';
import { distance } from '../contracts/listed.ts';
import { normals, runBoth, withGradients, worstError } from '../engine/parity.ts';

const SHAPE = { count: 3, inputs: 4, units: 5, layers: 2, outputs: 2 };

describe('members', () => {
  const nets = members('m', SHAPE);
  const params = { ...initParameters(nets.parameters, createRng(1)), 'm/0/scale': normals([3, 1, 5], 7), 'm/2/bias': normals([3, 1, 2], 8) };
  const rows = normals([6, 4], 3);

  it('are perceptrons, each with numbers of its own', async () => {
    const { compiled } = await runBoth((v) => {
      const alone = Array.from({ length: 3 }, (_, member) => {
        const own = mapGroup(v.params, (tensor) => tf.squeeze(tf.slice(tensor, [member, 0, 0], [1, -1, -1]), [0]));
        const hidden = [0, 1].reduce<tf.Tensor>((x, i) =>
          silu(tf.mul(rmsNorm(tf.add(tf.matMul(x as tf.Tensor2D, own[`m/${i}/kernel`] as tf.Tensor2D), own[`m/${i}/bias`]), tf.ones([5])), own[`m/${i}/scale`])), v.x.rows);
        return tf.add(tf.matMul(hidden as tf.Tensor2D, own['m/2/kernel'] as tf.Tensor2D), own['m/2/bias']);
      });
      return { out: { together: nets.apply(v.params, v.x.rows), apart: tf.stack(alone) } };
    }, { params, x: { rows } });
    expect(compiled.out.together.shape).toEqual([3, 6, 2]);
    expect(distance(compiled.out.together, compiled.out.apart)).toBeLessThan(1e-5);
    expect(new Set(compiled.out.together.data).size).toBe(36); // no two say the same
  });

  it('learn alike in both engines', async () => {
    const { compiled, expected } = await runBoth(withGradients((x) => nets.apply(x, x.rows)), { x: { ...params, rows } });
    expect(worstError(compiled, expected).error).toBeLessThan(1e-4);
  });

  it('begin at zero where they are told to', async () => {
    const flat = members('m', { ...SHAPE, scale: 0 });
    const { compiled } = await runBoth((v) => ({ out: { out: flat.apply(v.params, v.x.rows) } }), {
      params: initParameters(flat.parameters, createRng(1)), x: { rows: float32([1, 2, 3, 4], [1, 4]) },
    });
    expect(new Set(compiled.out.out.data)).toEqual(new Set([0]));
  });
});
