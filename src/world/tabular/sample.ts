/** Drawing an outcome from the table of a tabular world. */
import type { Environment, Rng, Transition } from '../../types.ts';

/** What `transitions` of a world gives: outcomes whose probabilities sum to 1. */
export type Outcomes<S> = ReturnType<NonNullable<Environment<S>['transitions']>>;

/** One of `outcomes`, by its probability. Draws one number, or none where there is no choice. */
export function sampleOutcome<S>(outcomes: Outcomes<S>, rng: Rng): Transition<S> {
  let left = outcomes.length > 1 ? rng.uniform() : 0;
  // The last one takes what rounding leaves over.
  const { state, reward, terminated } =
    outcomes.find(({ probability }) => (left -= probability) < 0) ?? outcomes[outcomes.length - 1];
  return { state, reward, terminated };
}
