/** A model that only sees: a latent of the newest pictures, for agents that learn to act and imagine nothing. */
import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { count, width, type Component, type OptionsOf } from '../../config/index.ts';
import { frameHistory, frameRepresentation } from '../../nn/frame-history.ts';
import { codecOptions, codecRules, codecShape, imageEncoder } from '../../nn/image-codec.ts';
import { mlp } from '../../nn/layers.ts';
import { recurrentRepresentation } from '../../nn/recurrent-representation.ts';
import { outcomeOptions, outcomeRules } from '../../nn/reward-head.ts';
import { fromWidths } from '../../nn/widths.ts';
import type { LearnedModel, Representation, WorldShape } from '../../types.ts';

const { depth, minResolution, stem } = codecOptions;
const { bins, horizonDiscount } = outcomeOptions;

const options = {
  model: {
    depth, minResolution, stem,
    hidden: width.describe('Width of the layers that see.'),
    memory: z.enum(['frames', 'recurrent']).default('frames').describe('What goes beyond one picture: the newest ones, or a recurrence over all since an episode began.'),
    frames: count.max(128).default(3).describe('Pictures that the latent is made from: the newest and those before it; without a recurrence.'),
    bins, horizonDiscount,
  },
};

export type FramesOptions = OptionsOf<typeof options>['model'];

export const frames = {
  options,
  presets: fromWidths(({ hidden, depth: channels }, preset) => ({ model: { hidden, depth: channels, ...(preset === 'debug' ? { bins: 15 } : {}) } })),
  rules: ({ model }, { env, train }) => [
    ...codecRules(model, env), ...outcomeRules(model),
    ...(model.memory === 'frames' && train.batchLength < model.frames + 1
      ? [{ key: 'train.batchLength', expected: `expected at least model.frames + 1 = ${model.frames + 1}` }]
      : []),
  ],
} satisfies Component<typeof options>;

/** Latent: `state` [hidden]. It learns from whatever stands on it. */
export function createFrames(config: FramesOptions, { image, actionSize }: Pick<WorldShape, 'image' | 'actionSize'>): LearnedModel {
  const { hidden } = config;
  const encoder = imageEncoder('encoder', codecShape(config, image));
  const representation = config.memory === 'recurrent' ? recurrentRepresentation({ encoder, hidden, actionSize }) : newestPictures();
  return {
    parameters: representation.parameters,
    representation,
    loss: (params, batch, noise) => ({ total: tf.scalar(0), parts: {}, latents: representation.filter(params, batch, noise) }),
  };

  function newestPictures(): Representation {
    const history = frameHistory({ encoder, frames: config.frames, hidden, actionSize });
    return frameRepresentation(history, mlp('representation', history.size, hidden, 2), hidden);
  }
}
