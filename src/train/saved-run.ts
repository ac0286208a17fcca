/**
 * Does a checkpoint hold the run that its configuration describes? Whoever made the file: arrays of the right shapes,
 * counters that can have come about, worlds in flight that can be gone on with. All of it is seen before anything of
 * the run is opened.
 */
import type { Config } from '../config/index.ts';
import type { Checkpoint } from '../data/checkpoint.ts';
import type { Agent } from '../types.ts';
import { COVERAGE_BYTES } from './coverage.ts';
import { updatesDue } from './loop.ts';
import { refusing, requireArrays, type Refuse } from './saved-arrays.ts';

export interface ExpectedRun {
  readonly config: Config;
  readonly agent: Agent;
  /** Numbers in an action of the world. */
  readonly actionSize: number;
}

/**
 * See that `saved`, read from `file`, is a run of this agent that can be continued. Throws CheckpointError, in one
 * sentence with the file and the array, counter or lane at fault. The replay's mark is looked at for its counts alone.
 */
export function requireSavedRun(file: string, saved: Checkpoint, { config, agent, actionSize }: ExpectedRun): void {
  const refuse = refusing(file);
  requireArrays(refuse, saved.arrays, agent);
  requireCounters(refuse, saved, { config, agent });
  requireMeans(refuse, saved.extra.means);
  requirePictures(refuse, saved.extra.pictures);
  requireWorlds(refuse, saved.extra.driver, config.env.lanes, actionSize);
}

const COUNTERS = ['step', 'update', 'block', 'episode', 'loggedAt'] as const;

function requireCounters(refuse: Refuse, { counters, extra }: Checkpoint, { config, agent }: Pick<ExpectedRun, 'config' | 'agent'>): void {
  for (const name of COUNTERS) requireCount(refuse, name, counters[name]);
  const { step, update, block, episode, loggedAt, elapsedMs } = counters;
  if (!(elapsedMs >= 0 && elapsedMs < Infinity)) refuse(`expected elapsedMs to be a time, got ${elapsedMs}`);
  const { lanes } = config.env;
  if (step % lanes !== 0) refuse(`step ${step} is not a multiple of its ${lanes} lanes`);
  const due = updatesDue(config, step, agent);
  if (update > due) refuse(`update ${update} cannot have come about by step ${step}, where ${due} were due`);
  // Every block takes a step at least, or makes an update.
  for (const [name, count, most] of [['block', block, step + update], ['episode', episode, step], ['loggedAt', loggedAt, step]] as const) {
    if (count > most) refuse(`${name} ${count} cannot have come about by step ${step}`);
  }
  const counts = isRecord(extra.replay) && Array.isArray(extra.replay.counts) ? extra.replay.counts : [];
  const replayed = counts.reduce<number>((sum, count) => sum + (typeof count === 'number' ? count : NaN), 0);
  // Every lane has a record for each of its steps and for its beginnings: one an episode, and after every continuation
  // of a world that could not be put back, of which there are not so many.
  const most = 2 * step + MOST_CONTINUATIONS * lanes + 2 * config.train.givenSteps;
  const taken = Math.min(Math.max(step, config.train.givenSteps), config.train.collectSteps || Infinity);
  if (!(replayed >= taken && replayed <= most)) refuse(`its replay has ${replayed} steps, which step ${step} cannot have made`);
}

const MOST_CONTINUATIONS = 10_000;

function requireCount(refuse: Refuse, name: string, value: unknown): void {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return;
  refuse(`expected ${name} to be a whole number, at least 0, got ${shown(value)}`);
}

function requireMeans(refuse: Refuse, means: unknown): void {
  if (!isRecord(means)) return refuse(`expected means by name, got ${shown(means)}`);
  for (const [name, mean] of Object.entries(means)) {
    if (!isRecord(mean) || typeof mean.sum !== 'number' || typeof mean.count !== 'number' || !Number.isSafeInteger(mean.count) || mean.count < 1) {
      refuse(`expected means.${name} to be a sum and a count, got ${shown(mean)}`);
    }
  }
}

/** Runs of older versions have none. */
function requirePictures(refuse: Refuse, pictures: unknown): void {
  if (pictures === undefined || (pictures instanceof Uint8Array && pictures.length === COVERAGE_BYTES)) return;
  refuse(`expected pictures to be ${COVERAGE_BYTES} bytes, got ${shown(pictures)}`);
}

function requireWorlds(refuse: Refuse, driver: unknown, laneCount: number, actionSize: number): void {
  if (!isRecord(driver)) return refuse(`expected worlds in flight, got ${shown(driver)}`);
  requireRng(refuse, 'the worlds', driver.rng);
  const { lanes } = driver;
  if (!Array.isArray(lanes) || lanes.length !== laneCount) {
    return refuse(`expected worlds of ${laneCount} lanes, got ${Array.isArray(lanes) ? lanes.length : shown(lanes)}`);
  }
  lanes.forEach((lane: unknown, index) => {
    if (!isRecord(lane)) return refuse(`expected lane ${index} to be a world in flight, got ${shown(lane)}`);
    if (!('state' in lane)) refuse(`lane ${index} has no state`);
    requireRng(refuse, `lane ${index}`, lane.rng);
    requireCount(refuse, `length of lane ${index}`, lane.length);
    requireCount(refuse, `finished of lane ${index}`, lane.finished);
    if (typeof lane.return !== 'number' || !Number.isFinite(lane.return)) {
      refuse(`expected the return of lane ${index} to be a finite number, got ${shown(lane.return)}`);
    }
    const action = lane.previousAction;
    if (!(action instanceof Float32Array) || action.length !== actionSize || !action.every(Number.isFinite)) {
      refuse(`expected previousAction of lane ${index} to be ${actionSize} finite 32-bit numbers, got ${shown(action)}`);
    }
  });
}

/** A key of two 32-bit words and a counter. */
function requireRng(refuse: Refuse, whose: string, rng: unknown): void {
  const isWord = (word: unknown) => typeof word === 'number' && Number.isInteger(word) && word >= -(2 ** 31) && word < 2 ** 32;
  const { key, counter } = isRecord(rng) ? rng : {};
  const isKey = Array.isArray(key) && key.length === 2 && isWord(key[0]) && isWord(key[1]);
  const isCounter = typeof counter === 'number' && Number.isSafeInteger(counter) && counter >= 0;
  if (!isKey || !isCounter) refuse(`expected the rng of ${whose} to be a key of two words and a counter, got ${shown(rng)}`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/** What came, in a few words and one line. */
function shown(value: unknown): string {
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name} of ${value.byteLength} bytes`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isRecord(value)) return `a record of ${Object.keys(value).slice(0, 5).map((key) => JSON.stringify(key.slice(0, 20))).join(', ') || 'nothing'}`;
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value);
}
