/**
 * Replay of sequences for world models: one stream of steps a lane, sequences that may run over the borders of
 * episodes, the newest fed once before drawn ones, and kept beside the steps: latents, the context in which later
 * sequences start, and targets, what a search found there (MuZero Reanalyse, Schrittwieser et al. 2020, appendix H).
 */
import type { Group, NdArray, Rng, Step } from '../types.ts';
import { packRows } from './half-rows.ts';
import { createColumns, IS_FIRST, IS_LAST, IS_TERMINAL, stepBytes } from './lane-buffer.ts';
import type { StepLayout } from './lane-buffer.ts';
import { gatherBatch } from './replay-batch.ts';
import type { ReplayBatch } from './replay-batch.ts';
import { bytesPerStepOf, fitForm, layoutOf } from './replay-form.ts';
import type { ReplayForm } from './replay-form.ts';
import { changingBytes, createMemory } from './replay-memory.ts';
import type { ReplayMemory } from './replay-memory.ts';
import { parseMark, readStore, ReplayStore } from './replay-store.ts';
import type { ReplayMark, StoreOptions } from './replay-store.ts';
import type { SequencePosition } from './sequence-position.ts';
import { SequenceStarts } from './sequence-starts.ts';

export type { ReplayBatch } from './replay-batch.ts';
export type { ReplayMark } from './replay-store.ts';
export { ReplayError } from './segments.ts';
export type { SequencePosition } from './sequence-position.ts';

export interface ReplayOptions {
  /** How many parallel worlds write into it. */
  readonly lanes: number;
  /** [H, W, C] */
  readonly imageShape: readonly number[];
  readonly actionSize: number;
  /** Shapes of the latent's leaves without the batch; `{}` where none are stored. */
  readonly contextShapes: Group<readonly number[]>;
  /** Shapes of the targets kept for every step, `{ searchPolicy: [3], searchValue: [] }` say; none where absent. */
  readonly targetShapes?: Group<readonly number[]>;
  /**
   * Draw starts by priority, with P ∝ priority^exponent (α of Schaul et al. 2016) and weights that undo as much of
   * the bias as `correction` says (β); both in 0..1. Uniformly where it is absent or the exponent is 0.
   */
  readonly priority?: { readonly exponent: number; readonly correction: number };
  /** Bound on the memory of all lanes together; taken little by little. */
  readonly capacityBytes: number;
  /**
   * Where the steps are kept on disk; in memory only where absent. Frames are compressed. While lanes advance together,
   * the folder holds the steps in memory and those that the last two marks need, give or take two segments, and at
   * most three files of latents and what else is kept beside the steps.
   */
  readonly directory?: string;
  /** A segment file is at most this long; 64 MB, or an eighth of the capacity where that is less. */
  readonly segmentBytes?: number;
}

/** Steps of a lane that go into one record on disk. */
const RECORD_STEPS = 64;
const SEGMENT_BYTES = 64 * 2 ** 20;

export class Replay {
  /** Steps kept in all lanes together once they are full; every lane keeps the same number. */
  readonly capacitySteps: number;
  /** Memory of one step, with its latent, targets and priority. */
  readonly bytesPerStep: number;
  readonly #form: ReplayForm;
  readonly #layout: StepLayout;
  readonly #memory: ReplayMemory;
  readonly #starts: SequenceStarts;
  readonly #store: ReplayStore | undefined;
  /** By lane, the first step that was not yet handed to the store. */
  readonly #written: number[];

  constructor(form: ReplayForm, memory: ReplayMemory, starts: SequenceStarts, store?: ReplayStore) {
    this.#form = form;
    this.#layout = layoutOf(form);
    this.#memory = memory;
    this.#starts = starts;
    this.#store = store;
    this.#written = memory.lanes.map((lane) => lane.count);
    this.capacitySteps = form.lanes * form.stepsPerLane;
    this.bytesPerStep = bytesPerStepOf(form);
  }

  /** Steps that are kept now. */
  get length(): number {
    return this.#memory.lanes.reduce((sum, lane) => sum + lane.stored, 0);
  }

  /** Steps that were ever appended. */
  get steps(): number {
    return this.#memory.lanes.reduce((sum, lane) => sum + lane.count, 0);
  }

