/**
 * A batch of sequences as replay hands it out, and its memory.
 */
import type { Group, NdArray } from '../types.ts';
import { product } from './replay-form.ts';
import type { ReplayForm } from './replay-form.ts';

/** Where a sampled sequence starts. */
export interface SequencePosition {
  readonly lane: number;
  /** Index of its first step, counted from the first one that the lane ever appended. */
  readonly start: number;
}

interface FloatArray extends NdArray {
  readonly data: Float32Array;
  readonly dtype: 'float32';
}

interface ByteArray extends NdArray {
  readonly data: Uint8Array;
  readonly dtype: 'uint8';
}

export interface ReplayBatch {
  /** [B, T, H, W, C] */
  readonly image: ByteArray;
  /** [B, T, A] */
  readonly action: FloatArray;
  /** [B, T] */
  readonly reward: FloatArray;
  /** [B, T]; 1 where an episode begins, and at index 0 where nothing is known of the moment before. */
  readonly isFirst: FloatArray;
  /** [B, T] */
  readonly isTerminal: FloatArray;
  /** The latent stored for the step before index 0, leaves [B, …]; zeros where there is none. */
  readonly context: Group<FloatArray>;
  /** [B] */
  readonly positions: readonly SequencePosition[];
}

/** A batch for sequences of `length` steps at `positions`, in the memory of `into` where that is given. */
export function allocateBatch(
  form: ReplayForm,
  positions: readonly SequencePosition[],
  length: number,
  into?: ReplayBatch,
): ReplayBatch {
  const leading = [positions.length, length];
  return {
    image: bytes([...leading, ...form.imageShape], into?.image),
    action: floats([...leading, form.actionSize], into?.action),
    reward: floats(leading, into?.reward),
    isFirst: floats(leading, into?.isFirst),
    isTerminal: floats(leading, into?.isTerminal),
    context: Object.fromEntries(
      Object.entries(form.contextShapes).map(([name, shape]) => [
        name,
        floats([positions.length, ...shape], into?.context[name]),
      ]),
    ),
    positions,
  };
}

function floats(shape: readonly number[], reuse?: FloatArray): FloatArray {
  return { data: reusable(shape, reuse) ?? new Float32Array(product(shape)), shape, dtype: 'float32' };
}

function bytes(shape: readonly number[], reuse?: ByteArray): ByteArray {
  return { data: reusable(shape, reuse) ?? new Uint8Array(product(shape)), shape, dtype: 'uint8' };
}

function reusable<T extends NdArray>(shape: readonly number[], array?: T): T['data'] | undefined {
  if (array && array.data.length !== product(shape)) {
    throw new RangeError(`expected memory for [${shape.join(', ')}] to use again, got ${array.data.length} numbers`);
  }
  return array?.data;
}
