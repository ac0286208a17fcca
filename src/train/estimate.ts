/**
 * How much memory a training will take, from its configuration alone: counted where sizes are known, and for what a
 * program keeps between its operations by factors that were measured (test/train/estimate.test.ts has the figures).
 * Within a factor of two, which is enough to tell what a machine can hold from what it cannot.
 */
import { searchSettings } from '../acting/search-options.ts';
import { samplesOf } from '../acting/latent-search.ts';
import type { Config, Options, OptionsOf } from '../config/index.ts';
import { bytesPerStepOf } from '../data/replay-form.ts';
import { sizeOf } from '../nd-array.ts';
import type { Agent, Group, WorldShape } from '../types.ts';

export interface MemoryPart {
  /** As the end of a sentence: `the batch and what is computed of it`. */
  readonly name: string;
  /** The key that has most to do with it, or what stands in a key's place. */
  readonly key: string;
  readonly bytes: number;
}

export interface MemoryEstimate {
  readonly bytes: number;
  /** The largest first. */
  readonly parts: readonly MemoryPart[];
}

export interface EstimateRequest {
  readonly config: Config;
  /** Built, which takes no memory: its parameters are shapes. */
  readonly agent: Agent;
  readonly shape: WorldShape;
  /** Of the policy by which it acts while it learns; absent where it does not search. */
  readonly search?: OptionsOf<Options>;
}

const FLOAT = 4;
/** Node, TensorFlow.js, ONNX Runtime, canvas and sharp, with three threads and small programs. */
const PROCESS = 450 * 2 ** 20;
/** What the program of one written-out step takes: its nodes, as they are traced, written down and optimised. */
const PER_WRITTEN_STEP = 600 * 2 ** 10;
/** What a thread of the engine keeps. */
const PER_THREAD = 2 * 2 ** 20;
/** A world in play: canvas, picture, state. */
const PER_LANE_PICTURES = 12;
/** Copies of the parameters beside optimiser and slow copies: gradients, new ones, those that act, those in a checkpoint. */
const PARAMETER_COPIES = 6;
/** Copies of an optimiser's slots and the slow parameters: old, new, in a checkpoint and packed. */
const STATE_COPIES = 4;
/** Numbers that are kept for each output of a layer: the product, its normalisation and activation, and their gradients. */
const PER_OUTPUT = 5;
/** Numbers kept for each number of a batch's pictures: as floats, patches, decoded, their differences and gradients. */
const PER_PIXEL = 5;
/** Numbers of a search tree for every edge, and for every node. */
const PER_EDGE = 6;
const PER_NODE = 5;

/** @returns bytes of main memory, in all and by what takes them */
export function estimateMemory(request: EstimateRequest): MemoryEstimate {
  const parts = [
    parameterPart(request), batchPart(request), activationPart(request), replayPart(request), searchPart(request),
    lanePart(request), programPart(request), { name: 'the process itself', key: '', bytes: PROCESS },
  ].sort((a, b) => b.bytes - a.bytes);
  return { bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0), parts };
}

const numbersIn = (group: Group<readonly number[]>): number => Object.values(group).reduce((sum, shape) => sum + sizeOf(shape), 0);

/** A number in a section of the configuration, which may not have it. */
export function numberOf(config: Config, key: string): number | undefined {
  const [section, name] = key.split('.');
  const values = config[section];
  const value: unknown = typeof values === 'object' && values !== null ? Object.entries(values).find(([own]) => own === name)?.[1] : undefined;
  return typeof value === 'number' ? value : undefined;
}

/** Of keys that multiply one another, the one that is furthest beyond what is usual. */
export function furthest(config: Config, usual: Readonly<Record<string, number>>): string {
  const excess = (key: string): number => (numberOf(config, key) ?? 0) / usual[key];
  return Object.keys(usual).reduce((worst, key) => (excess(key) > excess(worst) ? key : worst));
}

/** Widths of a network in the largest preset. */
export const WIDTHS = {
  'model.deter': 12_288, 'model.hidden': 1536, 'model.units': 1536, 'behavior.units': 1536, 'model.depth': 96, 'model.bins': 255,
  'model.stoch': 64, 'model.classes': 96, 'model.dynLayers': 4, 'model.minResolution': 8, 'model.frames': 8,
} as const;

