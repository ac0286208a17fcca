/**
 * Presets: plain data laid over the schema's defaults. Each states every size; a forgotten one does not compile.
 * `size1m` … `size400m` are DreamerV3's official widths (`dreamerv3/configs.yaml`).
 */
import type { agents, ConfigInput } from './schema.ts';

type DeepPartial<T> = { readonly [K in keyof T]?: T[K] extends object | undefined ? DeepPartial<T[K]> : T[K] };

/** Any part of a configuration, to be laid over another. */
export type ConfigLayer = DeepPartial<ConfigInput>;

export type Preset = Omit<ConfigInput, 'agent' | 'preset' | 'world' | 'seed'>;

const official = {
  env: { size: 64 },
  model: { stoch: 32, blocks: 8 },
  behavior: { imaginationHorizon: 15 },
  train: { steps: 1_000_000, batchSize: 16, batchLength: 64, trainRatio: 32 },
} as const;

export const presets = {
  debug: {
    env: { size: 16, lanes: 2 },
    model: { deter: 8, hidden: 8, stoch: 2, classes: 4, units: 8, blocks: 1, depth: 2, bins: 15 },
    behavior: { units: 8, actorLayers: 1, criticLayers: 1, imaginationHorizon: 3 },
    optimizer: { warmup: 10 },
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
    model: { deter: 128, hidden: 128, stoch: 8, classes: 8, units: 128, blocks: 1, depth: 16 },
    behavior: { units: 128, imaginationHorizon: 15, imaginationStarts: 32, entropy: 0.003 },
    optimizer: { learningRate: 1e-3, warmup: 100 },
    train: { steps: 50_000, batchSize: 8, batchLength: 16, trainRatio: 32, prefill: 1000 },
  },
  small: {
    env: { size: 64 },
    model: { deter: 256, hidden: 256, stoch: 16, classes: 16, units: 256, blocks: 1, depth: 16 },
    behavior: { units: 256, imaginationHorizon: 15, imaginationStarts: 64 },
    optimizer: { learningRate: 1e-3, warmup: 100 },
    train: { steps: 100_000, batchSize: 16, batchLength: 32, trainRatio: 32 },
  },
  size1m: {
    ...official,
    model: { ...official.model, deter: 512, hidden: 64, classes: 4, units: 64, depth: 4 },
    behavior: { ...official.behavior, units: 64 },
  },
  size12m: {
    ...official,
    model: { ...official.model, deter: 2048, hidden: 256, classes: 16, units: 256, depth: 16 },
    behavior: { ...official.behavior, units: 256 },
  },
  size25m: {
    ...official,
    model: { ...official.model, deter: 3072, hidden: 384, classes: 24, units: 384, depth: 24 },
    behavior: { ...official.behavior, units: 384 },
  },
  size50m: {
    ...official,
    model: { ...official.model, deter: 4096, hidden: 512, classes: 32, units: 512, depth: 32 },
    behavior: { ...official.behavior, units: 512 },
  },
  size100m: {
    ...official,
    model: { ...official.model, deter: 6144, hidden: 768, classes: 48, units: 768, depth: 48 },
    behavior: { ...official.behavior, units: 768 },
  },
  size200m: {
    ...official,
    model: { ...official.model, deter: 8192, hidden: 1024, classes: 64, units: 1024, depth: 64 },
    behavior: { ...official.behavior, units: 1024 },
  },
  size400m: {
    ...official,
    model: { ...official.model, deter: 12288, hidden: 1536, classes: 96, units: 1536, depth: 96 },
    behavior: { ...official.behavior, units: 1536 },
  },
} as const satisfies Readonly<Record<string, Preset>>;

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

const trio = {
  model: { frames: 3, bins: 51 },
  behavior: { actorLayers: 1, criticLayers: 1, scales: { value: 0.5 } },
  search: { reanalyse: 0.5 },
  train: { batchLength: 16 },
} as const satisfies ConfigLayer;

/** What an agent asks for, laid over preset and world. */
export const agentLayers: Readonly<Record<keyof typeof agents, ConfigLayer>> = {
  dreamer: {},
  'dreamer-mcts': { search: { policy: 'auto' } },
  muzero: { ...trio, search: { ...trio.search, policy: 'puct', simulations: 25 } },
  'gumbel-muzero': { ...trio, search: { ...trio.search, policy: 'gumbel' } },
  'sampled-muzero': { ...trio, search: { ...trio.search, policy: 'sampled' } },
  efficientzero: {
    ...trio, model: { ...trio.model, decoder: 'probe', valuePrefix: true, scales: { consistency: 2 } }, search: { ...trio.search, policy: 'gumbel' },
  },
  'muzero-ac': { model: trio.model, train: trio.train },
};
