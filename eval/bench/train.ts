/**
 * Where the time of a run goes: what share of it the learner computes, what it waits for otherwise, and what the main
 * thread does meanwhile. A run as `train` makes it, in a folder that is deleted afterwards, with clocks around its parts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LoopState, Moment } from '../../src/train/loop.ts';
import { openRun, type Run, type RunOptions } from '../../src/train/run.ts';
import { trainSession } from '../../src/train/session.ts';
import { UserError } from '../../src/user-error.ts';
import { createClocks, createWaits, type Clocks, type Waits } from './clocks.ts';

export interface TrainBench {
  readonly env: string;
  readonly agent: string;
  readonly preset: string;
  readonly threads: number;
  /** What was timed: from the first updates on. */
  readonly seconds: number;
  readonly updatesPerSecond: number;
  readonly stepsPerSecond: number;
  /** Shares of that time; they add up to 1. */
  readonly learner: {
    readonly computes: number;
    /** Its block of updates is made, and the worlds are still being played. */
    readonly waitsForData: number;
    /** Which are copied for those who act. */
    readonly waitsForParameters: number;
    readonly waitsForCheckpoint: number;
    readonly waitsForPictures: number;
    /** The next batch, steps that are added to the replay, messages between threads. */
    readonly waitsForRest: number;
  };
  /** Shares of the same time on the main thread, which waits for most of it. */
  readonly main: Readonly<Record<'environment' | 'drawing' | 'acting' | 'replay' | 'pictures', number>>;
  readonly checkpoints: number;
  /** The longest that the learner was idle, for whatever reason, while one of them was written. */
  readonly checkpointStallMs: number;
}

export interface TrainBenchOptions extends Omit<RunOptions, 'directory' | 'command' | 'around'> {
  /** How long to time. */
  readonly seconds: number;
  /** What shows the run while it learns. */
  readonly show?: (run: Run) => Promise<Show>;
}

export interface Show {
  watch(moment: Moment): Promise<void>;
  close(): Promise<void>;
}

/** @throws UserError where the run ended before anything could be timed */
export async function benchTrain({ seconds, show, ...options }: TrainBenchOptions): Promise<TrainBench> {
  const directory = mkdtempSync(path.join(tmpdir(), 'dreamtree-bench-'));
  const clocks = createClocks();
  try {
    const run = await openRun({
      ...options, directory: path.join(directory, 'run'), command: 'bench train',
      environment: { ...options.environment, step: clocks.timed('environment', options.environment.step) },
      around: {
        driver: (driver) => ({ ...driver, step: clocks.timed('worlds', driver.step) }),
        policy: (policy) => ({ ...policy, act: clocks.timed('acting', policy.act) }),
      },
    });
    const shown = await show?.(run);
    try {
      return await timeRun(run, clocks, seconds, shown?.watch);
    } finally {
      await shown?.close();
      await run.close();
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function timeRun(
  run: Run,
  clocks: Clocks,
  seconds: number,
  show: Show['watch'] = async () => {},
): Promise<TrainBench> {
  const { learner } = run;
  const waits = createWaits(() => learner.times().idleMs);
  const stalls: number[] = [];
  let begun: { readonly ms: number; readonly state: LoopState; readonly busyMs: number } | undefined;
  let bench: TrainBench | undefined;
  await trainSession(withClocks(run, clocks, waits, stalls), {
    watch: waits.during('pictures', async (moment: Moment) => {
      await clocks.timed('pictures', show)(moment);
      if (begun && performance.now() - begun.ms >= 1000 * seconds) bench ??= report(run, { begun, state: moment.state, clocks, waits, stalls });
      if (begun || !moment.losses) return;
      clocks.reset();
      waits.reset();
      stalls.length = 0;
      begun = { ms: performance.now(), state: moment.state, busyMs: learner.times().busyMs };
    }),
    stopped: () => bench !== undefined,
  });
  if (!bench) throw new UserError(`the run ended before ${seconds} s of it were timed: give it more steps, or time it for less`);
  return bench;
}

/** The same run, whose parts are timed. */
function withClocks(run: Run, clocks: Clocks, waits: Waits, stalls: number[]): Run {
  const { learner, collector, replay } = run;
  const inReplay = <A extends readonly unknown[], R>(fn: (...args: A) => R) => clocks.timed('replay', fn.bind(replay));
  Object.assign(replay, {
    append: inReplay(replay.append), sample: inReplay(replay.sample), writeContext: inReplay(replay.writeContext),
    writeTargets: inReplay(replay.writeTargets), writePriorities: inReplay(replay.writePriorities),
  });
  return {
    ...run,
    learner: { ...learner, update: waits.during('rest', learner.update), params: waits.during('parameters', learner.params) },
    collector: { ...collector, collect: waits.until('data', collector.collect) },
    async save(state) {
      const { idleMs } = learner.times();
      // It goes on beside training: what keeps the learner is what has to be done at once.
      const { written } = waits.during('checkpoint', () => ({ written: run.save(state) }))();
      await written;
      stalls.push(learner.times().idleMs - idleMs);
    },
  };
}

interface Timed {
  readonly begun: { readonly ms: number; readonly state: LoopState; readonly busyMs: number };
  readonly state: LoopState;
  readonly clocks: Clocks;
  readonly waits: Waits;
  readonly stalls: readonly number[];
}

function report({ environment, config, learner }: Run, { begun, state, clocks, waits, stalls }: Timed): TrainBench {
  const ms = performance.now() - begun.ms;
  const perSecond = (count: 'step' | 'update') => (1000 * (state[count] - begun.state[count])) / ms;
  const waited = {
    waitsForData: waits.ms('data') / ms, waitsForParameters: waits.ms('parameters') / ms, waitsForCheckpoint: waits.ms('checkpoint') / ms,
    waitsForPictures: waits.ms('pictures') / ms, waitsForRest: waits.ms('rest') / ms,
  };
  return {
    env: environment.name, agent: config.agent, preset: config.preset, threads: config.train.threads,
    seconds: ms / 1000, updatesPerSecond: perSecond('update'), stepsPerSecond: perSecond('step'),
    learner: { computes: (learner.times().busyMs - begun.busyMs) / ms, ...waited },
    main: {
      environment: clocks.ms('environment') / ms, drawing: (clocks.ms('worlds') - clocks.ms('environment')) / ms,
      acting: clocks.ms('acting') / ms, replay: clocks.ms('replay') / ms, pictures: clocks.ms('pictures') / ms,
    },
    checkpoints: stalls.length, checkpointStallMs: Math.max(0, ...stalls),
  };
}
