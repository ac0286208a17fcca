/** Whole episodes of a Python world played by a policy, for evaluation; what `play.ts` is to our own worlds. */
import { actionRows, createObservationBuffer } from '../episode.ts';
import { channelsOf } from '../frame-stack.ts';
import type { Played, PlayOptions } from '../play.ts';
import { arrive, lanesOf, observe, planEpisode, planMove, whereIs } from './gym-episode.ts';
import type { GymEpisode, GymRules } from './gym-episode.ts';
import { openLanes } from './lanes.ts';
import type { Lanes } from './lanes.ts';

/**
 * Play `episodes` episodes to their end; episode e is seeded from `rng.split(e)`, the policy draws from
 * `rng.split('policy')`. A lane that is done takes the next episode that nobody has begun.
 * @throws RangeError where there is nothing to play; UserError where the world cannot be started or fails
 */
export async function playGymEpisodes(rules: GymRules, options: PlayOptions): Promise<Played> {
  const { episodes } = options;
  if (!Number.isInteger(episodes) || episodes < 1) throw new RangeError(`expected episodes ≥ 1, got ${episodes}`);
  if (!Number.isInteger(options.lanes) || options.lanes < 1) {
    throw new RangeError(`expected lanes ≥ 1, got ${options.lanes}`);
  }
  const lanes = Math.min(options.lanes, episodes);
  const server = await openLanes(lanesOf(rules, lanes, options));
  try {
    return await play(rules, { ...options, lanes }, server);
  } finally {
    await server.close();
  }
}

async function play(
  rules: GymRules,
  { environment, policy, episodes, lanes: laneCount, size, look, rng, watch }: PlayOptions,
  server: Lanes,
): Promise<Played> {
  const { observation, show } = createObservationBuffer(environment, laneCount, size, channelsOf(look ?? {}));
  const policyRng = rng.split('policy');
  const returns = new Array<number>(episodes).fill(0);
  const lengths = new Array<number>(episodes).fill(0);
  let begun = 0;
  let decisions = 0;
  let ended = 0;
  /** Episodes that a limit ended which nobody asked for. */
  let cut = 0;
  /** The episode in each lane and its number; undefined where none is left. */
  const lanes: ({ episode: GymEpisode; index: number } | undefined)[] = [];

  function whereabouts(lane: number): string {
    const playing = lanes[lane];
    return playing ? whereIs(lane, playing.index, playing.episode) : `lane ${lane + 1}`;
  }

  /** Begin the next episodes in these lanes, as far as there are any. */
  async function beginIn(free: readonly number[]): Promise<void> {
    const seeds = new Array<number | null>(laneCount).fill(null);
    for (const lane of free) {
      const index = begun < episodes ? begun++ : undefined;
      lanes[lane] = index === undefined ? undefined : { episode: planEpisode(rng.split(index)), index };
      seeds[lane] = lanes[lane]?.episode.seed ?? null;
    }
    if (seeds.every((seed) => seed === null)) return;
    const answers = await server.reset(seeds, whereabouts);
    answers.forEach((seen, lane) => {
      const playing = lanes[lane];
      if (seen && playing) show(lane, undefined, observe(playing.episode, seen.image, look?.frameStack));
    });
  }

  await beginIn(Array.from({ length: laneCount }, (_, lane) => lane));
  let carry = policy.initial(laneCount);
  while (lanes.some((lane) => lane !== undefined)) {
    const choice = await policy.act(carry, observation, policyRng);
    carry = choice.carry;
    const rows = actionRows(environment, laneCount, choice.action);
    const arrivals = await server.step(
      lanes.map((playing, lane) => (playing ? planMove(rules, playing.episode, rows[lane], null) : null)),
      whereabouts,
    );
    const free: number[] = [];
    lanes.forEach((playing, lane) => {
      const came = arrivals[lane];
      if (!playing || !came) return;
      const { episode, index } = playing;
      const arrival = arrive(rules, episode, rows[lane], came);
      decisions++;
      if (arrival.isLast) {
        returns[index] = episode.return;
        lengths[index] = episode.length;
        if (rules.isDefaultLimit && !arrival.isTerminal && episode.steps >= rules.timeLimit) cut++;
        free.push(lane); // a policy never sees the last picture: there is nothing left to decide
      } else {
        show(lane, undefined, observe(episode, came.image, look?.frameStack), arrival.action);
      }
    });
    ended += free.length;
    watch?.({ ended, longest: Math.max(0, ...lanes.map((playing) => playing?.episode.length ?? 0)) });
    if (free.length > 0) await beginIn(free);
  }
  return { returns, lengths, decisions, ...(cut > 0 ? { cut: { episodes: cut, steps: rules.timeLimit } } : {}) };
}
