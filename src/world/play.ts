/** Whole episodes played by a policy, for evaluation: many worlds at once, and every episode counts exactly once. */
import type { Action, Environment, Palette, Policy, Rng } from '../types.ts';
import { encodeAction } from './actions.ts';
import { actionInWords, actionRows, advanceEpisode, beginEpisode, createObservationBuffer, lookAhead, telling } from './episode.ts';
import type { Episode } from './episode.ts';
import { createView } from './view.ts';
import type { Look } from './view.ts';

/** Plays the other side of a game for two. */
export interface Opponent {
  readonly name: string;
  /** A legal action for each of these states of the world, in which it is to move. */
  act(states: readonly unknown[], rng: Rng): Promise<readonly Action[]>;
}

export interface PlayOptions {
  readonly environment: Environment;
  readonly policy: Policy;
  /** How many episodes to play. */
  readonly episodes: number;
  /** How many of them run side by side; does not change which episodes are played. */
  readonly lanes: number;
  /** Side of the pictures in pixels. */
  readonly size: number;
  /** Nuisances, greys and stacked moments; the plain scene where it is absent. */
  readonly look?: Look;
  /**
   * Of a game for two: who acts where the policy does not, which begins every other game. Returns are what the policy
   * was rewarded less what the opponent was, then. Where it is absent the policy acts for both, and returns add up.
   */
  readonly opponent?: Opponent;
  /** Actions after which an episode is cut that would go on, as long as evaluations wait; LONGEST_EPISODE where absent. */
  readonly longest?: number;
  /** Told at every decision how far it has come. */
  readonly watch?: (progress: PlayProgress) => void;
  /** The world of episode e draws from `rng.split(e)`, the policy from `rng.split('policy')`, an opponent likewise. */
  readonly rng: Rng;
  readonly palette?: Palette;
}

/** An episode that nobody set a limit to is not waited for any longer, in actions. */
export const LONGEST_EPISODE = 10_000;

export interface PlayProgress {
  /** Episodes that have ended. */
  readonly ended: number;
  /** Actions in the episode that is the longest of those in play. */
  readonly longest: number;
}

export interface Played {
  /** Undiscounted return of each episode, in the order of their numbers. */
  readonly returns: number[];
  /** Length of each episode in actions. */
  readonly lengths: number[];
  /** Actions that the policy took in all worlds together. */
  readonly decisions: number;
  /** How many episodes would have gone on, and after how many steps they were cut, unasked. */
  readonly cut?: { readonly episodes: number; readonly steps: number };
}

/** The episode in a lane, and its number. */
interface Playing {
  readonly episode: Episode;
  readonly index: number;
}

/**
 * Play `episodes` episodes to their end. A lane that is done takes the next episode that nobody has begun; at the end
 * lanes without one show their last picture on, and what the policy does there is ignored.
 * @throws RangeError where there is nothing to play; Error that names the world, on actions that make no sense
 */
export async function playEpisodes(options: PlayOptions): Promise<Played> {
  const { environment, policy, episodes, size, rng, opponent, longest = LONGEST_EPISODE, watch } = options;
  const limit = Math.min(environment.maxSteps, longest);
  if (!Number.isInteger(episodes) || episodes < 1) throw new RangeError(`expected episodes ≥ 1, got ${episodes}`);
  if (!Number.isInteger(options.lanes) || options.lanes < 1) {
    throw new RangeError(`expected lanes ≥ 1, got ${options.lanes}`);
  }
  const laneCount = Math.min(options.lanes, episodes);
  const view = createView(options);
  const { observation, show } = createObservationBuffer(environment, laneCount, size, view.channels);
  const policyRng = rng.split('policy');
  const opponentRng = rng.split('opponent');
  const returns = new Array<number>(episodes).fill(0);
  const lengths = new Array<number>(episodes).fill(0);

  let begun = 0;
  let decisions = 0;
  let [ended, cut] = [0, 0];
  /** The episode in each lane and its number; undefined where none is left. */
  const lanes: (Playing | undefined)[] = [];
  function beginNext(lane: number): void {
    if (begun === episodes) {
      lanes[lane] = undefined;
      return;
    }
    const index = begun++;
    telling(() => {
      const episode = beginEpisode(environment, rng.split(index));
      lanes[lane] = { episode, index };
      show(lane, episode.state, view.render(episode));
    }, () => `in episode ${index + 1}`);
  }
  for (let lane = 0; lane < laneCount; lane++) beginNext(lane);

  const isOpponents = ({ episode, index }: Playing): boolean =>
    opponent !== undefined && environment.toMove?.(episode.state) !== index % 2;

  /** Put the opponent's actions in place of the policy's, wherever it is to move. */
  async function answer(rows: readonly Float32Array[]): Promise<void> {
    const asked = lanes.flatMap((playing, lane) => (playing && isOpponents(playing) ? [{ ...playing, lane }] : []));
    if (!opponent || asked.length === 0) return;
    const actions = await opponent.act(asked.map(({ episode }) => episode.state), opponentRng);
    asked.forEach(({ lane }, i) => encodeAction(environment.actions, actions[i], rows[lane]));
  }

  let carry = policy.initial(laneCount);
  while (lanes.some((lane) => lane !== undefined)) {
    const choice = await policy.act(carry, observation, policyRng);
    carry = choice.carry;
    const rows = actionRows(environment, laneCount, choice.action);
    await answer(rows);
    await lookAhead(environment, lanes.flatMap((playing, lane) => (playing ? [{ episode: playing.episode, row: rows[lane] }] : [])));
    lanes.forEach((playing, lane) => {
      if (playing === undefined) return;
      const { episode, index } = playing;
      const side = isOpponents(playing) ? -1 : 1;
      const where = () => `in episode ${index + 1}, at action ${episode.length} (${actionInWords(environment, rows[lane])})`;
      const arrival = telling(() => advanceEpisode(environment, episode, rows[lane], limit), where);
      if (side > 0) decisions++;
      returns[index] += side * arrival.reward;
      if (arrival.isLast) {
        lengths[index] = episode.length;
        ended++;
        if (!arrival.isTerminal && limit < environment.maxSteps) cut++;
        beginNext(lane); // a policy never sees the last picture: there is nothing left to decide
      } else {
        telling(() => show(lane, episode.state, view.render(episode), arrival.action), where);
      }
    });
    watch?.({ ended, longest: Math.max(0, ...lanes.map((playing) => playing?.episode.length ?? 0)) });
    await view.breathe();
  }
  return { returns, lengths, decisions, ...(cut > 0 ? { cut: { episodes: cut, steps: limit } } : {}) };
}
