/**
 * The convolutional encoder and decoder. Every convolution's kernel equals its stride, so each is one matrix product;
 * on two CPU cores that is several times faster than overlapping kernels, whose cost is moving memory.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { Group, ParameterSpec, Params } from '../types.ts';
import { blockLinear, chain, dense, linear, normAct, parametersOf, type Layer } from './layers.ts';
import { fromPatches, toPatches } from './patches.ts';

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
  patchLogits(params: Params, deter: Tensor, stoch: Tensor): Tensor;
  /** Pictures [N, S, S, C] in [0, 1]. */
  apply(params: Params, deter: Tensor, stoch: Tensor): Tensor;
}

/** deter [N, D] and flat stoch [N, S] to pictures. */
export function imageDecoder(
  name: string,
  shape: ImageShape,
  { deter, stoch, units, blocks }: { deter: number; stoch: number; units: number; blocks: number },
): ImageDecoder {
  const stages = stagesOf(shape);
  const coarse = stages[stages.length - 1];
  const cells = coarse.resolution ** 2;
  const fromDeter = blockLinear(`${name}/deter`, deter, cells * coarse.channels, blocks);
  const fromStoch = chain(
    dense(`${name}/stoch0`, stoch, 2 * units), linear(`${name}/stoch1`, 2 * units, cells * coarse.channels),
  );
  const merge = normAct(`${name}/merge`, coarse.channels);
  const upward = stages.slice(0, -1).map(({ channels }, i) => ({
    widen: linear(`${name}/${i}`, stages[i + 1].channels, 4 * channels),
    activate: normAct(`${name}/${i}/norm`, channels),
  }));
  const pixels = linear(`${name}/pixels`, stages[0].channels, shape.stem ** 2 * shape.channels);
  const parts = [fromDeter, fromStoch, merge, ...upward.flatMap(({ widen, activate }) => [widen, activate]), pixels];
  const patchLogits = (params: Params, deterState: Tensor, stochState: Tensor): Tensor => {
    const sum = tf.add(fromDeter.apply(params, deterState), fromStoch.apply(params, stochState));
    const grid = tf.reshape(sum, [-1, coarse.resolution, coarse.resolution, coarse.channels]);
    const finest = upward.reduceRight(
      (x, { widen, activate }) => activate.apply(params, fromPatches(widen.apply(params, x), 2)),
      merge.apply(params, grid),
    );
    return pixels.apply(params, finest);
  };
  return {
    parameters: parametersOf(parts),
    patchLogits,
    apply: (params, deterState, stochState) =>
      fromPatches(tf.sigmoid(patchLogits(params, deterState, stochState)), shape.stem),
  };
}
