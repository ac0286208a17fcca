/** Episodes as pictures: a world played for somebody to look at, drawn at any size whoever plays it. */
import { concatRows, uint8 } from '../nd-array.ts';
import type { NdArray, Policy, Rng, Step } from '../types.ts';
import { actionSize, encodeAction } from './actions.ts';
import type { ConfiguredWorld } from './configured.ts';
import { advanceEpisode, beginEpisode, createObservationBuffer, lookAhead, recordOf } from './episode.ts';
import type { Episode } from './episode.ts';
import { createView } from './view.ts';

/** Chooses an action, float32 [A]; `previous` is the row that led here, absent on a first step. */
export type Player = (episode: Episode, previous?: Float32Array) => Promise<Float32Array>;

/** A policy, which sees the pictures at the size that the world is configured for. */
export function policyPlayer(world: ConfiguredWorld, policy: Policy, rng: Rng): Player {
  const view = createView(world);
  const buffer = createObservationBuffer(world.environment, 1, world.size, view.channels);
  let carry = policy.initial(1);
  return async (episode, previous) => {
    buffer.show(0, episode.state, view.render(episode), previous);
    const choice = await policy.act(carry, buffer.observation, rng);
    carry = choice.carry;
    await view.breathe();
    return choice.action.data as Float32Array;
  };
}

/** The world's own scripted player, which sees the state; undefined where it has none. */
export function expertPlayer({ environment }: ConfiguredWorld): Player | undefined {
  if (!environment.expert) return undefined;
  const { actions } = environment;
  return async ({ state }) =>
    encodeAction(actions, environment.expert?.(state) ?? 0, new Float32Array(actionSize(actions)));
}

export interface RecordOptions {
  readonly world: ConfiguredWorld;
  readonly player: Player;
  /** Every random number of the episode comes from here. */
  readonly rng: Rng;
  /** Side of the recorded pictures in pixels. */
  readonly size: number;
  /** At most so many pictures are kept, the first ones; the episode is played to its end all the same. */
  readonly maxPictures: number;
}

export interface Recording {
  /** uint8 [size·size·3] each: the first state, and what every action led to. */
  readonly pictures: readonly Uint8Array[];
  readonly return: number;
  /** In actions. */
  readonly length: number;
}

/** Play one episode to its end. */
export async function recordEpisode(options: RecordOptions): Promise<Recording> {
  const { world, player, rng, size, maxPictures } = options;
  const { environment } = world;
  // To be looked at: the newest moment alone.
  const view = createView({ ...world, size, look: { ...world.look, frameStack: 1 } });
  const episode = beginEpisode(environment, rng);
  const pictures = [view.render(episode)];
  let previous: Float32Array | undefined;
  for (let isLast = false; !isLast; ) {
    const row = await player(episode, previous);
    await lookAhead(environment, [{ episode, row }]);
    ({ action: previous, isLast } = advanceEpisode(environment, episode, row, environment.maxSteps));
    if (pictures.length < maxPictures) pictures.push(view.render(episode));
    await view.breathe();
  }
  return { pictures, return: episode.return, length: episode.length };
}

/** One episode as replay keeps it, seen as the world is configured; ended from outside, it is left as it stands. */
export async function* episodeSteps({ world, player, rng }: Pick<RecordOptions, 'world' | 'player' | 'rng'>): AsyncGenerator<Step, void, void> {
  const { environment } = world;
  const view = createView(world);
  const length = actionSize(environment.actions);
  const episode = beginEpisode(environment, rng);
  yield recordOf(view.render(episode).slice(), undefined, length);
  let previous: Float32Array | undefined;
  for (let isLast = false; !isLast; ) {
    const row = await player(episode, previous);
    await lookAhead(environment, [{ episode, row }]);
    const arrival = advanceEpisode(environment, episode, row, environment.maxSteps);
    ({ action: previous, isLast } = arrival);
    yield recordOf(view.render(episode).slice(), arrival, length);
    await view.breathe();
  }
}

/** Pictures as one array, uint8 [T, size, size, 3]. */
export function stackFrames(pictures: readonly Uint8Array[], size: number): NdArray {
  return concatRows(pictures.map((picture) => uint8(picture, [1, size, size, 3])));
}
