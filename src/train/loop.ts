/**
 * The training loop: act, remember, learn. Acting and learning run side by side, one block of data apart: what acts in
 * block k uses the parameters that the blocks before k−1 gave, and what learns meanwhile sees the steps before block k.
 * So nothing depends on which thread is faster, and the same seed gives the same numbers. An agent that learns on-policy takes
 * turns with its worlds instead: a block is acted, and learned from before the next.
 */
import type { Config } from '../config/index.ts';
import { shiftPictures } from '../data/random-shift.ts';
import type { Replay, SequencePosition } from '../data/replay.ts';
import { mapGroup, reshaped, zeros } from '../nd-array.ts';
import { createRng } from '../random.ts';
import type { Agent, NdArray, ParamArrays, Representation, Rng } from '../types.ts';
import type { FinishedEpisode } from '../world/driver.ts';
import { WorldError } from '../world/world-error.ts';
import type { Collected, Collector, Tick } from './collector.ts';
import { createCoverage } from './coverage.ts';
import { watchBeyond, type Beyond } from './beyond.ts';
import { DivergedError } from './diverged.ts';
import type { Learner } from './learner.ts';
import { createMeans, type Means, type MeanState } from './metrics.ts';
import { newestSequences, shuffled } from './newest.ts';
import { refreshedPositions } from './refreshed.ts';

/** Where a run stands between two blocks, apart from what collector, replay and learner hold. Plain data. */
export interface LoopState {
  /** Environment steps taken, over all lanes. */
  readonly step: number;
  readonly update: number;
  readonly block: number;
  readonly episode: number;
  /** What was measured since the last row. */
  readonly means: MeanState;
  /** Which pictures were seen (coverage.ts). */
  readonly pictures: Uint8Array;
  readonly loggedAt: number;
}

export interface LoopOptions {
  readonly config: Config;
  readonly agent: Pick<Agent, 'targetShapes' | 'largest' | 'onPolicy'> & { readonly representation: Pick<Representation, 'blindSteps'> };
  readonly collector: Collector;
  readonly replay: Replay;
  readonly learner: Learner;
  /** Where to go on; the collector and the replay must have been restored to the same moment. */
  readonly resume?: LoopState;
}

/** What happened in a block, for whoever draws, writes or stops. */
export interface Moment {
  readonly state: LoopState;
  /** A row of metrics, where one was due. */
  readonly row?: Readonly<Record<string, number>>;
  /** Means of the latest updates, where any were made. */
  readonly losses?: Readonly<Record<string, number>>;
  readonly finished: readonly FinishedEpisode[];
  /** The whole budget of steps is used and learned from. */
  readonly done: boolean;
  /** Where the latest updates were refused, since their numbers had left the range: how many in a row, and what was wrong. */
  readonly refused?: Refused;
  /** Rewards and values beyond what the agent can say: the first of each kind. */
  readonly beyond?: readonly Beyond[];
}

export interface Refused {
  readonly inARow: number;
  readonly reason: string;
}

/**
 * Environment steps taken at random before learning begins: as many as asked, and enough for a first sequence; none where
 * it learns from what it does itself alone, or has a dataset to begin with.
 */
const exploration = ({ train, env }: Config, { onPolicy }: Pick<Agent, 'onPolicy'>): number =>
  (onPolicy || train.givenSteps > 0 ? 0 : Math.max(train.prefill, env.lanes * train.batchLength));

/** Updates that are due when `step` environment steps have been taken. */
export function updatesDue(config: Config, step: number, agent: Pick<Agent, 'onPolicy'>): number {
  const { train } = config;
  const replayed = Math.max(0, step - exploration(config, agent)) * train.trainRatio;
  return Math.floor(replayed / (train.batchSize * train.batchLength));
}

const BEGINNING = { step: 0, update: 0, block: 0, episode: 0, loggedAt: 0 };

