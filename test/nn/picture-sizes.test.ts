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

  it.each([[49, 7, 7], [21, 3, 7], [9, 3, 3]])('%d: at the ends of what is like strides of 4', (size, stem, minResolution) => {
    expect(shapeOf(size)).toMatchObject({ stem, minResolution });
  });

  it.each([
    [FOUR, 8, 'expected 9, the nearest that goes with model.stem = 4 and model.minResolution = 4, or model.stem=4 model.minResolution=2 beside it'],
    [FOUR, 10, 'expected 9, the nearest that goes with model.stem = 4 and model.minResolution = 4, or model.stem=5 model.minResolution=2 beside it'],
    [FOUR, 47, 'expected 48, the nearest that goes with model.stem = 4 and model.minResolution = 4, or model.stem=1 model.minResolution=47 beside it'],
    [FOUR, 521, 'expected 512, the nearest that goes with model.stem = 4 and model.minResolution = 4'],
    [{ stem: 256, minResolution: 256 }, 64, 'expected a side that model.stem = 256 and model.minResolution = 256 divide, or model.stem=64 model.minResolution=1 beside it'],
  ])('%o cannot see %d', (strides, size, expected) => {
    expect(codecRules(strides, { size })).toEqual([{ key: 'env.size', expected }]);
  });

  it('cannot be cut into stages that do not divide them', () => {
    expect(() => stagesOf({ ...FOUR, size: 24, channels: 3, depth: 2 })).toThrow('env.size 24 cannot be halved from 24/4 down to model.minResolution 4');
    expect(() => stagesOf({ ...FOUR, size: 8, channels: 3, depth: 2 })).toThrow('env.size 8 cannot be halved');
    expect(() => stagesOf({ stem: 4, minResolution: 0.5, size: 18, channels: 3, depth: 2 })).toThrow('env.size 18 cannot be halved');
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
