/**
 * The convolutional encoder and decoder. Every convolution's kernel equals its stride, so each is one matrix product;
 * on two CPU cores that is several times faster than overlapping kernels, whose cost is moving memory.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { z } from 'zod';
import { count, type Broken } from '../config/index.ts';
import type { Group, Latent, ParameterSpec, Params } from '../types.ts';
import { chain, dense, linear, normAct, parametersOf, type Layer } from './layers.ts';
import { fromPatches, toPatches } from './patches.ts';
import { flatten } from './sequences.ts';

/** Keys of a model that sees and decodes pictures. */
export const codecOptions = {
  decoder: z
    .enum(['recon', 'probe', 'none'])
    .default('recon')
    .describe('The decoder shapes the latent, or only looks at it (no gradient reaches the latent), or is left out.'),
  depth: count.max(4096).describe('Base number of channels of encoder and decoder.'),
  minResolution: count.max(256).default(4).describe('Side of the feature map at which encoder and decoder meet the latent, or nearly so.'),
  stem: count.max(256).default(4).describe('Stride of the first patch convolution, or nearly so where it does not divide the pictures; later stages halve the side.'),
};

/** Sides of pictures that are tried where one does not go with the other sizes. */
const LARGEST_SIZE = 4096;
/** Strides and smallest maps that are tried to make one possible. */
const LARGEST_SIDE = 256;

interface Strides {
  readonly stem: number;
  readonly minResolution: number;
}

/** How often one is as large as the other, whichever is larger, as a logarithm. */
const unlike = (a: number, b: number): number => Math.abs(Math.log2(a / b));

/** The strides by which pictures of this size can be seen, those most like `asked` first in `stem`, then in `minResolution`. */
function nearestStrides(size: number, asked: Strides, [least, most]: readonly [least: Strides, most: Strides]): Strides | undefined {
  let best: Strides | undefined;
  const rank = ({ stem, minResolution }: Strides): number => 1000 * unlike(stem, asked.stem) + unlike(minResolution, asked.minResolution);
  for (let stem = least.stem; stem <= most.stem; stem++) {
    // Halved as often as it goes; every map on the way could be the last.
    for (let side = size / stem; Number.isInteger(side) && side >= least.minResolution; side /= 2) {
      const found = { stem, minResolution: side };
      if (side <= most.minResolution && (!best || rank(found) < rank(best))) best = found;
    }
  }
  return best;
}

/**
 * The strides themselves where they divide the pictures (64, 32, …), else others of about their size: three quarters to
 * less than twice of each, so that 48, 84, 96 and 100 do for strides of 4 to maps of 4. Undefined where there are none.
 */
function stridesFor(size: number, asked: Strides): Strides | undefined {
  const around = (side: number): readonly [number, number] => [Math.ceil(0.75 * side), 2 * side - 1];
  const [[stem, mostStem], [minResolution, mostResolution]] = [around(asked.stem), around(asked.minResolution)];
  return nearestStrides(size, asked, [{ stem, minResolution }, { stem: mostStem, minResolution: mostResolution }]);
}

/** Pictures must be such that halving them ends at the smallest feature map. */
export function codecRules({ stem, minResolution }: Strides, { size }: { readonly size: number }): Broken[] {
  const asked = { stem, minResolution };
  if (stridesFor(size, asked)) return [];
  let expected = `expected a side that model.stem = ${stem} and model.minResolution = ${minResolution} divide`;
  for (let away = 1; away <= LARGEST_SIZE; away++) {
    const near = [size + away, size - away].find((side) => side <= LARGEST_SIZE && stridesFor(side, asked));
    if (near === undefined) continue;
    expected = `expected ${near}, the nearest that goes with model.stem = ${stem} and model.minResolution = ${minResolution}`;
    break;
  }
  const most = { stem: LARGEST_SIDE, minResolution: LARGEST_SIDE };
  const possible = nearestStrides(size, asked, [{ stem: 1, minResolution: 1 }, most]);
  const how = possible ? `, or model.stem=${possible.stem} model.minResolution=${possible.minResolution} beside it` : '';
  return [{ key: 'env.size', expected: expected + how }];
}

export interface ImageShape {
  /** Side of the square image, in pixels. */
  readonly size: number;
  readonly channels: number;
  /** Stride of the first convolution. */
  readonly stem: number;
  /** Channels are twice this after the first convolution, three times after the second, then four times. */
  readonly depth: number;
  /** Resolution at which the convolutions end. */
  readonly minResolution: number;
}

/** The shape of a codec for a world's pictures, from a model's options; its strides are those that divide the pictures. */
export const codecShape = (
  { stem, depth, minResolution }: Pick<ImageShape, 'stem' | 'depth' | 'minResolution'>,
  image: Pick<ImageShape, 'size' | 'channels'>,
): ImageShape => ({ ...image, depth, ...(stridesFor(image.size, { stem, minResolution }) ?? { stem, minResolution }) });

interface Stage {
  readonly resolution: number;
  readonly channels: number;
}