/** Run until the budget of steps is used; stop iterating at any moment to stop earlier. */
export async function* trainingLoop(options: LoopOptions): AsyncGenerator<Moment, void, void> {
  const { config, collector, replay, learner, resume, agent } = options;
  const { targetShapes, largest, onPolicy = false, representation: { blindSteps } } = agent;
  const { train } = config;
  const sampling = createRng(config.seed).split('replay');
  const means = createMeans(resume?.means);
  const coverage = createCoverage(resume?.pictures);
  const remember = (lanes: Tick['steps']): void => lanes.forEach((steps, lane) => steps.forEach((step) => {
    coverage.add(step.image);
    replay.append(lane, step);
  }));
  const watch = watchBeyond(largest ? { largest } : {}, horizonOf(config), means);
  // Beyond them steps are counted, and none is taken; nor are those that are given.
  const collectSteps = Math.min(train.collectSteps || Infinity, train.steps);
  let { step, update, block, episode, loggedAt } = resume ?? BEGINNING;
  let params: ParamArrays | undefined;
  let refused: Refused | undefined;
  if (!resume) remember(await collector.start());

  /** The new steps become memory. */
  const bringIn = ({ ticks }: Collected): void => {
    for (const { steps, targets, stats } of ticks) {
      means.add(warningsOf(stats));
      // They are about what lanes show before they step on.
      const found = mapGroup(targetShapes, (shape, leaf) => targets[leaf] ?? zeros([collector.lanes, ...shape]));
      if (Object.keys(targets).length > 0) replay.writeTargets(replay.newest(), mapGroup(found, withTime));
      remember(steps);
    }
  };

  while (step < train.steps || update < updatesDue(config, step, agent)) {
    // Act with the parameters of the block before …
    const exploring = step < exploration(config, agent);
    const given = step < train.givenSteps;
    const collecting = !given && step < collectSteps;
    const left = Math.max(0, (given ? train.givenSteps : collecting ? collectSteps : train.steps) - step);
    const ticks = Math.min(blockTicks(config, exploring, agent), Math.ceil(left / collector.lanes));
    const acting = collecting ? collector.collect(params, { index: block, ticks, exploring }) : Promise.resolve(NOTHING_NEW);
    const learnTo = (to: number, sequences?: Span['sequences']) =>
      learn(learner, replay, config, { from: update, to, refused, ...(sequences ? { sequences } : {}) }, sampling, means);
    let due = Math.min(updatesDue(config, step, agent), update + blockUpdates(config));
    // … and learn from the steps of all blocks before; or wait, and learn from these.
    const before = replay.newest();
    const [collected, learned] = onPolicy
      ? await inTurn(acting, (found) => {
        bringIn(found);
        due = updatesDue(config, step + ticks * collector.lanes, agent);
        const sequences = newestSequences({ before, ticks: found.ticks, length: train.batchLength, blindSteps });
        return learnTo(due, shuffled(sequences, sampling.split(`block ${block}`)));
      }, { refused })
      : await both(acting, learnTo(due));
    const { losses } = learned;
    ({ refused } = learned);
    if (collected instanceof WorldError) {
      // What was learned stands, and none of this block's steps do: a moment from which the run can go on.
      const state = { step, update: due, block, episode, means: means.state(), pictures: coverage.state(), loggedAt };
      yield { state, finished: [], done: false, ...(refused ? { refused } : {}) };
      throw collected;
    }

    // Meet: the new steps become memory, the new parameters act.
    if (!onPolicy) bringIn(collected);
    params = due > update ? await learner.params() : undefined;
    step += ticks * collector.lanes;
    episode += collected.finished.length;
    update = due;
    block += 1;
    const beyond = watch.look(collected.ticks, collected.finished);
    for (const { return: total, length } of collected.finished) {
      means.add({ 'episode/return': total, 'episode/length': length });
    }

    const done = step >= train.steps && update >= updatesDue(config, step, agent);
    const diverged = refused !== undefined && refused.inARow >= train.refusals;
    const rowDue = done || diverged || step - loggedAt >= train.logEvery;
    const row = rowDue ? { ...means.take(), 'episode/count': episode, 'episode/pictures': coverage.distinct(), 'replay/steps': replay.length } : undefined;
    if (rowDue) loggedAt = step;
    yield {
      state: { step, update, block, episode, means: means.state(), pictures: coverage.state(), loggedAt },
      finished: collected.finished, done, ...(row ? { row } : {}), ...(losses ? { losses } : {}),
      ...(refused ? { refused } : {}), ...(beyond.length > 0 ? { beyond } : {}),
    };
    if (refused && diverged) throw new DivergedError(divergence(refused, update));
  }
}

const NOTHING_NEW: Collected = { ticks: [], finished: [] };

/** What a planner counts of plans that were worth no number; the other counts are for whoever times it. */
const warningsOf = (stats: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(stats).filter(([name]) => name.startsWith('plan/')));

/** Of whichever agent: models state it under one name. */
function horizonOf({ model }: Config): number {
  const horizon = typeof model === 'object' && model !== null && 'horizonDiscount' in model ? Number(model.horizonDiscount) : NaN;
  return Number.isFinite(horizon) ? horizon : Infinity;
}