function parameterPart({ config, agent, shape }: EstimateRequest): MemoryPart {
  const shapes = Object.fromEntries(Object.entries(agent.parameters).map(([name, spec]) => [name, spec.shape]));
  const prefixes = agent.stages.flatMap(({ slow }) => slow?.prefixes ?? []);
  const slow = Object.entries(shapes).filter(([name]) => prefixes.some((prefix) => name.startsWith(prefix)));
  const slots = agent.stages.flatMap(({ trains, optimizer }) => {
    const trained = Object.entries(agent.parameters).filter(([name]) => trains.some((prefix) => name.startsWith(prefix)));
    return Object.values(optimizer?.slots(Object.fromEntries(trained)) ?? {}).map(numbersIn);
  }).reduce((sum, numbers) => sum + numbers, 0);
  const state = slots + numbersIn(Object.fromEntries(slow));
  return {
    name: 'the parameters of the agent, with gradients, optimiser and copies',
    key: shape.actionSize > 10_000 ? actionsKey(shape) : furthest(config, WIDTHS),
    bytes: FLOAT * (PARAMETER_COPIES * numbersIn(shapes) + STATE_COPIES * state),
  };
}

const actionsKey = ({ actionSize }: WorldShape): string => `the world's ${actionSize} actions`;

/** Which size of a batch is to blame: usual ones are those of the official presets. */
export const BATCH = { 'train.batchSize': 16, 'train.batchLength': 64, 'env.size': 64, 'env.frameStack': 4 } as const;
/** How far is looked ahead from each of its steps. */
export const LOOKAHEAD = { 'behavior.imaginationHorizon': 15, 'model.unroll': 5, 'behavior.imaginationStarts': 1024 } as const;

function batchPart({ config, agent, shape }: EstimateRequest): MemoryPart {
  const { train: { batchSize, batchLength } } = config;
  const { image: { size, channels }, actionSize } = shape;
  const pixels = size * size * channels;
  const targets = numbersIn(agent.targetShapes);
  // Two batches as bytes, of which one is the next; then what is computed of one.
  const perStep = 2 * (pixels + FLOAT * (actionSize + targets)) + FLOAT * (PER_PIXEL * pixels + 2 * (actionSize + targets));
  return {
    name: 'the pictures of a batch',
    key: actionSize + targets > pixels ? actionsKey(shape) : furthest(config, BATCH),
    bytes: batchSize * batchLength * perStep,
  };
}

interface Latents {
  readonly observed: number;
  /** Without gradients through the dynamics: only what predicts keeps anything of them. */
  readonly imagined: number;
  /** Those from which an unroll with gradients through everything begins, and all of it. */
  readonly begun: number;
  readonly unrolled: number;
}

/** Latents that an update looks at. */
function latentsOf({ config, agent }: EstimateRequest): Latents {
  const { train: { batchSize, batchLength } } = config;
  const horizon = numberOf(config, 'behavior.imaginationHorizon');
  const unroll = numberOf(config, 'model.unroll');
  const observed = batchSize * batchLength;
  const begun = unroll === undefined ? 0 : batchSize * Math.max(0, batchLength - agent.representation.blindSteps - unroll);
  const wanted = numberOf(config, 'behavior.imaginationStarts') || observed;
  const starts = Math.min(begun || observed, batchSize * Math.min(batchLength, Math.max(1, Math.ceil(wanted / batchSize))));
  return { observed, imagined: starts * (horizon === undefined ? 0 : horizon + 1), begun, unrolled: begun * ((unroll ?? 0) + 1) };
}

/** Rows that a layer of the encoder or the decoder has for each picture: as many as there are places in its map. */
function placesOf(name: string, shapes: Agent['parameters'], pixels: number): number {
  const [, part, stage] = /^(encoder|decoder)\/(\d+|pixels)\//.exec(name) ?? [];
  if (stage === undefined) return 1;
  const finest = pixels / (shapes['encoder/0/kernel']?.shape[0] ?? pixels);
  if (stage === 'pixels') return finest;
  return finest / 4 ** (Number(stage) + (part === 'decoder' ? 1 : 0));
}

/** A product of an update: a row for every latent or place that it is made for. */
export interface Layer {
  readonly weights: number;
  readonly outputs: number;
  /** Rows with gradients: of pictures, and of latents that are learned from. */
  readonly seen: number;
  readonly thought: number;
  /** Rows of imagined latents, which pass gradients on only in what predicts from them. */
  readonly imagined: number;
  readonly predicts: boolean;
}

/** The products of an update. */
export function layersOf(request: EstimateRequest): Layer[] {
  const { agent, shape } = request;
  const { observed, imagined, begun, unrolled } = latentsOf(request);
  const pixels = shape.image.size ** 2 * shape.image.channels;
  const { parameters: sees } = agent.representation;
  return Object.entries(agent.parameters).filter(([, { shape: { length } }]) => length > 1).map(([name, { shape: sides }]) => {
    const ofPictures = /^(encoder|decoder)\//.test(name);
    const predicts = name in (agent.prediction?.parameters ?? {});
    const thought = (name in sees ? begun : unrolled) || observed;
    return {
      weights: sizeOf(sides), outputs: sides.length === 3 ? sides[0] * sides[2] : sides[sides.length - 1],
      seen: ofPictures ? observed * placesOf(name, agent.parameters, pixels) : 0,
      // What learns to predict in imagination does so there alone.
      thought: ofPictures || (predicts && imagined > 0) ? 0 : thought,
      imagined: ofPictures ? 0 : imagined,
      predicts,
    };
  });
}

