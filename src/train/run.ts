/**
 * A run folder: everything that training keeps on disk, opened anew or where it was left. One checkpoint holds the
 * learner, the loop, the worlds in flight and the replay's mark together, so they always belong to the same moment.
 */
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import type { Config } from '../config/index.ts';
import { CHECKPOINT_FILE, readCheckpoint, sweepCheckpoints, type Checkpoint } from '../data/checkpoint.ts';
import type { Plain } from '../data/plain.ts';
import { createReplay, openReplay, type Replay } from '../data/replay.ts';
import { resolveEngine } from '../engine/resolve-engine.ts';
import { createRng } from '../random.ts';
import type { EngineChoice, Environment, RunningPolicy } from '../types.ts';
import { UserError } from '../user-error.ts';
import { randomAction } from '../world/actions.ts';
import type { DriverSnapshot } from '../world/driver.ts';
import { openDriver, type OpenDriver } from '../world/external.ts';
import { openThreadedDriver } from '../world/threaded-driver.ts';
import { COVERAGE_BYTES } from './coverage.ts';
import { claimFolder } from './claim-folder.ts';
import { createLocalCollector, type Collector } from './collector.ts';
import { actingPolicy, configure, openPolicy, settle, type Configured, type Settled } from './configure.ts';
import { replayStepBytes } from './estimate.ts';
import { longRunInWords, requireBlock } from './estimate-time.ts';
import { createLearner, type Learner } from './learner.ts';
import type { LoopState } from './loop.ts';
import { markOf, requireTrusted, trustCode } from './named-code.ts';
import { createClock, openMetrics, type Clock, type Metrics } from './metrics.ts';
import { requireRoom } from './require-memory.ts';
import { requireSameWorld, worldMark } from './same-world.ts';
import { requireSavedRun } from './saved-run.ts';
import { fillFromDataset } from './fill-from-dataset.ts';
import { createSaver } from './saver.ts';
import { SLOTS } from './saved-arrays.ts';
import type { LearnerState } from './update.ts';

export interface RunOptions extends Configured {
  readonly directory: string;
  readonly environment: Environment;
  /** The command line, for whoever wants to do it again. */
  readonly command: string;
  /** Told of what a user should know before anything is compiled. */
  readonly tell?: (text: string) => void;
  /** The file of a world that is not trusted to return: while training it is stepped in a thread of its own. */
  readonly worldFile?: string;
  /** What stands around the parts of the collector, for whoever measures them. */
  readonly around?: {
    driver(driver: OpenDriver): OpenDriver;
    policy(policy: RunningPolicy): RunningPolicy;
  };
}

export interface Run extends Settled {
  readonly directory: string;
  readonly command: string;
  readonly engine: EngineChoice;
  readonly learner: Learner;
  readonly collector: Collector;
  readonly replay: Replay;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Where it was left, if it is continued. */
  readonly resume?: LoopState;
  /**
   * Write a checkpoint of this moment; resolves when it would survive a loss of power. What it takes is asked for before
   * this returns, so training may go on meanwhile.
   */
  save(state: LoopState): Promise<void>;
  /** Let go of everything, once what is being saved is written. */
  close(): Promise<void>;
}

export const CONFIG_FILE = 'config.yaml';

/** What may differ when a run is continued: it changes how long or how, not what is learned. */
const FREE_KEYS = new Set([
  'train.steps', 'train.minutes', 'train.evalEvery', 'train.evalEpisodes', 'train.checkpointEvery', 'train.refusals', 'env.timeout', 'engine.name',
  'engine.provider',
]);

const loopSchema = z.object({
  step: z.int(), update: z.int(), block: z.int(), episode: z.int(), loggedAt: z.int(), elapsedMs: z.number(),
});

/**
 * Open `directory` as a run: a new one, or the one that lies there.
 * @throws UserError where what lies there was made with other settings.
 */
