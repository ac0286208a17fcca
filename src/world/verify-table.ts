/**
 * Comparing a tabular world with the whole table of another implementation. A file holds
 * `{ transitions: { state: { action: [[probability, nextState, reward, terminated], …] } } }`, states by number, and
 * may hold `initialStateProbabilities`, one for each state.
 */
import { z } from 'zod';
import { createRng } from '../random.ts';
import type { Environment } from '../types.ts';
import { UserError } from '../user-error.ts';
import { actionProblem } from './actions.ts';
import { MalformedRecording, malformed, TOLERANCE, WorldDifference } from './verify-errors.ts';

const index = z.string().regex(/^\d+$/, 'expected the number of a state or action');
const outcomeSchema = z.tuple([z.number(), z.number().int().min(0), z.number(), z.boolean()]);
const tableSchema = z.object({
  transitions: z
    .record(index, z.record(index, z.array(outcomeSchema).min(1)))
    .refine((states) => Object.keys(states).length > 0, 'expected one state or more, got none'),
  initialStateProbabilities: z.array(z.number().min(0).max(1)).optional(),
});

/** Episodes begun to compare how often each state comes first. */
const RESETS = 20_000;

interface Outcome {
  readonly nextState: number;
  readonly terminated: boolean;
  readonly reward: number;
  readonly probability: number;
}

/**
 * Compare `table`, the parsed content of a file, with `environment.transitions`: in every listed state and action the
 * same outcomes, whatever their order and however they are split up. Where the file has initial probabilities, 20 000
 * first states must follow them within 6 standard deviations.
 * @returns how many outcomes were compared, as `steps`, and the largest absolute difference of a probability or reward
 * @throws WorldDifference at the first difference; MalformedRecording where the table makes no sense;
 *   UserError where the world cannot be compared
 */
export function verifyTable(environment: Environment, table: unknown): { steps: number; maxError: number } {
  const { name, recording: vectors, transitions } = environment;
  if (vectors === undefined || transitions === undefined) {
    throw new UserError(
      `world '${name}' has no table to compare: it lacks transitions(), or a recording { toVector, fromVector } ` +
        'that gives a state its number',
    );
  }
  const parsed = tableSchema.safeParse(table);
  if (!parsed.success) throw malformed(parsed.error.issues);

  let compared = 0;
  let maxError = 0;
  for (const [state, actions] of Object.entries(parsed.data.transitions)) {
    for (const [action, listed] of Object.entries(actions)) {
      const problem = actionProblem(environment.actions, Number(action));
      if (problem !== undefined) throw new MalformedRecording(`transitions.${state}.${action}`, problem);
      const wanted = merge(
        listed.map(([probability, nextState, reward, terminated]) => ({ probability, nextState, reward, terminated })),
      );
      const found = merge(
        transitions(vectors.fromVector([Number(state)]), Number(action)).map((outcome) => {
          return { ...outcome, nextState: vectors.toVector(outcome.state)[0] };
        }),
      );

      const compare = (quantity: string, expected: number | boolean, got: number | boolean) => {
        const error = Math.abs(Number(expected) - Number(got));
        if (!(error <= TOLERANCE)) {
          const place = { state: Number(state), action: Number(action) };
          throw new WorldDifference(name, 'table', { place, quantity, expected, got });
        }
        maxError = Math.max(maxError, error);
      };
      for (let i = 0; i < Math.min(wanted.length, found.length); i++) {
        for (const quantity of ['nextState', 'terminated', 'reward', 'probability'] as const) {
          compare(quantity, wanted[i][quantity], found[i][quantity]);
        }
      }
      compare('number of outcomes', wanted.length, found.length);
      compared += listed.length;
    }
  }
  compareFirstStates(environment, vectors.toVector, parsed.data.initialStateProbabilities ?? []);
  return { steps: compared, maxError };
}

/** In one order, with the probabilities of equal outcomes added up and impossible ones left out. */
function merge(outcomes: readonly Outcome[]): readonly Outcome[] {
  const merged = new Map<string, Outcome>();
  for (const outcome of outcomes) {
    const { nextState, terminated, reward } = outcome;
    const key = `${nextState} ${terminated} ${reward}`;
    const probability = outcome.probability + (merged.get(key)?.probability ?? 0);
    if (probability > 0) merged.set(key, { nextState, terminated, reward, probability });
  }
  return [...merged.values()].sort(
    (a, b) => a.nextState - b.nextState || Number(a.terminated) - Number(b.terminated) || a.reward - b.reward,
  );
}

function compareFirstStates(
  environment: Environment,
  toVector: (state: unknown) => readonly number[],
  probabilities: readonly number[],
): void {
  if (probabilities.length === 0) return;
  const counts = new Array<number>(probabilities.length).fill(0);
  const rng = createRng(0);
  for (let e = 0; e < RESETS; e++) {
    const [first] = toVector(environment.reset(rng.split(e)));
    counts[first] = (counts[first] ?? 0) + 1;
  }
  counts.forEach((count, state) => {
    const expected = probabilities[state] ?? 0;
    const got = count / RESETS;
    if (Math.abs(got - expected) <= 6 * Math.sqrt((expected * (1 - expected)) / RESETS)) return;
    const difference = { place: { state }, quantity: 'initial probability', expected, got };
    throw new WorldDifference(environment.name, 'table', difference);
  });
}
