/**
 * Replay of sequences for world models: one stream of steps a lane, sequences that may run over the borders of
 * episodes, the newest fed once before uniform ones (the `online` queue of DreamerV3, Hafner et al. 2023), and latents
 * kept beside the steps as the context in which later sequences start.
 */
import type { Group, NdArray, Rng, Step } from '../types.ts';
import { fromHalf, toHalf } from './half.ts';
import { IS_FIRST, IS_TERMINAL, LaneBuffer, createColumns, stepBytes } from './lane-buffer.ts';
import type { StepLayout } from './lane-buffer.ts';
import { allocateBatch } from './replay-batch.ts';
import type { ReplayBatch, SequencePosition } from './replay-batch.ts';
import { fitForm, layoutOf, product } from './replay-form.ts';
import type { ReplayForm } from './replay-form.ts';
import { parseMark, readStore, ReplayStore } from './replay-store.ts';
import type { ReplayMark, StoreOptions } from './replay-store.ts';

export type { ReplayBatch, SequencePosition } from './replay-batch.ts';
export type { ReplayMark } from './replay-store.ts';
export { ReplayError } from './segments.ts';

export interface ReplayOptions {
  /** How many parallel worlds write into it. */
  readonly lanes: number;
  /** [H, W, C] */
  readonly imageShape: readonly number[];
  readonly actionSize: number;
  /** Shapes of the latent's leaves without the batch; `{}` where none are stored. */
  readonly contextShapes: Group<readonly number[]>;
  /** Bound on the memory of all lanes together; taken little by little. */
  readonly capacityBytes: number;
  /**
   * Where the steps are kept on disk; in memory only where absent. Frames are compressed. While lanes advance together,
   * the folder holds the steps in memory and those that the last two marks need, give or take two segments, and at
   * most three files of latents.
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
  /** Memory of one step, its stored latent included. */
  readonly bytesPerStep: number;
  readonly #form: ReplayForm;
  readonly #layout: StepLayout;
  readonly #lanes: readonly LaneBuffer[];
  readonly #store: ReplayStore | undefined;
  /** By lane, the first step that was not yet part of a newest sequence. */
  readonly #fed: number[];
  /** By lane, the first step that was not yet handed to the store. */
  readonly #written: number[];

  constructor(form: ReplayForm, lanes: readonly LaneBuffer[], fed: readonly number[], store?: ReplayStore) {
    this.#form = form;
    this.#layout = layoutOf(form);
    this.#lanes = lanes;
    this.#store = store;
    this.#fed = [...fed];
    this.#written = lanes.map((lane) => lane.count);
    this.capacitySteps = form.lanes * form.stepsPerLane;
    this.bytesPerStep = stepBytes(this.#layout);
  }

  /** Steps that are kept now. */
  get length(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.stored, 0);
  }