export async function openRun({ directory, command, worldFile, tell, around, ...options }: RunOptions): Promise<Run> {
  // Before anything is begun: throws where agent, world and the way of acting do not go together.
  const settled = settle(options, options.environment);
  const { config, variant, world, environment, shape, agent } = settled;
  const { actions } = environment;
  requireLearnable(environment, settled);
  const policy = await openPolicy(actingPolicy(config, variant, actions), config, actions, agent);
  const request = { ...settled, ...(policy.variant.search ? { search: policy.options } : {}) };
  requireRoom(request);
  requireBlock(request);
  const long = longRunInWords(request);
  if (long !== undefined) tell?.(long);

  const lock = claimFolder(directory, command);
  const file = path.join(directory, CHECKPOINT_FILE);
  /** What has been opened, to be closed in the end or where something later fails. */
  const opened: { close(): Promise<void> | void }[] = [
    // A folder in which nothing was saved yet keeps the mark that says whose it is.
    { close: () => lock.release({ mark: !existsSync(file) }) },
  ];
  const keep = <T extends { close(): Promise<void> | void }>(thing: T): T => {
    opened.push(thing);
    return thing;
  };
  const closeAll = async (): Promise<void> => {
    const failed: unknown[] = [];
    for (const thing of opened.splice(0).reverse()) {
      try {
        await thing.close();
      } catch (error) {
        failed.push(error); // as on a full disk: the others are closed all the same
      }
    }
    if (failed.length > 0) throw failed[0];
  };
  try {
    await sweepCheckpoints(directory);
    const saved = existsSync(file) ? await readCheckpoint(file) : undefined;
    if (saved) {
      await requireSameConfig(directory, saved, config);
      requireSameWorld(file, saved.extra.world, options.environment);
      requireSavedRun(file, saved, { config, agent, actionSize: shape.actionSize });
    }
    const { lanes } = config.env;
    const { size, channels } = shape.image;
    const { bytes, priority = 0, correction = 1 } = config.replay as Config['replay'] & ReplayPriority;
    const replayOptions = {
      lanes, imageShape: [size, size, channels], actionSize: shape.actionSize,
      contextShapes: agent.representation.contextShapes, targetShapes: agent.targetShapes,
      priority: { exponent: priority, correction }, capacityBytes: bytes, directory: path.join(directory, 'replay'),
    };
    const rng = createRng(config.seed);
    const driver: OpenDriver = keep(worldFile === undefined
      ? await openDriver({ ...world, lanes, rng: rng.split('world') })
      : await openThreadedDriver({ file: worldFile, settings: config.env, lanes, rng: rng.split('world'), timeout: config.env.timeout }));
    const engine = await resolveEngine(config.engine.name, config.engine.provider);
    const replay = keep(saved ? await openReplay(replayOptions, saved.extra.replay) : createReplay(replayOptions));
    if (!saved && config.train.dataset !== '') await fillFromDataset(replay, config, environment.name, shape);
    const resume = saved ? loopState(saved) : undefined;
    const metrics = keep(openMetrics({ directory, ...(resume ? { resumeFrom: resume.step } : {}) }));
    const clock = createClock(resume ? loopSchema.parse(saved?.counters).elapsedMs : 0);
    writeFileSync(path.join(directory, CONFIG_FILE), stringify(config));
    const learner = keep(await createLearner({ config, shape, ...(saved ? { state: learnerState(saved) } : {}) }));
    const collector = keep(await createLocalCollector({
      config, agent, actions, policy, engine, driver: around?.driver(driver) ?? driver, params: await learner.params(),
      rng: rng.split('act'), ...(around ? { around: around.policy } : {}),
    }));
    if (saved) {
      const begun = await collector.restore({ driver: saved.extra.driver as DriverSnapshot, carry: saved.arrays.carry ?? {} });
      begun.forEach((steps, lane) => steps.forEach((step) => replay.append(lane, step)));
    }

    /** What tells later whose world this was; not before the world has begun an episode where it may be waited for. */
    let found: Plain | undefined;
    const marks = (): Plain => (found ??= { world: worldMark(options.environment), ...markOf(config) });

    const saver = keep(createSaver({ file, config, command, replay, collector, learner, clock, marks }));

    return {
      ...settled, directory, command, engine, learner, collector, replay, metrics, clock,
      ...(resume ? { resume } : {}),
      save: saver.save,
      close: closeAll,
    };
  } catch (error) {
    await closeAll().catch(() => {}); // what went wrong first is what is told
    throw error;
  }
}

/** Keys that an agent may bring whose stages say how much there is to learn from a sequence. */
interface ReplayPriority {
  readonly priority?: number;
  readonly correction?: number;
}

/** Actions of the games that are played to see who is to move. */
const TRIED_MOVES = 200;

/** @throws UserError where a configuration makes of a world what no agent learns. */
function requireLearnable(environment: Environment, { config, agent, shape }: Pick<Settled, 'config' | 'agent' | 'shape'>): void {
  const { train, env } = config;
  const { name } = environment;
  if (agent.onPolicy) requireBlocks({ agent, config, shape });
  if (environment.legal && train.explore > 0) {
    throw new UserError(`train.explore keeps random actions up, which ${name} may forbid: expected 0, got ${train.explore}`);
  }
  if (!environment.toMove) return;
  if (env.actionRepeat > 1) {
    throw new UserError(`env.actionRepeat would make moves for the other player of ${name}: expected 1, got ${env.actionRepeat}`);
  }
  requireTurns(environment);
}

