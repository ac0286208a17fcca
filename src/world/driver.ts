/**
 * The driver: N parallel worlds stepped together, each drawn after every action. A world whose episode ends begins the
 * next one within the same step, so that no tick is wasted.
 */
import { restoreRng } from '../random.ts';
import type { Environment, NdArray, Observation, Palette, Rng, RngState, Step } from '../types.ts';
import { actionSize } from './actions.ts';
import {
  actionInWords, actionRows, advanceEpisode, beginEpisode, createObservationBuffer, lookAhead, recordOf, telling,
} from './episode.ts';
import type { Arrival, Episode } from './episode.ts';
import { createView } from './view.ts';
import type { Look } from './view.ts';

export interface DriverOptions {
  readonly environment: Environment;
  /** How many worlds run side by side. */
  readonly lanes: number;
  /** Side of the pictures in pixels. */
  readonly size: number;
  /** Nuisances, greys and stacked moments; the plain scene where it is absent. */
  readonly look?: Look;
  /** Episode e of lane l draws from `rng.split(l).split(e)` alone, so that no lane disturbs another. */
  readonly rng: Rng;
  readonly palette?: Palette;
  /** Time limit in actions; the world's own where it is absent. */
  readonly maxSteps?: number;
  /** Told where it is before every call of the world: for whoever waits in another thread. */
  readonly whereabouts?: Int32Array;
}

/** What a driver asks of a world, as it stands in `whereabouts`: [call, lane, episode, actions taken in it]. */
export const CALLS = ['its file', 'reset', 'step', 'draw'] as const;

/** An episode that ended: undiscounted return, length in actions. */
export interface FinishedEpisode {
  readonly lane: number;
  readonly return: number;
  readonly length: number;
}

/** Where a driver stands, as plain data. */
export interface DriverSnapshot {
  readonly rng: RngState;
  readonly lanes: readonly {
    readonly state: unknown;
    readonly rng: RngState;
    readonly length: number;
    readonly return: number;
    /** How many episodes this lane has finished. */
    readonly finished: number;
    /** float32 [A] */
    readonly previousAction: Float32Array;
  }[];
}

export interface Driver {
  readonly lanes: number;
  readonly size: number;
  /** [H, W, C] of a picture. */
  readonly imageShape: readonly [number, number, number];
  readonly actionSize: number;
  /** Begin: the first record of every lane. Once, and not after `restore`. */
  start(): Promise<readonly (readonly Step[])[]>;
  /** What all lanes show now. The memory is the driver's own and is overwritten by the next `step`. */
  observation(): Observation;
  /**
   * Act in all lanes: `actions` is float32 [N, A], one-hot (the largest wins) or in [-1, 1] (clipped).
   * Gives the new records of each lane: one, or two where an episode ended, the last of the old one and the first of
   * the new one.
   * @throws Error that names the world, on actions that make no sense; WorldError where the world does what it may not
   */
  step(actions: NdArray): Promise<{
    steps: readonly (readonly Step[])[];
    finished: readonly FinishedEpisode[];
  }>;
  /** The true state of each lane, from which the world can be forked. */
  states(): readonly unknown[];
  /** A driver of the same world that restores this continues exactly as this one would have. */
  snapshot(): DriverSnapshot;
  restore(snapshot: DriverSnapshot): void;
}

interface Lane {
  readonly episode: Episode;
  readonly finished: number;
}

/** @throws RangeError where `lanes` is not a whole number ≥ 1 */
export function createDriver(options: DriverOptions): Driver {
  const { environment, lanes: laneCount, size, maxSteps = environment.maxSteps } = options;
  if (!Number.isInteger(laneCount) || laneCount < 1) throw new RangeError(`expected lanes ≥ 1, got ${laneCount}`);
  const view = createView(options);
  const length = actionSize(environment.actions);
  const buffer = createObservationBuffer(environment, laneCount, size, view.channels);
  let { rng } = options;
  let lanes: Lane[] = [];
  const { whereabouts = new Int32Array(4) } = options;

  /** Call the world for one lane. */
  function ask<T>(call: (typeof CALLS)[number], index: number, fn: () => T, row?: Float32Array): T {
    const { finished, episode: { length: taken } } = lanes[index] ?? { finished: 0, episode: { length: 0 } };
    whereabouts[0] = CALLS.indexOf(call);
    whereabouts[1] = index;
    whereabouts[2] = finished;
    whereabouts[3] = taken;
    return telling(fn, () => `in episode ${finished + 1} of lane ${index + 1}${row ? `, at action ${taken + 1} (${actionInWords(environment, row)})` : ''}`);
  }

  /** Show what `lane` is in now, as a record. */
  function record(index: number, arrival?: Arrival): Step {
    const { episode } = lanes[index];
    const image = ask('draw', index, () => view.render(episode), arrival?.action);
    ask('draw', index, () => buffer.show(index, episode.state, image, arrival?.action));
    return recordOf(image, arrival, length);
  }

  function begin(index: number, finished: number): Lane {
    return { episode: ask('reset', index, () => beginEpisode(environment, rng.split(index).split(finished))), finished };
  }

  function requireStarted(): void {
    if (lanes.length === 0) throw new Error('expected start() or restore() before this use of the driver');
  }

  return {
    lanes: laneCount,
    size,
    imageShape: [size, size, view.channels],
    actionSize: length,

    async start() {
      if (lanes.length > 0) throw new Error('this driver runs already: start() is for once, and not after restore()');
      lanes = Array.from({ length: laneCount }, (_, index) => begin(index, 0));
      const steps = lanes.map((_, index) => [record(index)]);
      await view.breathe();
      return steps;
    },

    observation() {
      requireStarted();
      return buffer.observation;
    },

    async step(actions) {
      requireStarted();
      const rows = actionRows(environment, laneCount, actions);
      await lookAhead(environment, lanes.map(({ episode }, index) => ({ episode, row: rows[index] })));
      const finished: FinishedEpisode[] = [];
      const steps = lanes.map((lane, index) => {
        const arrival = ask('step', index, () => advanceEpisode(environment, lane.episode, rows[index], maxSteps), rows[index]);
        const last = record(index, arrival);
        if (!arrival.isLast) return [last];
        finished.push({ lane: index, return: lane.episode.return, length: lane.episode.length });
        lanes[index] = begin(index, lane.finished + 1);
        return [last, record(index)];
      });
      await view.breathe();
      return { steps, finished };
    },

    states() {
      requireStarted();
      return lanes.map((lane) => lane.episode.state);
    },

    snapshot() {
      requireStarted();
      return {
        rng: rng.state(),
        lanes: lanes.map(({ episode, finished }, index) => ({
          state: episode.state,
          rng: episode.rng.state(),
          length: episode.length,
          return: episode.return,
          finished,
          previousAction: buffer.previousAction(index).slice(),
        })),
      };
    },

    restore(snapshot) {
      if (snapshot.lanes.length !== laneCount) {
        throw new Error(`expected a snapshot of ${laneCount} lanes, got ${snapshot.lanes.length}`);
      }
      rng = restoreRng(snapshot.rng);
      lanes = snapshot.lanes.map((lane, index) => {
        const episode = { rng: restoreRng(lane.rng), state: lane.state, length: lane.length, return: lane.return };
        const action = lane.length === 0 ? undefined : lane.previousAction;
        buffer.show(index, episode.state, view.render(episode), action);
        return { episode, finished: lane.finished };
      });
    },
  };
}
