/**
 * Presets: plain data laid over the defaults. `size1m` … `size400m` are DreamerV3's official sizes
 * (`dreamerv3/configs.yaml`).
 */
import type { ConfigLayer } from './layer.ts';

const official = {
  env: { size: 64 },
  train: { steps: 1_000_000, batchSize: 16, batchLength: 64, trainRatio: 32 },
} as const;

/** Sizes and speeds of the core in every preset; components state their own beside their options. */
export const presets = {
  debug: {
    env: { size: 16, lanes: 2 },
    train: {
      steps: 200,
      batchSize: 2,
      batchLength: 6,
      trainRatio: 4,
      prefill: 40,
      blockUpdates: 2,
      logEvery: 40,
      evalEpisodes: 4,
      checkpointEvery: 100,
    },
    replay: { bytes: 1e6 },
  },
  tiny: {
    env: { size: 32 },
    train: { steps: 50_000, batchSize: 8, batchLength: 16, trainRatio: 32, prefill: 1000 },
  },
  small: {
    env: { size: 64 },
    train: { steps: 100_000, batchSize: 16, batchLength: 32, trainRatio: 32 },
  },
  size1m: official,
  size12m: official,
  size25m: official,
  size50m: official,
  size100m: official,
  size200m: official,
  size400m: official,
} as const satisfies Readonly<Record<string, ConfigLayer>>;

export type PresetName = keyof typeof presets;

/**
 * Only the goal is rewarded, and time runs out without being an end: with a far horizon a random walk, which gets there
 * some day, is worth nearly as much as the shortest path, and the advantages drown in the entropy bonus. Every episode
 * has a layout of its own: 24 bits of latent are too few for it, small things weigh little in a small picture's error,
 * and a model that sees few layouts learns them by heart. Who is not sure of the way must not always try the same wall.
 */
const newLayouts = {
  preset: 'tiny',
  model: { horizonDiscount: 50, stoch: 16, classes: 16, scales: { image: 4 } },
  behavior: { greedy: false },
  train: { steps: 250_000, trainRatio: 8 },
} as const satisfies ConfigLayer;

/** So far off that single random steps find it in one episode of a hundred or never; kept up, they do. */
const farGoal = { preset: 'tiny', train: { steps: 100_000, prefill: 4000, explore: 0.05 } } as const satisfies ConfigLayer;

/** What a world asks for where no preset is named: a preset, and what to lay over it. Found by measuring (README.md). */
export const worldPresets: Readonly<Record<string, ConfigLayer>> = {
  // So short that a policy of little entropy is certain of itself before the model has seen the paddle move.
  catch: {
    preset: 'tiny',
    behavior: { entropy: 0.03, imaginationHorizon: 10, imaginationStarts: 64 },
    train: { steps: 12_000, trainRatio: 24, prefill: 500 },
  },
  cartpole: { preset: 'tiny', train: { steps: 40_000 } },
  // Who won is all that counts: values learn how games ended (MuZero, appendix G).
  'connect-four': { preset: 'tiny', search: { simulations: 25, returnSteps: 42 }, train: { steps: 100_000 } },
  freeway: { ...farGoal, behavior: { greedy: false } },
  'key-door': newLayouts,
  maze: newLayouts,
  'mountain-car-continuous': farGoal,
  // It never ends, so with a far horizon the value is mostly a large constant that takes long to be learned.
  pendulum: { preset: 'tiny', model: { horizonDiscount: 40 }, train: { steps: 25_000 } },
  'tic-tac-toe': { preset: 'tiny', search: { simulations: 25, returnSteps: 9 }, train: { steps: 40_000 } },
};
