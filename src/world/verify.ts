/**
 * Replaying trajectories that were recorded from another implementation, number by number. A file holds
 * `{ episodes: [{ initialState, actions, states, rewards, terminated, truncated }] }`, states[t] after actions[t].
 */
import { z } from 'zod';
import { createRng } from '../random.ts';
import type { Environment } from '../types.ts';
import { UserError } from '../user-error.ts';
import { actionProblem } from './actions.ts';

/** Largest allowed difference of a state's number or of a reward, absolute. */
const TOLERANCE = 1e-6;

const number = z.number();
const recordingSchema = z.object({
  episodes: z
    .array(
      z.object({
        initialState: z.array(number),
        actions: z.array(z.union([number, z.array(number)])),
        states: z.array(z.array(number)),
        rewards: z.array(number),
        terminated: z.array(z.boolean()),
        truncated: z.array(z.boolean()),
      }),
    )
    .min(1),
});

/** The first place where a world and a recording of it disagree. Episodes and steps count from 0. */
export class RecordingDifference extends Error {
  override readonly name = 'RecordingDifference';
  readonly episode: number;
  readonly step: number;
  /** Which number: `state[2]`, `reward`, `terminated` or `truncated`. */
  readonly quantity: string;
  readonly expected: number | boolean;
  readonly got: number | boolean;

  constructor(world: string, place: Omit<RecordingDifference, keyof Error>) {
    const { episode, step, quantity, expected, got } = place;
    super(
      `world '${world}' differs from the recording in episode ${episode}, step ${step}: ` +
        `expected ${quantity} ${expected}, got ${got} (tolerance ${TOLERANCE})`,
    );
    this.episode = episode;
    this.step = step;
    this.quantity = quantity;
    this.expected = expected;
    this.got = got;
  }
}

/** A file that is no recording of this world; `key` is the place at fault, for example `episodes[0].rewards`. */
export class MalformedRecording extends UserError {
  override readonly name = 'MalformedRecording';
  readonly key: string;

  constructor(key: string, problem: string) {
    super(`${key}: ${problem}`);
    this.key = key;
  }
}

/**
 * Replay `recording`, the parsed content of a file, in `environment`: from each initial state through all actions.
 * @returns how many steps were compared, and the largest absolute difference of any state's number or reward
 * @throws RecordingDifference at the first difference; MalformedRecording where the recording makes no sense;
 *   UserError where the world cannot be compared
 */
export function verifyRecording(environment: Environment, recording: unknown): { steps: number; maxError: number } {
  const { name, recording: vectors, maxSteps } = environment;
  if (vectors === undefined) {
    throw new UserError(`world '${name}' has nothing to compare: it lacks recording { toVector, fromVector }`);
  }
  const parsed = recordingSchema.safeParse(recording);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new MalformedRecording(keyOf(issue.path), issue.message);
  }
  const rng = createRng(0); // recorded worlds are deterministic after reset, but the signature wants a stream
  const width = vectors.toVector(environment.reset(rng)).length;

  let compared = 0;
  let maxError = 0;
  parsed.data.episodes.forEach((episode, e) => {
    const key = `episodes[${e}]`;
    checkLengths(key, episode, width);
    let state = vectors.fromVector(episode.initialState);
    episode.actions.forEach((action, step) => {
      const problem = actionProblem(environment.actions, action);
      if (problem !== undefined) throw new MalformedRecording(`${key}.actions[${step}]`, problem);
      const next = environment.step(state, action, rng);
      state = next.state;

      const differs = (quantity: string, expected: number | boolean, got: number | boolean) =>
        new RecordingDifference(name, { episode: e, step, quantity, expected, got });
      const compare = (quantity: string, expected: number, got: number) => {
        const error = Math.abs(expected - got);
        if (!(error <= TOLERANCE)) throw differs(quantity, expected, got);
        maxError = Math.max(maxError, error);
      };
      const vector = vectors.toVector(state);
      episode.states[step].forEach((expected, i) => compare(`state[${i}]`, expected, vector[i]));
      compare('reward', episode.rewards[step], next.reward);
      if (next.terminated !== episode.terminated[step]) {
        throw differs('terminated', episode.terminated[step], next.terminated);
      }
      const truncated = step + 1 >= maxSteps;
      if (truncated !== episode.truncated[step]) throw differs('truncated', episode.truncated[step], truncated);
      compared++;
    });
  });
  return { steps: compared, maxError };
}

type RecordedEpisode = z.infer<typeof recordingSchema>['episodes'][number];

function checkLengths(key: string, episode: RecordedEpisode, width: number): void {
  if (episode.initialState.length !== width) {
    const problem = `expected ${width} numbers, as this world's states have, got ${episode.initialState.length}`;
    throw new MalformedRecording(`${key}.initialState`, problem);
  }
  const steps = episode.actions.length;
  for (const part of ['states', 'rewards', 'terminated', 'truncated'] as const) {
    const got = episode[part].length;
    if (got === steps) continue;
    throw new MalformedRecording(`${key}.${part}`, `expected ${steps}, one for each action, got ${got}`);
  }
  episode.states.forEach((state, step) => {
    if (state.length === width) return;
    throw new MalformedRecording(`${key}.states[${step}]`, `expected ${width} numbers, got ${state.length}`);
  });
  for (let step = 0; step < steps - 1; step++) {
    if (!episode.terminated[step] && !episode.truncated[step]) continue;
    throw new MalformedRecording(key, `expected no steps after the episode's end at step ${step}, got ${steps} steps`);
  }
}

/** A path as one would write it in JavaScript: `episodes[0].actions`. */
function keyOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the file';
  return path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('').replace(/^\./, '');
}