/** @throws UserError where a block of what an agent learns from, and nothing else, would not hold a sequence. */
function requireBlocks({ agent, config, shape }: Pick<Settled, 'agent' | 'config' | 'shape'>): void {
  const { representation: { blindSteps } } = agent;
  const { train, env: { lanes }, replay: { bytes: replayBytes } } = config;
  const bytesPerStep = replayStepBytes({ config, agent, shape });
  const { batchSize, batchLength, blockUpdates, trainRatio, steps, collectSteps, dataset } = train;
  if (dataset !== '') throw new UserError(`train.dataset: this agent learns from what it does itself alone: expected none, got ${dataset}`);
  if (collectSteps > 0) throw new UserError(`train.collectSteps: this agent learns from what it does itself alone: expected 0, got ${collectSteps}`);
  if (batchLength < blindSteps + 2) throw new UserError(`train.batchLength: expected at least ${blindSteps + 2}, of which the first ${blindSteps} only lead there, got ${batchLength}`);
  const ticks = Math.max(1, Math.round((blockUpdates * batchSize * batchLength) / trainRatio / lanes));
  // Every step may bring in two records, where an episode ends.
  const kept = Math.floor(replayBytes / bytesPerStep / lanes);
  if (kept < 2 * ticks + batchLength) {
    throw new UserError(`replay.bytes = ${replayBytes}: a block of ${ticks} steps of ${lanes} lanes needs at least ${(2 * ticks + batchLength) * lanes * bytesPerStep}`);
  }
  if (Math.min(ticks, Math.floor(steps / lanes)) + 1 < batchLength) {
    throw new UserError(
      `train.batchLength: expected at most ${Math.min(ticks, Math.floor(steps / lanes)) + 1}, which is what a lane brings in before it is learned from, got ${batchLength}`,
    );
  }
}

/** @throws UserError where two players do not act strictly in turn, for which alone values are learned. */
function requireTurns(environment: Environment): void {
  const rng = createRng(0);
  let state = environment.reset(rng);
  for (let move = 0; move < TRIED_MOVES; move++) {
    const next = environment.step(state, randomAction(environment.actions, rng, environment.legal?.(state)), rng);
    if (!next.terminated && environment.toMove?.(next.state) === environment.toMove?.(state)) {
      throw new UserError(
        `${environment.name}: a player acts twice in a row, and agents learn games in which two take turns`,
      );
    }
    state = next.terminated ? environment.reset(rng) : next.state;
  }
}

/** The stage of agents that learn in one, and what its optimiser remembered before there were stages. */
const ONLY_STAGE = 'joint';
const SLOTS_BEFORE = ['momentum', 'variance'];

function learnerState({ arrays }: Checkpoint): LearnerState {
  const { params = {}, slow = {}, statistics = {} } = arrays;
  const slots = Object.entries(arrays).flatMap(([name, group]): [string, typeof group][] => {
    if (SLOTS_BEFORE.includes(name)) return [[`${ONLY_STAGE}/${name}`, group]];
    return name.startsWith(SLOTS) ? [[name.slice(SLOTS.length), group]] : [];
  });
  return { params, slow, statistics, slots: Object.fromEntries(slots) };
}

function loopState({ counters, extra }: Checkpoint): LoopState {
  const { elapsedMs: _, ...numbers } = loopSchema.parse(counters);
  // An older version did not look.
  const pictures = extra.pictures instanceof Uint8Array ? extra.pictures : new Uint8Array(COVERAGE_BYTES);
  return { ...numbers, means: extra.means as LoopState['means'], pictures };
}

async function requireSameConfig(directory: string, saved: Checkpoint, config: Config): Promise<void> {
  if (saved.kind !== 'run') {
    throw new UserError(`${directory} holds an agent without its training state; give another --logdir`);
  }
  // Before anything is loaded that is named there: what this configuration names is the user's own word.
  trustCode([config.world, config.agent, config.policy]);
  requireTrusted(path.join(directory, CHECKPOINT_FILE), saved.config, saved.extra.mark);
  // What an older version did not know of yet has its default, and what it read of others is forgotten.
  const known = await configure({ base: { ...saved.config } }).catch(() => undefined);
  const [before, now] = [flatten(known?.config ?? saved.config), flatten(config)];
  for (const key of new Set([...before.keys(), ...now.keys()])) {
    if (FREE_KEYS.has(key) || before.get(key) === now.get(key)) continue;
    throw new UserError(
      `${directory} was begun with ${key} = ${before.get(key)}, not ${now.get(key)}: ` +
        'continue with the same settings, or give another --logdir',
    );
  }
}

function flatten(value: object, prefix = ''): Map<string, string> {
  const entries = Object.entries(value).flatMap(([key, item]): [string, string][] =>
    typeof item === 'object' && item !== null
      ? [...flatten(item as object, `${prefix}${key}.`)]
      : [[`${prefix}${key}`, String(item)]],
  );
  return new Map(entries);
}
