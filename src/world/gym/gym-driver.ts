/**
 * The driver of a Python world: all lanes in one process, one message a step. A Python world cannot be put back where
 * it was, so a restored driver begins new episodes; what it continues exactly is the counting, and with it every seed.
 */
import { restoreRng } from '../../random.ts';
import type { NdArray, Step } from '../../types.ts';
import { actionSize } from '../actions.ts';
import type { DriverOptions, DriverSnapshot, FinishedEpisode } from '../driver.ts';
import { actionRows, createObservationBuffer, recordOf } from '../episode.ts';
import type { Arrival } from '../episode.ts';
import type { OpenDriver } from '../external.ts';
import { channelsOf } from '../frame-stack.ts';
import { arrive, lanesOf, observe, planEpisode, planMove, whereIs } from './gym-episode.ts';
import type { GymEpisode, GymRules } from './gym-episode.ts';
import { openLanes } from './lanes.ts';

interface Lane {
  /** Its number in the lane. */
  readonly number: number;
  readonly episode: GymEpisode;
}

/**
 * Episode e of lane l is seeded from `rng.split(l).split(e)` alone.
 * @throws UserError where the world cannot be started; RangeError where `lanes` is not a whole number ≥ 1
 */
export async function openGymDriver(rules: GymRules, options: DriverOptions): Promise<OpenDriver> {
  const { environment, lanes: laneCount, size, look } = options;
  if (!Number.isInteger(laneCount) || laneCount < 1) throw new RangeError(`expected lanes ≥ 1, got ${laneCount}`);
  const server = await openLanes(lanesOf(rules, laneCount, options));
  const length = actionSize(rules.actions);
  const channels = channelsOf(look ?? {});
  const buffer = createObservationBuffer(environment, laneCount, size, channels);
  let { rng } = options;
  let lanes: Lane[] = [];

  function plan(index: number, number: number): Lane {
    return { number, episode: planEpisode(rng.split(index).split(number)) };
  }

  /** Show what lane `index` is in now, and record it. */
  function record(index: number, picture: Uint8Array, arrival?: Arrival): Step {
    const image = observe(lanes[index].episode, picture, look?.frameStack);
    buffer.show(index, undefined, image, arrival?.action);
    return recordOf(image, arrival, length);
  }

  /** Begin the given episodes, one a lane: their first records. */
  async function begin(planned: Lane[]): Promise<Step[][]> {
    const seeds = planned.map(({ episode }) => episode.seed);
    const answers = await server.reset(seeds, (index) => whereIs(index, planned[index].number, planned[index].episode));
    lanes = planned;
    return answers.map((seen, index) => (seen ? [record(index, seen.image)] : []));
  }

  function requireStarted(): void {
    if (lanes.length === 0) throw new Error('expected start() or restore() before this use of the driver');
  }

  return {
    lanes: laneCount,
    size,
    imageShape: [size, size, channels],
    actionSize: length,

    async start() {
      if (lanes.length > 0) throw new Error('this driver runs already: start() is for once, and not after restore()');
      return begin(Array.from({ length: laneCount }, (_, index) => plan(index, 0)));
    },

    observation() {
      requireStarted();
      return buffer.observation;
    },

    async step(actions: NdArray) {
      requireStarted();
      const rows = actionRows(environment, laneCount, actions);
      const next = lanes.map(({ number }, index) => plan(index, number + 1));
      const moves = lanes.map(({ episode }, i) => planMove(rules, episode, rows[i], next[i].episode.seed));
      const arrivals = await server.step(moves, (index) => whereIs(index, lanes[index].number, lanes[index].episode));
      const finished: FinishedEpisode[] = [];
      const steps = lanes.map((lane, index) => {
        const came = arrivals[index];
        if (!came) throw new Error(`world '${rules.name}': expected an answer for lane ${index}`);
        const arrival = arrive(rules, lane.episode, rows[index], came);
        const last = record(index, came.image, arrival);
        if (!came.first) return [last];
        finished.push({ lane: index, return: lane.episode.return, length: lane.episode.length });
        lanes[index] = next[index];
        return [last, record(index, came.first.image)];
      });
      return { steps, finished };
    },

    states() {
      throw new Error(`world '${rules.name}' lives in Python: its state cannot be read or forked`);
    },

    /** `finished` counts the episode under way as well, since it will not be gone on with. */
    snapshot() {
      requireStarted();
      return {
        rng: rng.state(),
        lanes: lanes.map(({ number, episode }) => ({
          state: null,
          rng: episode.rng.state(),
          length: 0,
          return: 0,
          finished: number + 1,
          previousAction: new Float32Array(length),
        })),
      };
    },

    async restore(snapshot: DriverSnapshot) {
      if (snapshot.lanes.length !== laneCount) {
        throw new Error(`expected a snapshot of ${laneCount} lanes, got ${snapshot.lanes.length}`);
      }
      rng = restoreRng(snapshot.rng);
      return begin(snapshot.lanes.map(({ finished }, index) => plan(index, finished)));
    },

    close: () => server.close(),
  };
}
