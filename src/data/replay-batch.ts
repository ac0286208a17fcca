/**
 * A batch of sequences as replay hands it out, and how it is gathered from the lanes.
 */
import { sizeOf } from '../nd-array.ts';
import type { Group, NdArray } from '../types.ts';
import { unpackRow } from './half-rows.ts';
import { IS_FIRST, IS_TERMINAL } from './lane-buffer.ts';
import type { LaneBuffer } from './lane-buffer.ts';
import { layoutOf } from './replay-form.ts';
import type { ReplayForm } from './replay-form.ts';
import type { SequencePosition } from './sequence-position.ts';

/** What a batch is made of. */
export interface SequenceChoice {
  readonly positions: readonly SequencePosition[];
  /** One a sequence. */
  readonly weights: readonly number[];
  /** Steps in every sequence. */
  readonly length: number;
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
  /** What was stored for every step of the sequences, leaves [B, T, …]; zeros where nothing was. */
  readonly targets: Group<FloatArray>;
  /**
   * [B], in 0..1: what a row's loss is multiplied by to make up for priorities, (1 / (N·P))^correction over the
   * largest of the batch, for a start drawn with probability P out of N. All 1 without priorities; the newest
   * sequences, which priorities do not choose, count as P = 1 / N.
   */
  readonly weight: FloatArray;
  /** [B] */
  readonly positions: readonly SequencePosition[];
}

/** The sequences of `length` steps at `positions`, all of them kept; in the memory of `into` where that is given. */
export function gatherBatch(
  form: ReplayForm,
  lanes: readonly LaneBuffer[],
  { positions, weights, length }: SequenceChoice,
  into?: ReplayBatch,
): ReplayBatch {
  const batch = allocateBatch(form, positions, length, into);
  const { contextSize, targetSize } = layoutOf(form);
  const isFirst = batch.isFirst.data;
  const isTerminal = batch.isTerminal.data;
  const flags = new Uint8Array(isFirst.length);
  const columns = { image: batch.image.data, action: batch.action.data, reward: batch.reward.data, flags };
  positions.forEach(({ lane, start }, row) => lanes[lane].read(start, length, columns, row * length));
  for (let i = 0; i < flags.length; i++) {
    isFirst[i] = flags[i] & IS_FIRST ? 1 : 0;
    isTerminal[i] = flags[i] & IS_TERMINAL ? 1 : 0;
  }
  positions.forEach(({ lane, start }, row) => {
    const buffer = lanes[lane];
    const stored = buffer.context(start - 1);
    unpackRow(stored, batch.context, row, positions.length);
    const known = contextSize > 0 ? stored !== undefined : buffer.has(start - 1);
    if (!known) isFirst[row * length] = 1;
    for (let t = 0; targetSize > 0 && t < length; t++) {
      unpackRow(buffer.targets(start + t), batch.targets, row * length + t, flags.length);
    }
  });
  batch.weight.data.set(weights);
  return batch;
}

function allocateBatch(
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
    context: leaves([positions.length], form.contextShapes, into?.context),
    targets: leaves(leading, form.targetShapes, into?.targets),
    weight: floats([positions.length], into?.weight),
    positions,
  };
}

function leaves(
  leading: readonly number[],
  shapes: Group<readonly number[]>,
  reuse?: Group<FloatArray>,
): Group<FloatArray> {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, floats([...leading, ...shape], reuse?.[name])]),
  );
}

function floats(shape: readonly number[], reuse?: FloatArray): FloatArray {
  return { data: reusable(shape, reuse) ?? new Float32Array(sizeOf(shape)), shape, dtype: 'float32' };
}

function bytes(shape: readonly number[], reuse?: ByteArray): ByteArray {
  return { data: reusable(shape, reuse) ?? new Uint8Array(sizeOf(shape)), shape, dtype: 'uint8' };
}

function reusable<T extends NdArray>(shape: readonly number[], array?: T): T['data'] | undefined {
  if (array && array.data.length !== sizeOf(shape)) {
    throw new RangeError(`expected memory for [${shape.join(', ')}] to use again, got ${array.data.length} numbers`);
  }
  return array?.data;
}