function activationPart(request: EstimateRequest): MemoryPart {
  const { config } = request;
  const { observed, imagined, unrolled } = latentsOf(request);
  let ofPictures = 0;
  let ofLatents = 0;
  for (const { outputs, seen, thought, imagined: rows, predicts } of layersOf(request)) {
    ofPictures += seen * outputs;
    ofLatents += (thought + rows * (predicts ? 1 : 1 / PER_OUTPUT)) * outputs;
  }
  return {
    name: 'what an update computes of a batch',
    key: ofLatents > ofPictures && imagined + unrolled > observed
      ? furthest(config, { ...BATCH, ...LOOKAHEAD })
      : furthest(config, { ...BATCH, 'model.depth': 96, 'model.bins': 255 }),
    bytes: FLOAT * PER_OUTPUT * (ofPictures + ofLatents),
  };
}

/** What the replay comes to when the run is over, or when it is full. */
function replayPart({ config, agent, shape }: EstimateRequest): MemoryPart {
  const { train: { steps }, replay: { bytes }, env: { lanes } } = config;
  // A reset is a step of its own: twice as many, where every episode has one step.
  return { name: 'the replay', key: 'replay.bytes', bytes: Math.min(bytes, (2 * steps + lanes) * replayStepBytes({ config, agent, shape })) };
}

/** Memory of one step in the replay. */
export function replayStepBytes({ config, agent, shape: { image: { size, channels }, actionSize } }: Omit<EstimateRequest, 'search'>): number {
  return bytesPerStepOf({
    imageShape: [size, size, channels], actionSize, priorities: (numberOf(config, 'replay.priority') ?? 0) > 0,
    contextShapes: mutable(agent.representation.contextShapes), targetShapes: mutable(agent.targetShapes),
  });
}

const mutable = (shapes: Group<readonly number[]>): Record<string, number[]> =>
  Object.fromEntries(Object.entries(shapes).map(([name, sides]) => [name, [...sides]]));

/** Trees of the lanes, and of the replayed steps that are searched anew. */
function searchPart({ config, agent, shape, search }: EstimateRequest): MemoryPart {
  const part = { name: 'the search trees', key: 'search.simulations' };
  if (!search && !agent.refresh) return { ...part, bytes: 0 };
  const settings = searchSettings(search ?? { search: Object(config.search) as OptionsOf<Options>[string] });
  const { batchSize, batchLength } = config.train;
  const anew = agent.refresh ? Math.round((numberOf(config, 'search.reanalyse') ?? 1) * batchSize) * batchLength : 0;
  const roots = (search ? config.env.lanes : 0) + anew;
  const edges = samplesOf(shape.actions, settings) ?? shape.actionSize;
  const latent = numbersIn(agent.dynamics?.latentShapes ?? {});
  const perNode = FLOAT * (PER_NODE + PER_EDGE * edges + latent);
  return {
    ...part, key: edges > 10_000 ? actionsKey(shape) : furthest(config, { 'search.simulations': 50, 'env.lanes': 64, 'train.batchSize': 64 }),
    bytes: roots * (1 + settings.simulations) * perNode,
  };
}

function lanePart({ config, shape: { image: { size, channels }, actionSize } }: EstimateRequest): MemoryPart {
  const { env: { lanes }, train } = config;
  const ticks = Math.min(train.steps, (train.blockUpdates * train.batchSize * train.batchLength) / train.trainRatio) / lanes;
  // Every step of a block is kept until the block is over.
  const block = Math.max(1, ticks) * lanes * (size * size * channels + 3 * FLOAT * actionSize);
  const own = lanes * PER_LANE_PICTURES * size * size * channels;
  return { name: 'the worlds and the steps of a block', key: own > block ? 'env.lanes' : 'train.blockUpdates', bytes: own + block };
}

function programPart({ config }: EstimateRequest): MemoryPart {
  const written = { 'train.batchLength': 64, 'behavior.imaginationHorizon': 15, 'model.unroll': 5, 'search.returnSteps': 5 };
  const steps = Object.keys(written).reduce((sum, key) => sum + (numberOf(config, key) ?? 0), 0);
  return { name: 'the programs', key: furthest(config, written), bytes: steps * PER_WRITTEN_STEP + config.train.threads * PER_THREAD };
}