  /** Memory that has been taken; never more than the capacity. */
  get allocatedBytes(): number {
    const { lanes, priorities } = this.#memory;
    const steps = lanes.reduce((sum, lane) => sum + lane.allocatedSteps, 0);
    return steps * stepBytes(this.#layout) + (priorities?.bytes ?? 0);
  }

  /** By lane, where its newest step is; index -1, which is skipped in writing, where it has none. */
  newest(): readonly SequencePosition[] {
    return this.#memory.lanes.map(({ count }, lane) => ({ lane, start: count - 1 }));
  }

  /** Add the next step of a lane. Throws ReplayError where earlier steps could not be written to disk. */
  append(lane: number, step: Step): void {
    const buffer = this.#memory.lanes[lane];
    if (!buffer) throw new RangeError(`expected a lane below ${this.#form.lanes}, got ${lane}`);
    this.#store?.check();
    buffer.append(step);
    this.#memory.priorities?.append({ lane, start: buffer.count - 1 });
    // A lane shorter than a record must be written before its steps are evicted.
    if (buffer.count - this.#written[lane] >= Math.min(RECORD_STEPS, buffer.capacity)) this.#write(lane);
  }

  /** Is there any sequence of `length` steps? Throws RangeError where there never will be. */
  canSample(length: number): boolean {
    const { stepsPerLane } = this.#form;
    if (!Number.isInteger(length) || length < 1 || length > stepsPerLane) {
      throw new RangeError(
        `expected sequences of 1 to ${stepsPerLane} steps, which is what a lane of this replay holds, got ${length}; ` +
          'raise the capacity or shorten the sequences',
      );
    }
    return this.#memory.lanes.some((lane) => lane.stored >= length);
  }

  /**
   * A batch of sequences. While `newest` is true (the default), stretches of `length` steps that were completed since
   * are fed first, each once, oldest first; the rest are drawn from all starts in all lanes, uniformly or by priority.
   * `into` takes a batch of the same shapes, whose memory is used again. Throws RangeError where `canSample` is false.
   */
  sample(options: {
    readonly batchSize: number;
    readonly length: number;
    readonly rng: Rng;
    readonly newest?: boolean;
    readonly into?: ReplayBatch;
  }): ReplayBatch {
    const { batchSize, length, rng, newest = true, into } = options;
    if (!this.canSample(length)) {
      throw new RangeError(`no lane holds ${length} steps yet; ${this.length} steps are stored in all`);
    }
    const choice = this.#starts.choose({ batchSize, length, rng, newest });
    return gatherBatch(this.#form, this.#memory.lanes, choice, into);
  }

  /** The steps of a lane that are kept, oldest first. */
  *read(lane: number): Generator<Step, void, void> {
    const buffer = this.#memory.lanes[lane];
    for (let index = buffer.oldest; index < buffer.count; index++) {
      const columns = createColumns(this.#layout, 1);
      buffer.read(index, 1, columns, 0);
      const { image, action, reward: [reward], flags: [flags] } = columns;
      yield { image, action, reward, isFirst: (flags & IS_FIRST) !== 0, isLast: (flags & IS_LAST) !== 0, isTerminal: (flags & IS_TERMINAL) !== 0 };
    }
  }

  /** From now on what is kept so far is drawn, and no part of it fed as the newest. */
  settle(): void {
    this.#starts.settle();
  }

  /** A batch of the sequences of `length` steps at `positions`. Throws RangeError where one is not kept as a whole. */
  gather(positions: readonly SequencePosition[], length: number): ReplayBatch {
    for (const { lane, start } of positions) {
      const buffer = this.#memory.lanes[lane];
      if (buffer?.has(start) && buffer.has(start + length - 1)) continue;
      throw new RangeError(`expected ${length} steps from step ${start} of lane ${lane} on, which are not all kept`);
    }
    return gatherBatch(this.#form, this.#memory.lanes, { positions, weights: positions.map(() => 1), length });
  }

  /**
   * Store the latents that were inferred for sampled sequences, leaves [B, T, …] float32; they are kept in half
   * precision. Steps that were evicted since are skipped.
   */
  writeContext(positions: readonly SequencePosition[], latents: Group<NdArray>): void {
    const rowOf = (lane: number, index: number) => this.#memory.lanes[lane].contextToWrite(index);
    packRows('latents', this.#form.contextShapes, latents, positions, rowOf);
  }

  /**
   * Store targets for the steps of sequences, leaves [B, T, …] float32; they are kept in half precision, in place of
   * what was there. Steps that were evicted since are skipped. Throws RangeError where a leaf is missing or misshapen.
   */
  writeTargets(positions: readonly SequencePosition[], leaves: Group<NdArray>): void {
    const rowOf = (lane: number, index: number) => this.#memory.lanes[lane].targets(index);
    packRows('targets', this.#form.targetShapes, leaves, positions, rowOf);
  }

  /**
   * Say how much the starts at `positions` [B] matter from now on; nothing where starts are drawn uniformly. Starts
   * that were evicted since are skipped; new ones get the largest priority so far, 1 at first.
   * Throws RangeError, before anything is written, unless there are B priorities, all finite and at least 0.
   */
  writePriorities(positions: readonly SequencePosition[], priorities: Float32Array): void {
    const wrong = priorities.findIndex((priority) => !(priority >= 0 && priority < Infinity));
    if (wrong >= 0) throw new RangeError(`expected priorities finite and at least 0, got ${priorities[wrong]}`);
    if (priorities.length !== positions.length) {
      throw new RangeError(`expected ${positions.length} priorities, one a sequence, got ${priorities.length}`);
    }
    positions.forEach((position, row) => {
      const kept = this.#memory.lanes[position.lane].has(position.start);
      if (kept) this.#memory.priorities?.write(position, priorities[row]);
    });
  }

  /**
   * Make everything durable as it is at this moment, and return the mark under which `openReplay` finds it again; what
   * is sampled later does not depend on it. While it writes, it takes memory for a copy of what is kept beside steps.
   * Rejects with ReplayError where the replay has no folder or could not be written.
   */
  async flush(): Promise<ReplayMark> {
    const store = this.#requireStore();
    this.#memory.lanes.forEach((_, lane) => this.#write(lane));
    const copies = changingBytes(this.#memory).map((piece) => piece.slice());
    return store.flush({ counts: this.#memory.lanes.map((lane) => lane.count), fed: this.#starts.fed }, copies);
  }

  /** Say that a checkpoint holds `mark` now: what only older marks need is deleted. */
  async commit(mark: ReplayMark): Promise<void> {
    await this.#requireStore().commit(mark, this.#oldest());
  }

  /** Wait for what is being written, and close the files. What came after the last flush is not kept. */
  async close(): Promise<void> {
    await this.#store?.close();
  }

  #requireStore(): ReplayStore {
    if (!this.#store) throw new Error('this replay lives in memory only: give createReplay a directory');
    return this.#store;
  }

  #oldest(): number[] {
    return this.#memory.lanes.map((lane) => lane.oldest);
  }

  /** Hand the steps of a lane that are not yet on their way to disk to the store. */
  #write(lane: number): void {
    const buffer = this.#memory.lanes[lane];
    const first = this.#written[lane];
    const count = buffer.count - first;
    if (!this.#store || count === 0) return;
    const columns = createColumns(this.#layout, count);
    buffer.read(first, count, columns, 0);
    this.#store.append(lane, first, columns, this.#oldest());
    this.#written[lane] = buffer.count;
  }
}

/**
 * An empty replay. Files that an earlier replay left in `directory` are deleted. Throws RangeError where the capacity
 * is less than one step a lane, or where exponent or correction of priorities are not in 0..1.
 */
export function createReplay(options: ReplayOptions): Replay {
  const { exponent, correction } = priorityOf(options);
  const form = fitForm(options);
  const store = options.directory ? new ReplayStore(storeOptions(options, options.directory, form)) : undefined;
  store?.prepare();
  const memory = createMemory(form, exponent);
  const fed = new Array<number>(form.lanes).fill(0);
  return new Replay(form, memory, new SequenceStarts(memory, fed, correction), store);
}

/**
 * The replay in `options.directory` as it was when `mark` was returned by `flush`, to the bit; whatever was written
 * after that is dropped, unless the folder is only read. Throws ReplayError where the options differ, or where anything is missing or damaged.
 */
export async function openReplay(
  options: ReplayOptions & { readonly directory: string; readonly readOnly?: boolean },
  mark: unknown,
): Promise<Replay> {
  const { exponent, correction } = priorityOf(options);
  const form = fitForm(options);
  const parsed = parseMark(mark, form);
  const memory = createMemory(form, exponent, parsed.counts);
  const store = await readStore(storeOptions(options, options.directory, form), parsed, memory, options.readOnly);
  return new Replay(form, memory, new SequenceStarts(memory, parsed.fed, correction), store);
}

function priorityOf({ priority = { exponent: 0, correction: 0 } }: ReplayOptions) {
  for (const [name, value] of Object.entries(priority)) {
    if (!(value >= 0 && value <= 1)) throw new RangeError(`expected a priority ${name} in 0..1, got ${value}`);
  }
  return priority;
}

function storeOptions(options: ReplayOptions, directory: string, form: ReplayForm): StoreOptions {
  const segmentBytes = options.segmentBytes ?? Math.min(SEGMENT_BYTES, Math.ceil(options.capacityBytes / 8));
  return { directory, form, layout: layoutOf(form), segmentBytes };
}
