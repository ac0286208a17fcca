import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { rmsNorm, silu } from '../../src/engine/fused.ts';
import { float32 } from '../../src/nd-array.ts';
import { blockLinear, linear, mlp } from '../../src/nn/layers.ts';
import { initParameters } from '../../src/nn/parameters.ts';
import { fromPatches, toPatches } from '../../src/nn/patches.ts';
import { imageDecoder, imageEncoder, stagesOf } from '../../src/nn/image-codec.ts';
import { createRng } from '../../src/random.ts';
import { evaluate, normals, runBoth, withGradients, worstError } from '../engine/parity.ts';

/** Central differences of the projection that `withGradients` takes, for every element of every input. */
async function expectTrueGradient(fn: (x: Record<string, tf.Tensor>) => tf.Tensor, inputs: Parameters<typeof evaluate>[1] & object) {
  const { compiled, expected } = await runBoth(withGradients(fn), { x: inputs });
  expect(worstError(compiled, expected).error).toBeLessThan(1e-4);
  const step = 1e-2;
  for (const [name, { data, shape }] of Object.entries(inputs)) {
    for (let i = 0; i < data.length; i++) {
      const at = async (offset: number) => {
        const moved = Float32Array.from(data);
        moved[i] += offset;
        const values = await evaluate(fn, { ...inputs, [name]: float32(moved, shape) });
        return values.reduce((sum, value, j) => sum + value * Math.cos(1.3 * (j + 1)), 0);
      };
      const slope = ((await at(step)) - (await at(-step))) / (2 * step);
      expect(Math.abs(compiled.gradients[name].data[i] - slope)).toBeLessThan(5e-3 * Math.max(1, Math.abs(slope)));
    }
  }
}

describe('fused operations', () => {
  it('silu is x·σ(x), with its gradient', async () => {
    const values = await evaluate(({ x }) => silu(x), { x: float32([0, 1, -2], [3]) });
    values.forEach((value, i) => expect(value).toBeCloseTo([0, 0.731059, -0.238406][i], 5));
    await expectTrueGradient(({ x }) => silu(x), { x: normals([2, 3]) });
  });

  it('rmsNorm divides by the root mean square, with its gradients', async () => {
    const values = await evaluate(({ x, s }) => rmsNorm(x, s, 0), { x: float32([3, -4], [1, 2]), s: float32([1, 10], [2]) });
    // rms(3, −4) = √12.5 = 3.535534
    values.forEach((value, i) => expect(value).toBeCloseTo([0.848528, -11.31371][i], 4));
    await expectTrueGradient(({ x, s }) => rmsNorm(x, s), { x: normals([2, 2, 3]), s: normals([3], 4) });
  });
});

describe('layers', () => {
  it('start as truncated normals of variance 1/fanIn, with biases of zero', () => {
    const params = initParameters(linear('layer', 400, 300).parameters, createRng(1));
    const kernel = Array.from(params['layer/kernel'].data);
    const variance = kernel.reduce((sum, value) => sum + value ** 2, 0) / kernel.length;
    expect(variance * 400).toBeCloseTo(1, 1);
    expect(Math.max(...kernel.map(Math.abs)) * 20).toBeLessThanOrEqual(2 * 1.1368 + 1e-6);
    expect(new Set(params['layer/bias'].data)).toEqual(new Set([0]));
  });

  it('a block-linear layer is a linear layer with a block-diagonal matrix', async () => {
    const blocks = blockLinear('b', 6, 4, 2);
    const params = initParameters(blocks.parameters, createRng(2));
    const dense = new Float32Array(24);
    for (let block = 0; block < 2; block++) {
      for (let i = 0; i < 3; i++) {
        for (let j = 0; j < 2; j++) dense[(block * 3 + i) * 4 + block * 2 + j] = params['b/kernel'].data[block * 6 + i * 2 + j];
      }
    }
    const x = normals([5, 6]);
    const actual = await evaluate((v) => blocks.apply(v, v.x), { ...params, x });
    const expected = await evaluate((v) => tf.matMul(v.x as tf.Tensor2D, v.w as tf.Tensor2D), { x, w: float32(dense, [6, 4]) });
    actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 5));
    // Steps of sequences as rows
    const steps = { ...x, shape: [1, 5, 6] };
    const { compiled } = await runBoth(({ v }) => ({ out: { y: blocks.apply(v, v.x) } }), { v: { ...params, x: steps } });
    expect(compiled.out.y).toEqual(float32(actual, [1, 5, 4]));
    expect(() => blockLinear('b', 6, 4, 4)).toThrow('b: expected widths divisible by 4 blocks, got 6 and 4');
    expect(() => blockLinear('b', 6, 4, 3)).toThrow('b: expected widths divisible by 3 blocks, got 6 and 4');
  });

  it('a block-linear layer starts each block as a layer of its own width; one of a single block is a plain one', () => {
    expect(blockLinear('b', 6, 4, 2, { scale: 0.5 }).parameters).toEqual({
      'b/kernel': { shape: [2, 3, 2], init: { fanIn: 3, scale: 0.5 } }, 'b/bias': { shape: [4], init: 'zeros' },
    });
    expect(blockLinear('b', 6, 4, 1, { scale: 0.5 }).parameters).toEqual({
      'b/kernel': { shape: [6, 4], init: { fanIn: 6, scale: 0.5 } }, 'b/bias': { shape: [4], init: 'zeros' },
    });
  });

  it('say which layer was given the wrong width', async () => {
    const layer = mlp('head', 4, 8, 2);
    await expect(evaluate((v) => layer.apply(v, v.x), { ...initParameters(layer.parameters, createRng(0)), x: normals([2, 5]) }))
      .rejects.toThrow('head/0: expected [..., 4], got [2,5]');
  });
});

describe('images', () => {
  it('come back from patches', async () => {
    const image = normals([2, 6, 4, 3]);
    expect(await evaluate(({ x }) => fromPatches(toPatches(x, 2), 2), { x: image })).toEqual([...image.data]);
    const patches = await evaluate(({ x }) => tf.slice(toPatches(x, 2), [0, 0, 1, 0], [1, 1, 1, 3]), { x: image });
    expect(patches).toEqual([...image.data.slice(6, 9)]); // the second patch begins at column 2
  });

  it('are encoded to the tokens that the shape says, and decoded to pictures in [0, 1]', async () => {
    const shape = { size: 32, channels: 3, stem: 4, depth: 4, minResolution: 4 };
    expect(stagesOf(shape)).toEqual([{ resolution: 8, channels: 8 }, { resolution: 4, channels: 12 }]);
    const encoder = imageEncoder('e', shape);
    const decoder = imageDecoder('d', shape, (cells) => {
      const entry = linear('d/entry', 10, cells);
      return { parameters: entry.parameters, apply: (params, { state }) => entry.apply(params, state) };
    });
    const params = { ...initParameters(encoder.parameters, createRng(0)), ...initParameters(decoder.parameters, createRng(0)) };
    const tokens = await evaluate((v) => encoder.apply(v, v.x), { ...params, x: normals([3, 32, 32, 3]) });
    expect(tokens.length).toBe(3 * encoder.tokens);
    const picture = await evaluate((v) => decoder.apply(v, { state: v.state }), { ...params, state: normals([3, 10]) });
    expect(picture.length).toBe(3 * 32 * 32 * 3);
    expect(Math.min(...picture)).toBeGreaterThan(0);
    expect(Math.max(...picture)).toBeLessThan(1);
    expect(() => stagesOf({ ...shape, size: 20 })).toThrow('env.size 20 cannot be halved');
  });
});
