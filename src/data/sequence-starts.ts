/**
 * Which sequences a replay samples: the newest once, in the order in which they were completed (the `online` queue of
 * DreamerV3, Hafner et al. 2023); the others uniformly, or by the priorities of their starts where it keeps any.
 */
import type { Rng } from '../types.ts';
import type { SequenceChoice } from './replay-batch.ts';
import type { ReplayMemory } from './replay-memory.ts';
import type { SequencePosition } from './sequence-position.ts';

export class SequenceStarts {
  readonly #memory: ReplayMemory;
  /** By lane, the first step that was not yet part of a newest sequence. */
  readonly #fed: number[];
  readonly #correction: number;

  /** `correction`, in 0..1, is how much of the bias of priorities the weights undo. */
  constructor(memory: ReplayMemory, fed: readonly number[], correction: number) {
    this.#memory = memory;
    this.#fed = [...fed];
    this.#correction = correction;
  }

  /** A copy: by lane, the first step that was not yet part of a newest sequence. */
  get fed(): number[] {
    return [...this.#fed];
  }

  /** Sequences for a batch, with weights in 0..1; there is at least one of `length` steps. */
  choose(options: {
    readonly batchSize: number;
    readonly length: number;
    readonly rng: Rng;
    readonly newest: boolean;
  }): SequenceChoice {
    const { batchSize, length, rng, newest } = options;
    const drawn = Array.from({ length: batchSize }, () => {
      const position = newest ? this.#takeNewest(length) : undefined;
      return position ? { position, rarity: 1 } : this.#draw(length, rng);
    });
    const weights = drawn.map(({ rarity }) => rarity ** this.#correction);
    const largest = Math.max(...weights);
    return {
      positions: drawn.map(({ position }) => position),
      weights: weights.map((weight) => weight / largest),
      length,
    };
  }

  /** Take all that is there for fed. */
  settle(): void {
    this.#memory.lanes.forEach(({ count }, lane) => (this.#fed[lane] = count));
  }

  /** The stretch that was completed first, which is the one that ends at the lowest index while lanes go together. */
  #takeNewest(length: number): SequencePosition | undefined {
    let found: SequencePosition | undefined;
    this.#memory.lanes.forEach((buffer, lane) => {
      const start = Math.max(this.#fed[lane], buffer.oldest);
      if (start + length <= buffer.count && (!found || start < found.start)) found = { lane, start };
    });
    if (found) this.#fed[found.lane] = found.start + length;
    return found;
  }

  /**
   * One of all starts of sequences of `length` steps, of which there is at least one, with its rarity: 1 / (N·P),
   * where it is one of N and is drawn with probability P. That is 1 where every start is as probable as the others.
   */
  #draw(length: number, rng: Rng): { readonly position: SequencePosition; readonly rarity: number } {
    const { lanes, priorities } = this.#memory;
    const ranges = lanes.map(({ oldest, count }) => ({ first: oldest, end: Math.max(oldest, count - length + 1) }));
    if (priorities) return priorities.draw(ranges, rng);
    let index = rng.int(ranges.reduce((sum, { first, end }) => sum + end - first, 0));
    let lane = 0;
    while (index >= ranges[lane].end - ranges[lane].first) index -= ranges[lane].end - ranges[lane++].first;
    return { position: { lane, start: ranges[lane].first + index }, rarity: 1 };
  }
}
