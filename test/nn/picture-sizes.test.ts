import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { codecRules, codecShape, imageDecoder, imageEncoder, stagesOf } from '../../src/nn/image-codec.ts';
import { dense } from '../../src/nn/layers.ts';
import type { Group, ParameterSpec, Params } from '../../src/types.ts';

const FOUR = { stem: 4, minResolution: 4 };
const shapeOf = (size: number, strides = FOUR) => codecShape({ ...strides, depth: 2 }, { size, channels: 3 });
const zerosOf = (parameters: Group<ParameterSpec>): Params =>
  Object.fromEntries(Object.entries(parameters).map(([name, { shape }]) => [name, tf.zeros([...shape])]));

describe('pictures of the sizes that people use', () => {
  it.each([
    [16, 4, 4], [32, 4, 4], [64, 4, 4], [128, 4, 4], [4096, 4, 4], // as the strides say
    [48, 4, 3], [96, 4, 3], [84, 3, 7], [100, 5, 5], [72, 3, 3], [80, 4, 5], [224, 4, 7],
  ])('%d: a first stride of %d, down to maps of %d', (size, stem, minResolution) => {
    expect(codecRules(FOUR, { size })).toEqual([]);
    const shape = shapeOf(size);
    expect(shape).toEqual({ size, channels: 3, depth: 2, stem, minResolution });
    const stages = stagesOf(shape);
    expect(stages[0].resolution * shape.stem).toBe(size);
    expect(stages.at(-1)?.resolution).toBe(shape.minResolution);
  });

  it.each([48, 84, 96, 100])('%d: encoder and decoder give what they should', (size) => {
    const shape = shapeOf(size);
    const encoder = imageEncoder('encoder', shape);
    const decoder = imageDecoder('decoder', shape, (cells) => {
      const layer = dense('entry', 5, cells);
      return { parameters: layer.parameters, apply: (params, { state }) => layer.apply(params, state) };
    });
    const tokens = encoder.apply(zerosOf(encoder.parameters), tf.zeros([2, size, size, 3]));
    expect(tokens.shape).toEqual([2, encoder.tokens]);
    const pictures = decoder.apply(zerosOf(decoder.parameters), { state: tf.zeros([2, 5]) });
    expect(pictures.shape).toEqual([2, size, size, 3]);
  });

  it.each([
    [{ stem: 8, minResolution: 4 }, 64, 8, 4], [{ stem: 8, minResolution: 4 }, 84, 7, 3], [{ stem: 1, minResolution: 1 }, 1, 1, 1],
    [{ stem: 1, minResolution: 47 }, 47, 1, 47], [{ stem: 7, minResolution: 1 }, 7, 7, 1],
  ])('%o at %d', (strides, size, stem, minResolution) => {
    expect(codecRules(strides, { size })).toEqual([]);
    expect(shapeOf(size, strides)).toMatchObject({ stem, minResolution });
  });

  it('whose sides nothing divides name the nearest, and the keys that make them possible do', () => {
    for (let size = 1; size <= 300; size++) {
      const [broken] = codecRules(FOUR, { size });
      if (!broken) continue;
      expect(broken.key).toBe('env.size');
      const [, nearest, stem, minResolution] =
        /expected (\d+), the nearest .*minResolution = 4(?:, or model\.stem=(\d+) model\.minResolution=(\d+) beside it)?$/.exec(broken.expected) ?? [];
      expect(codecRules(FOUR, { size: Number(nearest) }), broken.expected).toEqual([]);
      if (stem === undefined) continue; // a prime above the largest strides
      expect(codecRules({ stem: Number(stem), minResolution: Number(minResolution) }, { size }), broken.expected).toEqual([]);
    }
  });
});
