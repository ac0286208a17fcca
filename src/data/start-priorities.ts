/**
 * How much every stored step matters as the start of a sequence, and starts drawn in proportion to it: prioritised
 * replay (Schaul et al. 2016, "Prioritized experience replay", section 3.3; MuZero, Schrittwieser et al. 2020,
 * appendix G).
 */
import { bytesOf } from '../nd-array.ts';
import type { Rng } from '../types.ts';
import type { SequencePosition } from './sequence-position.ts';
import { LEAF_BYTES, SumTree } from './sum-tree.ts';

/** Starts of one lane, as indices of steps: `first` to `end - 1`. */
export interface StartRange {
  readonly first: number;
  readonly end: number;
}

/** Bytes of memory that the priority of one step takes. */
export const PRIORITY_BYTES = 4 + LEAF_BYTES;

/** What a new start has before any priority was written. */
const FIRST_PRIORITY = 1;
/** Added to every priority, so that a start of priority 0 is drawn now and then. */
const FLOOR = 1e-3;

export class StartPriorities {
  /** Memory that is taken. */
  readonly bytes: number;
  readonly #stepsPerLane: number;
  readonly #exponent: number;
  /** As they were written; a lane is a ring of `stepsPerLane`, as its steps are. */
  readonly #values: Float32Array;
  /** The largest that was ever written. */
  readonly #largest = Float32Array.of(FIRST_PRIORITY);
  /** (priority + FLOOR)^exponent, in the order of the values. */
  readonly #tree: SumTree;

  constructor(size: { readonly lanes: number; readonly stepsPerLane: number }, exponent: number) {
    const steps = size.lanes * size.stepsPerLane;
    this.bytes = steps * PRIORITY_BYTES;
    this.#stepsPerLane = size.stepsPerLane;
    this.#exponent = exponent;
    this.#values = new Float32Array(steps);
    this.#tree = new SumTree(steps);
  }

  /** Give a new step, which takes the place of the oldest in a full lane, the largest priority so far. */
  append({ lane, start }: SequencePosition): void {
    this.#set(this.#slot(lane, start), this.#largest[0]);
  }

  /** Set the priority, finite and at least 0, of a step that is kept. */
  write({ lane, start }: SequencePosition, priority: number): void {
    this.#set(this.#slot(lane, start), priority);
    this.#largest[0] = Math.max(this.#largest[0], priority);
  }

  /**
   * Draw one of the starts in `ranges`, one range a lane, none longer than a lane and not all of them empty, with
   * probability P ∝ (priority + 0.001)^exponent. Its rarity is 1 / (N·P), N being the number of all these starts:
   * how many times as probable a uniform draw would have made it.
   */
  draw(ranges: readonly StartRange[], rng: Rng): { readonly position: SequencePosition; readonly rarity: number } {
    const nodes = ranges.flatMap((range, lane) => this.#cover(range, lane));
    const count = ranges.reduce((sum, { first, end }) => sum + end - first, 0);
    const total = this.#tree.sum(nodes);
    // One uniform moves in steps of 2^-24, and among many starts one may well be less probable than that.
    const unit = rng.uniform() + rng.uniform() * 2 ** -24;
    const leaf = this.#tree.find(nodes, unit * total);
    const lane = Math.floor(leaf / this.#stepsPerLane);
    const { first } = ranges[lane];
    const ahead = (leaf - this.#slot(lane, first) + this.#stepsPerLane) % this.#stepsPerLane;
    return { position: { lane, start: first + ahead }, rarity: total / (count * this.#tree.get(leaf)) };
  }

  /** Views of everything that is kept where the lanes hold `stored` steps each; `rebuild` after writing to them. */
  views(stored: readonly number[]): Uint8Array[] {
    const lanes = stored.map((count, lane) => {
      const from = lane * this.#stepsPerLane; // a ring that is not full is filled from here on
      return this.#values.subarray(from, from + count);
    });
    return [this.#largest, ...lanes].map(bytesOf);
  }

  /** Draw by what was written to the views. */
  rebuild(): void {
    this.#values.forEach((value, slot) => this.#set(slot, value));
  }

  #set(slot: number, priority: number): void {
    this.#values[slot] = priority;
    this.#tree.set(slot, (priority + FLOOR) ** this.#exponent);
  }

  #slot(lane: number, index: number): number {
    return lane * this.#stepsPerLane + (index % this.#stepsPerLane);
  }

  /** The tree's nodes over a range, which may run across the end of the ring. */
  #cover({ first, end }: StartRange, lane: number): number[] {
    const from = this.#slot(lane, first);
    const ring = (lane + 1) * this.#stepsPerLane;
    const to = from + end - first;
    const again = this.#tree.cover(ring - this.#stepsPerLane, to - this.#stepsPerLane);
    return [...this.#tree.cover(from, Math.min(to, ring)), ...again];
  }
}