  /** Steps that were ever appended. */
  get steps(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.count, 0);
  }

  /** Memory that has been taken; never more than the capacity. */
  get allocatedBytes(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.allocatedSteps, 0) * this.bytesPerStep;
  }

  /** Add the next step of a lane. Throws ReplayError where earlier steps could not be written to disk. */
  append(lane: number, step: Step): void {
    const buffer = this.#lanes[lane];
    if (!buffer) throw new RangeError(`expected a lane below ${this.#form.lanes}, got ${lane}`);
    this.#store?.check();
    buffer.append(step);
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
    return this.#lanes.some((lane) => lane.stored >= length);
  }

  /**
   * A batch of sequences. While `newest` is true (the default), stretches of `length` steps that were completed since
   * are fed first, each once, oldest first; the rest are uniform over all starts in all lanes.
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
    const positions: SequencePosition[] = [];
    for (let row = 0; row < batchSize; row++) {
      positions.push((newest ? this.#takeNewest(length) : undefined) ?? this.#drawUniform(length, rng));
    }
    return this.#gather(positions, length, into);
  }

  /**
   * Store the latents that were inferred for sampled sequences, leaves [B, T, …] float32; they are kept in half
   * precision. Steps that were evicted since are skipped.
   */
  writeContext(positions: readonly SequencePosition[], latents: Group<NdArray>): void {
    const leaves = Object.entries(this.#form.contextShapes).map(([name, shape]) => {
      const { data, shape: got } = latents[name] ?? { shape: [] };
      const fits = got.length === shape.length + 2 && got[0] === positions.length;
      if (!(data instanceof Float32Array) || !fits || shape.some((size, axis) => size !== got[axis + 2])) {
        throw new RangeError(
          `expected float32 latents ${name} [${positions.length}, T, ${shape.join(', ')}], got [${got.join(', ')}]`,
        );
      }
      return { data, length: got[1], size: product(shape) };
    });
    if (leaves.length === 0) return;
    const length = leaves[0].length;
    positions.forEach(({ lane, start }, row) => {
      for (let t = 0; t < length; t++) {
        const out = this.#lanes[lane].contextToWrite(start + t);
        if (!out) continue;
        let offset = 0;
        for (const { data, size } of leaves) {
          const from = (row * length + t) * size;
          toHalf(data.subarray(from, from + size), out.subarray(offset, offset + size));
          offset += size;
        }
      }
    });
  }

  /**
   * Make everything durable as it is at this moment, and return the mark under which `openReplay` finds it again; what
   * is sampled later does not depend on it. Takes memory for a copy of the stored latents while it writes.
   * Rejects with ReplayError where the replay has no folder or could not be written.
   */
  async flush(): Promise<ReplayMark> {
    const store = this.#requireStore();
    this.#lanes.forEach((_, lane) => this.#write(lane));
    const hasContext = this.#layout.contextSize > 0;
    const contexts = hasContext ? this.#lanes.flatMap((lane) => lane.contextBytes().map((piece) => piece.slice())) : [];
    return store.flush({ counts: this.#lanes.map((lane) => lane.count), fed: [...this.#fed] }, contexts);
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
    return this.#lanes.map((lane) => lane.oldest);
  }

  /** Hand the steps of a lane that are not yet on their way to disk to the store. */
  #write(lane: number): void {
    const buffer = this.#lanes[lane];
    const first = this.#written[lane];
    const count = buffer.count - first;
    if (!this.#store || count === 0) return;
    const columns = createColumns(this.#layout, count);
    buffer.read(first, count, columns, 0);
    this.#store.append(lane, first, columns, this.#oldest());
    this.#written[lane] = buffer.count;
  }

  /** The stretch that was completed first, which is the one that ends at the lowest index while lanes go together. */
  #takeNewest(length: number): SequencePosition | undefined {
    let found: SequencePosition | undefined;
    this.#lanes.forEach((buffer, lane) => {
      const start = Math.max(this.#fed[lane], buffer.oldest);
      if (start + length <= buffer.count && (!found || start < found.start)) found = { lane, start };
    });
    if (found) this.#fed[found.lane] = found.start + length;
    return found;
  }

  #drawUniform(length: number, rng: Rng): SequencePosition {
    const starts = this.#lanes.map((lane) => Math.max(0, lane.stored - length + 1));
    let index = rng.int(starts.reduce((sum, count) => sum + count, 0));
    let lane = 0;
    while (index >= starts[lane]) index -= starts[lane++];
    return { lane, start: this.#lanes[lane].oldest + index };
  }

  #gather(positions: readonly SequencePosition[], length: number, into?: ReplayBatch): ReplayBatch {
    const batch = allocateBatch(this.#form, positions, length, into);
    const isFirst = batch.isFirst.data;
    const isTerminal = batch.isTerminal.data;
    const flags = new Uint8Array(isFirst.length);
    const columns = { image: batch.image.data, action: batch.action.data, reward: batch.reward.data, flags };
    positions.forEach(({ lane, start }, row) => this.#lanes[lane].read(start, length, columns, row * length));
    for (let i = 0; i < flags.length; i++) {
      isFirst[i] = flags[i] & IS_FIRST ? 1 : 0;
      isTerminal[i] = flags[i] & IS_TERMINAL ? 1 : 0;
    }
    positions.forEach(({ lane, start }, row) => {
      const buffer = this.#lanes[lane];
      const stored = buffer.context(start - 1);
      let offset = 0;
      for (const leaf of Object.values(batch.context)) {
        const width = leaf.data.length / positions.length;
        const out = leaf.data.subarray(row * width, (row + 1) * width);
        if (stored) fromHalf(stored.subarray(offset, offset + width), out);
        else out.fill(0);
        offset += width;
      }
      const known = this.#layout.contextSize > 0 ? stored !== undefined : buffer.has(start - 1);
      if (!known) isFirst[row * length] = 1;
    });
    return batch;
  }
}

/** An empty replay. Files that an earlier replay left in `directory` are deleted. */
export function createReplay(options: ReplayOptions): Replay {
  const form = fitForm(options);
  const store = options.directory ? new ReplayStore(storeOptions(options, options.directory, form)) : undefined;
  store?.prepare();
  return new Replay(form, createLanes(form), new Array<number>(form.lanes).fill(0), store);
}

/**
 * The replay in `options.directory` as it was when `mark` was returned by `flush`, to the bit; whatever was written
 * after that is dropped. Throws ReplayError where the options differ, or where anything is missing or damaged.
 */
export async function openReplay(
  options: ReplayOptions & { readonly directory: string },
  mark: unknown,
): Promise<Replay> {
  const form = fitForm(options);
  const parsed = parseMark(mark, form);
  const lanes = createLanes(form, parsed.counts);
  const store = await readStore(storeOptions(options, options.directory, form), parsed, lanes);
  return new Replay(form, lanes, parsed.fed, store);
}

function storeOptions(options: ReplayOptions, directory: string, form: ReplayForm): StoreOptions {
  const segmentBytes = options.segmentBytes ?? Math.min(SEGMENT_BYTES, Math.ceil(options.capacityBytes / 8));
  return { directory, form, layout: layoutOf(form), segmentBytes };
}

function createLanes(form: ReplayForm, counts: readonly number[] = []): LaneBuffer[] {
  const layout = layoutOf(form);
  return Array.from({ length: form.lanes }, (_, lane) => new LaneBuffer(layout, form.stepsPerLane, counts[lane]));
}
