/**
 * Replaying trajectories that were recorded from another implementation, number by number. A file holds
 * `{ episodes: [{ initialState, actions, states, rewards, terminated, truncated }] }`, states[t] after actions[t].
 */
import { z } from 'zod';
import { createRng } from '../random.ts';
import type { Environment } from '../types.ts';
import { UserError } from '../user-error.ts';
import { actionProblem } from './actions.ts';
import { MalformedRecording, malformed, TOLERANCE, WorldDifference } from './verify-errors.ts';
import { verifyTable } from './verify-table.ts';

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

/**
 * Compare a world with the parsed content of a file: a table where it has `transitions` (see verify-table.ts), else a
 * recording. Gives and throws what `verifyTable` and `verifyRecording` do.
 */
export function verifyWorld(environment: Environment, content: unknown): { steps: number; maxError: number } {
  const isTable = typeof content === 'object' && content !== null && 'transitions' in content;
  return isTable ? verifyTable(environment, content) : verifyRecording(environment, content);
}

/**
 * Replay `recording`, the parsed content of a file, in `environment`: from each initial state through all actions.
 * @returns how many steps were compared, and the largest absolute difference of any state's number or reward
 * @throws WorldDifference at the first difference; MalformedRecording where the recording makes no sense;
 *   UserError where the world cannot be compared
 */
export function verifyRecording(environment: Environment, recording: unknown): { steps: number; maxError: number } {
  const { name, recording: vectors, maxSteps } = environment;
  if (vectors === undefined) {
    throw new UserError(`world '${name}' has nothing to compare: it lacks recording { toVector, fromVector }`);
  }
  const parsed = recordingSchema.safeParse(recording);
  if (!parsed.success) throw malformed(parsed.error.issues);
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
        new WorldDifference(name, 'recording', { place: { episode: e, step }, quantity, expected, got });
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