const divergence = ({ reason, inARow }: Refused, update: number): string =>
  `${inARow} updates in a row could not be made, up to update ${update}: ${reason} (train.refusals); ` +
  'a lower optimizer.learningRate or smaller rewards would keep the numbers in their range';

/** Ticks of all lanes that bring in the data for one block of updates. */
function blockTicks(config: Config, exploring: boolean, agent: Pick<Agent, 'onPolicy'>): number {
  const { train, env } = config;
  const steps = (train.blockUpdates * train.batchSize * train.batchLength) / train.trainRatio;
  const ticks = Math.max(1, Math.round(steps / env.lanes));
  return exploring ? Math.min(ticks, Math.ceil(exploration(config, agent) / env.lanes)) : ticks;
}

/** Updates that a block may make: those that its ticks make due, which whole ticks round up. */
function blockUpdates(config: Config): number {
  const { train, env } = config;
  const replayed = blockTicks(config, false, { onPolicy: true }) * env.lanes * train.trainRatio;
  return Math.max(train.blockUpdates, Math.ceil(replayed / (train.batchSize * train.batchLength)));
}

/** Wait for both, also where one fails: neither may be left running alone. A world that failed elsewhere is told of. */
async function both<A, B>(acting: Promise<A>, learning: Promise<B>): Promise<[A | WorldError, B]> {
  const [acted, learned] = await Promise.allSettled([acting, learning]);
  if (learned.status === 'rejected') throw learned.reason;
  if (acted.status === 'fulfilled') return [acted.value, learned.value];
  if (acted.reason instanceof WorldError) return [acted.reason, learned.value];
  throw acted.reason;
}

/** First the one, and the other with what came of it. A world that failed is told of, and nothing was learned then. */
async function inTurn(acting: Promise<Collected>, learning: (collected: Collected) => Promise<Learned>, nothing: Learned): Promise<[Collected | WorldError, Learned]> {
  const collected = await acting.catch((error: unknown) => {
    if (error instanceof WorldError) return error;
    throw error;
  });
  return [collected, collected instanceof WorldError ? nothing : await learning(collected)];
}

/** [N, …] → [N, 1, …] */
const withTime = (array: NdArray): NdArray => reshaped(array, [array.shape[0], 1, ...array.shape.slice(1)]);

interface Span {
  readonly from: number;
  readonly to: number;
  readonly refused: Refused | undefined;
  /** Of these, and not of all that replay holds; there is always a next one. */
  readonly sequences?: Iterator<SequencePosition, never>;
}

interface Learned {
  readonly losses?: Readonly<Record<string, number>>;
  readonly refused: Refused | undefined;
}

/** Updates `from + 1 … to`. While one is computed the batch of the next is gathered. */
async function learn(
  learner: Learner,
  replay: Replay,
  { train, replay: { shift } }: Config,
  { from, to, sequences, ...before }: Span,
  rng: Rng,
  means: Means,
): Promise<Learned> {
  const { batchSize, batchLength: length } = train;
  const sample = (update: number) => {
    const drawn = sequences
      ? replay.gather(Array.from({ length: batchSize }, () => sequences.next().value), length)
      : replay.sample({ batchSize, length, rng: rng.split(update) });
    shiftPictures(drawn.image, shift, rng.split(`shift ${update}`));
    return drawn;
  };
  let losses: Readonly<Record<string, number>> | undefined;
  let { refused } = before;
  let batch = to > from ? sample(from + 1) : undefined;
  for (let update = from + 1; batch && update <= to; update++) {
    const { positions, context, targets, weight, image, action, reward, isFirst, isTerminal } = batch;
    const inputs = { batch: { image, action, reward, isFirst, isTerminal }, context, targets, weight: { weight } };
    const updating = learner.update({ update, inputs });
    batch = update < to ? sample(update + 1) : undefined;
    const { metrics, priority, refreshed, ...found } = await updating;
    if (found.refused !== undefined) {
      refused = { inARow: (refused?.inARow ?? 0) + 1, reason: found.refused };
      means.count('train/refused');
      if (refused.inARow >= train.refusals) break;
      continue;
    }
    refused = undefined;
    replay.writeContext(positions, found.context);
    if (refreshed) replay.writeTargets(refreshedPositions(positions, refreshed), refreshed.targets);
    if (priority) replay.writePriorities(positions, priority);
    means.add(metrics);
    losses = metrics;
  }
  return { ...(losses ? { losses } : {}), refused };
}

