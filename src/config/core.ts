/**
 * What every run is configured by, whatever its agent: the world, training, replay and the engine. Everything else
 * stands beside the component that reads it (component.ts). A key without a default is a size that every preset states.
 */
import { z } from 'zod';
import { count, fraction, natural, writtenOut } from './kinds.ts';

/** Steps that a run can have: at a thousand a second these take thirty years. */
const steps = z.int().min(1).max(1e12);
/** Seeds are integers of which the numbers of JavaScript keep every digit. */
const SEEDS = Number.MAX_SAFE_INTEGER;

export const coreOptions = {
  env: {
    // More pixels than a screen has do not become a small feature map.
    size: count.max(4096).describe('Side of the square frame, in pixels.'),
    // Every lane is a world with a state and pictures of its own, stepped in one process.
    lanes: count.max(4096).default(8).describe('Worlds that are stepped side by side.'),
    // All repetitions are made between two pictures: with more of them an episode is over in a step.
    actionRepeat: count
      .max(1000)
      .default(1)
      .describe('How often each action is applied; it still counts as one step, with the sum of its rewards.'),
    stickyActions: fraction.default(0).describe('Probability that the last action is applied once more instead.'),
    timeLimit: natural.default(0).describe("Steps of the world in an episode; 0 means the world's own limit."),
    levels: natural.default(0).describe('Different beginnings of episodes, the same ones for every seed; 0: as many as the world has.'),
    frameStack: count.max(16).default(1).describe('Pictures that are seen at once: the newest and those before it.'),
    greyscale: z.boolean().default(false).describe('Grey pictures, still of three channels.'),
    distract: z
      .enum(['none', 'noise', 'shapes', 'film', 'colors'])
      .default('none')
      .describe('Television static, drifting shapes or a film behind the scene, or other colours in every episode.'),
    camera: z.enum(['fixed', 'jitter']).default('fixed').describe('Whether the scene shakes a little at every step.'),
    distractStrength: fraction.default(0.5).describe('How strong distract and camera are; 1 hides the background.'),
    timeout: z.number().min(0).max(86_400).default(60).describe('Seconds that a world of your own or of Python may take to answer; 0 means no limit.'),
  },
  train: {
    steps: steps.describe('Environment steps in all, over all lanes.'),
    // Ten years.
    minutes: z.number().min(0).max(5_256_000).default(0).describe('Minutes after which training stops; 0 means no limit.'),
    batchSize: count.max(65_536).describe('Sequences in a batch.'),
    batchLength: writtenOut.min(2).describe('Steps in a replayed sequence.'),
    // The largest that is used anywhere is 1024; the smallest is a step learned from in ten thousand.
    trainRatio: z.number().min(1e-4).max(65_536).describe('Replayed steps learned from per environment step.'),
    prefill: natural.default(1024).describe('Environment steps taken at random before learning begins.'),
    explore: fraction
      .default(0)
      .describe('Chance at each step that a random action begins which is kept up for a while, for rewards that are far off.'),
    collectSteps: natural.default(0).describe('Environment steps that are really taken, after which it learns from its replay alone; 0: all there are.'),
    dataset: z.string().max(4096).default('').describe('A folder of recorded steps that it begins with (dreamtree record); none where it is empty.'),
    givenSteps: natural.default(0).describe('Steps of all that come from the dataset, and are learned from before any is taken; --dataset sets it.'),
    // Nothing is shown, saved or acted upon within a block.
    blockUpdates: count.max(10_000).default(16).describe('Updates in a block: what acts meanwhile uses the block before.'),
    logEvery: steps.default(500).describe('Environment steps between two lines of metrics.'),
    evalEvery: natural.default(0).describe('Environment steps between two evaluations while it learns, which become the metric eval/return; 0: only at the end.'),
    evalEpisodes: count.max(1e6).default(100).describe('Episodes of an evaluation.'),
    checkpointEvery: steps.default(5000).describe('Environment steps between two checkpoints.'),
    refusals: count.default(50).describe('Updates in a row that may be refused, as their numbers left the range, before the run stops.'),
    // Twice the cores of the largest machines; each thread takes memory of its own.
    threads: count.max(512).default(2).describe('Threads of the numeric engine.'),
  },
  replay: {
    // A terabyte: the replay lives in memory.
    bytes: z.int().min(1).max(1e12).default(1e9).describe('Capacity of the replay in bytes; the oldest segments go first.'),
    shift: natural.max(64).default(0).describe('Pixels by which the pictures of a replayed sequence are moved at random, at most, each way (DrQ); for latents of the newest pictures.'),
  },
  engine: {
    name: z
      .enum(['auto', 'onnx', 'tensorflow', 'reference'])
      .default('auto')
      .describe('What runs compiled programs; auto: ONNX Runtime, and WebAssembly for small ones that only act or search.'),
    provider: z
      .enum(['cpu', 'webgpu', 'cuda', 'tensorrt', 'dml', 'coreml'])
      .default('cpu')
      .describe('Execution provider of ONNX Runtime.'),
  },
} as const;

/** What stands above the sections: which run this is. */
export const headOptions = {
  agent: z.string().describe('The agent that learns, by name or as the file that holds it.'),
  policy: z.string().default('auto').describe('How it acts while it learns, by name or file; auto: as the agent asks for.'),
  preset: z.string().describe('The preset this configuration began from.'),
  world: z.string().describe('The world, by name or as the file that holds it.'),
  seed: z.int().min(-SEEDS).max(SEEDS).default(0).describe('The seed of every random stream.'),
} as const;

const coreSchema = z.object({ ...headOptions, ...mapShapes(coreOptions) });

type Sections<O> = { [Name in keyof O]: z.ZodObject<O[Name] extends z.ZodRawShape ? O[Name] : never> };

function mapShapes<O extends Readonly<Record<string, z.ZodRawShape>>>(options: O): Sections<O> {
  return Object.fromEntries(Object.entries(options).map(([name, shape]) => [name, z.object(shape)])) as Sections<O>;
}

/** The part of a configuration that every run has. */
export type CoreConfig = z.output<typeof coreSchema>;

/** A whole configuration, resolved and frozen: the sections of the components stand beside those of the core. */
export interface Config extends CoreConfig {
  readonly [section: string]: unknown;
}
