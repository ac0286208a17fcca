/** Sequences over what one block brought in, for agents that learn from nothing else (`Agent.onPolicy`). */
import type { SequencePosition } from '../data/replay.ts';
import type { Rng, Step } from '../types.ts';

export interface NewestOptions {
  /** By lane, where its newest record was before the block. */
  readonly before: readonly SequencePosition[];
  readonly ticks: readonly { readonly steps: readonly (readonly Pick<Step, 'isFirst'>[])[] }[];
  /** Steps in every sequence; each lane holds as many. */
  readonly length: number;
  /** Steps at the front of a sequence that are not learned from (`Representation.blindSteps`). */
  readonly blindSteps: number;
}

/**
 * Sequences that together hold every arrival of the block once as one that is learned from, where lanes go back far enough; the
 * oldest of a lane may hold earlier ones too. None is of first steps alone, to which nothing led.
 */
export function newestSequences({ before, ticks, length, blindSteps }: NewestOptions): SequencePosition[] {
  const stride = length - 1 - blindSteps;
  return before.flatMap(({ lane, start: newestBefore }) => {
    const isFirst = ticks.flatMap(({ steps }) => steps[lane].map((step) => step.isFirst));
    const [first, last] = [newestBefore + 1, newestBefore + isFirst.length];
    const found: SequencePosition[] = [];
    for (let end = last; end >= first; end -= stride) {
      const arrivals = isFirst.slice(Math.max(0, end - stride + 1 - first), end - first + 1);
      if (!arrivals.every(Boolean)) found.unshift({ lane, start: Math.max(0, end - length + 1) });
    }
    return found;
  });
}

/** All of them in an order of their own, again and again. */
export function* shuffled<T>(all: readonly T[], rng: Rng): Generator<T, never, void> {
  if (all.length === 0) throw new RangeError('expected something to draw from');
  for (let round = 0; ; round++) {
    const [order, stream] = [[...all], rng.split(round)];
    for (let left = order.length; left > 0; left--) {
      const at = stream.int(left);
      yield order[at];
      order[at] = order[left - 1];
    }
  }
}
