/**
 * How long a training will take at the least, from its configuration alone: the arithmetic of its products, at the pace
 * of a fast machine. What this refuses or warns of takes longer still on any other.
 */
import { availableParallelism } from 'node:os';
import { searchSettings } from '../acting/search-options.ts';
import { samplesOf } from '../acting/latent-search.ts';
import type { Options, OptionsOf } from '../config/index.ts';
import { sizeOf } from '../nd-array.ts';
import { UserError } from '../user-error.ts';
import { BATCH, LOOKAHEAD, WIDTHS, furthest, layersOf, numberOf, type EstimateRequest } from './estimate.ts';
import { largestThatFits, type RoomRequest } from './largest-that-fits.ts';

export interface TimeEstimate {
  /** Multiplications and additions of one update. */
  readonly updateFlops: number;
  /** Seconds of the steps and updates of a block, within which nothing is shown, saved or stopped. */
  readonly blockSeconds: number;
  /** Seconds of the whole run. */
  readonly seconds: number;
  /** The key that has most to do with them. */
  readonly key: string;
}

/** What a machine can do, in floating-point operations a second. */
export interface Pace {
  /** Of products with many rows, on so many threads. */
  readonly learning: number;
  readonly acting: number;
}

/** Of one thread of a fast core, with wide vectors: three times what a laptop's has. */
const PER_THREAD = 300e9;
/** Of a fast graphics card. */
const PER_CARD = 100e12;
/** Of plain JavaScript. */
const PER_REFERENCE = 2e9;
/** Nothing steps a world faster than this, with its picture, in seconds. */
const PER_STEP = 1e-5;

/** The pace of this machine at its best with such a configuration. */
export function paceOf({ engine, train: { threads } }: EstimateRequest['config']): Pace {
  if (engine.name === 'reference') return { learning: PER_REFERENCE, acting: PER_REFERENCE };
  if (engine.name === 'tensorflow' || engine.provider !== 'cpu') return { learning: PER_CARD, acting: PER_CARD };
  const cores = availableParallelism();
  return { learning: PER_THREAD * Math.min(threads, cores), acting: PER_THREAD * cores };
}

/** @returns seconds at least, and the arithmetic that they are for */
export function estimateTime(request: EstimateRequest, pace: Pace = paceOf(request.config)): TimeEstimate {
  const { batchSize, batchLength, trainRatio, steps, blockUpdates, prefill } = request.config.train;
  const updateFlops = flopsOfUpdate(request);
  const updatesPerStep = trainRatio / (batchSize * batchLength);
  // Of a step: to take it, to learn from it, and to search anew what is learned from.
  const acting = PER_STEP + flopsOfDecision(request) / pace.acting;
  const learning = (updatesPerStep * updateFlops) / pace.learning;
  const refreshing = (updatesPerStep * flopsOfRefreshing(request)) / pace.acting;
  return {
    updateFlops,
    blockSeconds: Math.min(steps, blockUpdates / updatesPerStep) * (acting + learning + refreshing),
    seconds: steps * acting + Math.max(0, steps - prefill) * (learning + refreshing),
    key: Math.max(acting, refreshing) > learning
      ? furthest(request.config, { 'search.simulations': 50, 'model.deter': 12_288, 'model.units': 1536 })
      : furthest(request.config, { ...BATCH, ...WIDTHS, ...LOOKAHEAD }),
  };
}

/** Forward, and backward by inputs and by weights; only forward through what is imagined. */
function flopsOfUpdate(request: EstimateRequest): number {
  return layersOf(request).reduce((sum, { weights, seen, thought, imagined, predicts }) =>
    sum + 2 * weights * (3 * (seen + thought) + (predicts ? 3 : 1) * imagined), 0);
}

/** Of one step of a world: its picture, and what is searched from there. */
function flopsOfDecision(request: EstimateRequest): number {
  const { search } = request;
  const { batchSize, batchLength } = request.config.train;
  const observed = layersOf(request).reduce((sum, { weights, seen }) => sum + (2 * weights * seen) / (batchSize * batchLength), 0);
  return observed + (search ? flopsOfSearch(request, search) : 0);
}

/** Of the searches by which the targets of one update are made anew. */
function flopsOfRefreshing(request: EstimateRequest): number {
  const { agent, config } = request;
  if (!agent.refresh) return 0;
  const roots = Math.round((numberOf(config, 'search.reanalyse') ?? 1) * config.train.batchSize) * config.train.batchLength;
  return roots * flopsOfSearch(request, request.search ?? { search: Object(config.search) as OptionsOf<Options>[string] });
}

/** Of a search from one root: at every simulation a step of the model and what is predicted there. */
function flopsOfSearch({ agent, shape }: EstimateRequest, options: OptionsOf<Options>): number {
  const settings = searchSettings(options);
  const weights = [agent.dynamics?.parameters, agent.prediction?.parameters].flatMap((group) => Object.values(group ?? {}))
    .reduce((sum, { shape: sides }) => sum + (sides.length > 1 ? sizeOf(sides) : 0), 0);
  const edges = samplesOf(shape.actions, settings) ?? shape.actionSize;
  return settings.simulations * (2 * weights + edges);
}

/** Within a block nobody sees whether anything goes on. */
const LONGEST_BLOCK = 3600;
/** Runs beyond it are asked for by mistake more often than not. */
const LONG_RUN = 30 * 24 * 3600;

/** @throws UserError where nothing would be shown or saved for hours; it names the key, and the nearest value that would do */
export function requireBlock(request: RoomRequest, pace?: Pace): void {
  const { blockSeconds, key } = estimateTime(request, pace);
  if (blockSeconds <= LONGEST_BLOCK) return;
  const quick = (other: EstimateRequest): boolean => estimateTime(other, pace).blockSeconds <= LONGEST_BLOCK;
  const [found] = [key, 'train.blockUpdates', 'train.batchSize'].flatMap((name) => {
    const value = numberOf(request.config, name);
    const most = value === undefined ? undefined : largestThatFits(request, name, value, quick);
    return most === undefined ? [] : [`${name}=${most} would do`];
  });
  const value = numberOf(request.config, key);
  throw new UserError(
    `${value === undefined ? 'this configuration' : `${key} = ${value}`}: a block of ${request.config.train.blockUpdates} updates would take at least ` +
      `${durationInWords(blockSeconds)} on this machine, and nothing is shown or saved within one; ${found ?? 'begin from a smaller --preset'}`,
  );
}

/** What to say before a run that will take very long; undefined where it need not, or where it is to end earlier. */
export function longRunInWords(request: EstimateRequest, pace?: Pace): string | undefined {
  const { seconds } = estimateTime(request, pace);
  const { steps, minutes } = request.config.train;
  if (Math.min(seconds, minutes > 0 ? minutes * 60 : Infinity) <= LONG_RUN) return undefined;
  return `${steps} steps will take at least ${durationInWords(seconds)} on this machine; --minutes ends a run earlier, and Ctrl-C saves it`;
}

const UNITS: readonly [seconds: number, name: string][] = [[365.25 * 86_400, 'years'], [86_400, 'days'], [3600, 'hours']];

/** As `3 hours`, `40 days`, `1e9 years`: two digits are more than an estimate knows. */
export function durationInWords(seconds: number): string {
  const [unit, name] = UNITS.find(([length]) => seconds >= 2 * length) ?? [60, 'minutes'];
  const rounded = Number((seconds / unit).toPrecision(2));
  return `${rounded >= 1e6 ? rounded.toExponential().replace('e+', 'e') : rounded} ${name}`;
}