/** From the finest to the coarsest. @throws Error where the sizes do not divide. */
export function stagesOf({ size, stem, depth, minResolution }: ImageShape): readonly Stage[] {
  const stages: Stage[] = [];
  let resolution = size / stem;
  for (let i = 2; ; i++) {
    if (!Number.isInteger(resolution) || resolution < minResolution) {
      throw new Error(`env.size ${size} cannot be halved from ${size}/${stem} down to model.minResolution ${minResolution}`);
    }
    stages.push({ resolution, channels: depth * Math.min(i, 4) });
    if (resolution === minResolution) return stages;
    resolution /= 2;
  }
}

/** Images [N, S, S, C] in [0, 1] to tokens [N, tokens]. */
export function imageEncoder(name: string, shape: ImageShape): Layer & { readonly tokens: number } {
  const stages = stagesOf(shape);
  const last = stages[stages.length - 1];
  const layers = stages.map(({ channels }, i) => {
    const inputs = i === 0 ? shape.stem ** 2 * shape.channels : 4 * stages[i - 1].channels;
    return dense(`${name}/${i}`, inputs, channels);
  });
  return {
    tokens: last.resolution ** 2 * last.channels,
    parameters: parametersOf(layers),
    apply(params, image) {
      const centred = tf.sub(toPatches(image, shape.stem), 0.5);
      const coarse = layers.reduce((x, layer, i) => layer.apply(params, i === 0 ? x : toPatches(x, 2)), centred);
      return tf.reshape(coarse, [image.shape[0], -1]);
    },
  };
}

export interface ImageDecoder {
  readonly parameters: Group<ParameterSpec>;
  /** Logits of patches [N, S/stem, S/stem, stem·stem·C]: in training the target is brought into this order instead. */
  patchLogits(params: Params, latent: Latent): Tensor;
  /** Pictures [N, S, S, C] in [0, 1]. */
  apply(params: Params, latent: Latent): Tensor;
}

/** How a latent enters the decoder: as the coarsest feature map, [N, cells]. */
export interface DecoderEntry {
  readonly parameters: Group<ParameterSpec>;
  apply(params: Params, latent: Latent): Tensor;
}

/** Latents to pictures; `entryOf` is told how many numbers the coarsest feature map has. */
export function imageDecoder(name: string, shape: ImageShape, entryOf: (cells: number) => DecoderEntry): ImageDecoder {
  const stages = stagesOf(shape);
  const coarse = stages[stages.length - 1];
  const entry = entryOf(coarse.resolution ** 2 * coarse.channels);
  const merge = normAct(`${name}/merge`, coarse.channels);
  const upward = stages.slice(0, -1).map(({ channels }, i) => ({
    widen: linear(`${name}/${i}`, stages[i + 1].channels, 4 * channels),
    activate: normAct(`${name}/${i}/norm`, channels),
  }));
  const pixels = linear(`${name}/pixels`, stages[0].channels, shape.stem ** 2 * shape.channels);
  const parts = [entry, merge, ...upward.flatMap(({ widen, activate }) => [widen, activate]), pixels];
  const patchLogits = (params: Params, latent: Latent): Tensor => {
    const grid = tf.reshape(entry.apply(params, latent), [-1, coarse.resolution, coarse.resolution, coarse.channels]);
    const finest = upward.reduceRight(
      (x, { widen, activate }) => activate.apply(params, fromPatches(widen.apply(params, x), 2)),
      merge.apply(params, grid),
    );
    return pixels.apply(params, finest);
  };
  return {
    parameters: parametersOf(parts),
    patchLogits,
    apply: (params, latent) => fromPatches(tf.sigmoid(patchLogits(params, latent)), shape.stem),
  };
}

/** The decoder of latents whose leaf `state` [N, deter] is one vector. */
export const stateDecoder = (
  name: string,
  shape: ImageShape,
  { deter, units }: { readonly deter: number; readonly units: number },
): ImageDecoder => imageDecoder(name, shape, (cells) => {
  const { parameters, apply } = chain(dense(`${name}/state`, deter, 2 * units), linear(`${name}/cells`, 2 * units, cells));
  return { parameters, apply: (params, { state }) => apply(params, state) };
});

/** Bytes [B, T, H, W, C] to pictures [B·T, H, W, C] in [0, 1]. */
export const picturesOf = (image: Tensor): Tensor => tf.div(tf.cast(flatten(image, 2), 'float32'), 255);

/**
 * Squared error of decoded pictures [N, S, S, C] in [0, 1], summed over a picture: a scalar, the mean over pictures.
 * `weight` [N] may leave some out.
 */
export function pictureLoss(
  decoder: ImageDecoder,
  params: Params,
  latent: Latent,
  pictures: Tensor,
  stem: number,
  weight?: Tensor,
): Tensor {
  const error = tf.squaredDifference(tf.sigmoid(decoder.patchLogits(params, latent)), toPatches(pictures, stem));
  const weighted = weight ? tf.mul(error, tf.reshape(weight, [-1, 1, 1, 1])) : error;
  return tf.mul(tf.mean(weighted), error.size / pictures.shape[0]);
}
