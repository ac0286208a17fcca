/**
 * The most recent steps of one lane, in a ring. Steps are named by their absolute index, counted from the lane's first
 * step; a step is evicted exactly when `capacity` newer ones exist, whatever the memory looks like.
 */
import { bytesOf } from '../nd-array.ts';
import type { Step } from '../types.ts';

/** Lengths of one step's rows. */
export interface StepLayout {
  readonly imageSize: number;
  readonly actionSize: number;
  /** Half floats of the stored latent; 0 where none is kept. */
  readonly contextSize: number;
  /** Half floats of the targets; 0 where none are kept. */
  readonly targetSize: number;
}

/** Steps as columns, row after row. */
export interface Columns {
  readonly image: Uint8Array;
  readonly action: Float32Array;
  readonly reward: Float32Array;
  /** Bits: `IS_FIRST`, `IS_LAST`, `IS_TERMINAL`. */
  readonly flags: Uint8Array;
}

export const IS_FIRST = 1;
export const IS_LAST = 2;
export const IS_TERMINAL = 4;

interface Chunk extends Columns {
  readonly context: Uint16Array;
  /** 1 where the step's context has been stored. */
  readonly hasContext: Uint8Array;
  readonly targets: Uint16Array;
}

/** A contiguous piece of one chunk. */
interface Run {
  readonly chunk: Chunk;
  readonly start: number;
  readonly count: number;
}

/** Memory is taken by this many steps at a time, as the lane fills. */
const CHUNK_STEPS = 256;

/** Bytes of memory that one step takes. */
export function stepBytes(layout: StepLayout): number {
  const reward = 4;
  const flags = 2; // with hasContext
  return layout.imageSize + 4 * layout.actionSize + reward + flags + 2 * (layout.contextSize + layout.targetSize);
}

export function createColumns(layout: StepLayout, count: number): Columns {
  return {
    image: new Uint8Array(count * layout.imageSize),
    action: new Float32Array(count * layout.actionSize),
    reward: new Float32Array(count),
    flags: new Uint8Array(count),
  };
}

export class LaneBuffer {
  /** How many steps are kept. */
  readonly capacity: number;
  readonly #layout: StepLayout;
  readonly #chunks: (Chunk | undefined)[];
  #count: number;

  /** `count` says where absolute indices go on: a lane that is being restored begins where it was. */
  constructor(layout: StepLayout, capacity: number, count = 0) {
    this.capacity = capacity;
    this.#layout = layout;
    this.#chunks = new Array<Chunk | undefined>(Math.ceil(capacity / CHUNK_STEPS));
    this.#count = count;
  }

  /** How many steps were ever appended: one more than the newest step's index. */
  get count(): number {
    return this.#count;
  }

  /** The index of the oldest step that is kept. */
  get oldest(): number {
    return Math.max(0, this.#count - this.capacity);
  }

  get stored(): number {
    return this.#count - this.oldest;
  }

  /** Steps for which memory has been taken. */
  get allocatedSteps(): number {
    return this.#chunks.reduce((sum, chunk) => sum + (chunk ? chunk.reward.length : 0), 0);
  }

  has(index: number): boolean {
    return index >= this.oldest && index < this.#count;
  }

  append(step: Step): void {
    const { imageSize, actionSize, targetSize } = this.#layout;
    if (step.image.length !== imageSize) {
      throw new RangeError(`expected a step's image of ${imageSize} bytes, got ${step.image.length}`);
    }
    if (step.action.length !== actionSize) {
      throw new RangeError(`expected a step's action of length ${actionSize}, got ${step.action.length}`);
    }
    const [{ chunk, start }] = this.#runs(this.#count, 1);
    chunk.image.set(step.image, start * imageSize);
    chunk.action.set(step.action, start * actionSize);
    chunk.reward[start] = step.reward;
    chunk.flags[start] =
      (step.isFirst ? IS_FIRST : 0) | (step.isLast ? IS_LAST : 0) | (step.isTerminal ? IS_TERMINAL : 0);
    chunk.hasContext[start] = 0;
    chunk.targets.fill(0, start * targetSize, (start + 1) * targetSize);
    this.#count++;
  }

  /** Copy `count` steps from index `first` on, all of them kept, to `out` from row `row` on. */
  read(first: number, count: number, out: Columns, row: number): void {
    for (const run of this.#runs(first, count)) {
      copySteps(this.#layout, { from: run.chunk, row: run.start, to: out, place: row, count: run.count });
      row += run.count;
    }
  }

  /** The inverse of `read`: put steps back that were kept before. */
  restore(first: number, count: number, from: Columns, row: number): void {
    for (const run of this.#runs(first, count)) {
      copySteps(this.#layout, { from, row, to: run.chunk, place: run.start, count: run.count });
      row += run.count;
    }
  }

  /** The context stored for a step, a view; undefined where the step is not kept or never had one. */
  context(index: number): Uint16Array | undefined {
    if (!this.has(index)) return undefined;
    const [{ chunk, start }] = this.#runs(index, 1);
    return chunk.hasContext[start] ? this.#contextRow(chunk, start) : undefined;
  }

  /** Where to write the context of a step, a view that counts as stored from now on; undefined where evicted. */
  contextToWrite(index: number): Uint16Array | undefined {
    if (!this.has(index)) return undefined;
    const [{ chunk, start }] = this.#runs(index, 1);
    chunk.hasContext[start] = 1;
    return this.#contextRow(chunk, start);
  }

  /** The targets of a step, a view to read or to write, zeros at first; undefined where the step is not kept. */
  targets(index: number): Uint16Array | undefined {
    if (!this.has(index)) return undefined;
    const [{ chunk, start }] = this.#runs(index, 1);
    return rowsOf(chunk.targets, this.#layout.targetSize, start, 1);
  }

  /** Views of all that may change after a step was appended, always cut the same way for the same `count`. */
  changingBytes(): Uint8Array[] {
    const { contextSize, targetSize } = this.#layout;
    if (contextSize + targetSize === 0) return [];
    return this.#runs(this.oldest, this.stored).flatMap(({ chunk, start, count }) => {
      const context = bytesOf(rowsOf(chunk.context, contextSize, start, count));
      const targets = bytesOf(rowsOf(chunk.targets, targetSize, start, count));
      const hasContext = chunk.hasContext.subarray(start, start + count);
      return [...(contextSize > 0 ? [hasContext, context] : []), ...(targetSize > 0 ? [targets] : [])];
    });
  }

  #contextRow(chunk: Chunk, row: number): Uint16Array {
    return rowsOf(chunk.context, this.#layout.contextSize, row, 1);
  }

  /** Where the steps lie in memory, which is taken where it was not yet. */
  #runs(first: number, count: number): Run[] {
    const runs: Run[] = [];
    for (let index = first; index < first + count; ) {
      const slot = index % this.capacity;
      const start = slot % CHUNK_STEPS;
      const chunk = this.#chunk(Math.floor(slot / CHUNK_STEPS));
      const length = Math.min(first + count - index, chunk.reward.length - start);
      runs.push({ chunk, start, count: length });
      index += length;
    }
    return runs;
  }

  #chunk(number: number): Chunk {
    const known = this.#chunks[number];
    if (known) return known;
    // The ring's last chunk is shorter, so that the ring never holds more than its capacity.
    const steps = Math.min(CHUNK_STEPS, this.capacity - number * CHUNK_STEPS);
    const chunk = {
      ...createColumns(this.#layout, steps),
      context: new Uint16Array(steps * this.#layout.contextSize),
      hasContext: new Uint8Array(steps),
      targets: new Uint16Array(steps * this.#layout.targetSize),
    };
    this.#chunks[number] = chunk;
    return chunk;
  }
}

function rowsOf(column: Uint16Array, width: number, first: number, count: number): Uint16Array {
  return column.subarray(first * width, (first + count) * width);
}

/** Copy `count` steps from row `row` of `from` on to row `place` of `to` and on. */
function copySteps(
  { imageSize, actionSize }: StepLayout,
  { from, row, to, place, count }: { from: Columns; row: number; to: Columns; place: number; count: number },
): void {
  const end = row + count;
  to.image.set(from.image.subarray(row * imageSize, end * imageSize), place * imageSize);
  to.action.set(from.action.subarray(row * actionSize, end * actionSize), place * actionSize);
  to.reward.set(from.reward.subarray(row, end), place);
  to.flags.set(from.flags.subarray(row, end), place);
}
