/**
 * Named float leaves of a step, such as its latent, as one row of half precision numbers.
 */
import { sameShape, sizeOf } from '../nd-array.ts';
import type { Group, NdArray } from '../types.ts';
import { fromHalf, toHalf } from './half.ts';
import type { SequencePosition } from './sequence-position.ts';

/**
 * Write leaves [B, T, …] float32 of the sequences at `positions` [B] to the rows that `rowOf` gives, in the order of
 * `shapes`; steps for which it gives none are skipped. Throws RangeError, before anything is written, where a leaf is
 * missing or of another shape; `what` names the leaves in it.
 */
export function packRows(
  what: string,
  shapes: Group<readonly number[]>,
  leaves: Group<NdArray>,
  positions: readonly SequencePosition[],
  rowOf: (lane: number, index: number) => Uint16Array | undefined,
): void {
  const names = Object.keys(shapes);
  if (names.length === 0) return;
  const length = leaves[names[0]]?.shape[1] ?? 0;
  const sources = names.map((name) => {
    const expected = [positions.length, length, ...shapes[name]];
    const { data, shape } = leaves[name] ?? { shape: [] };
    if (!(data instanceof Float32Array) || !sameShape(shape, expected)) {
      const axes = [positions.length, name === names[0] ? 'T' : length, ...shapes[name]].join(', ');
      throw new RangeError(`expected float32 ${what} ${name} [${axes}], got [${shape.join(', ')}]`);
    }
    return { data, size: sizeOf(shapes[name]) };
  });
  positions.forEach(({ lane, start }, row) => {
    for (let t = 0; t < length; t++) {
      const out = rowOf(lane, start + t);
      if (!out) continue;
      let offset = 0;
      for (const { data, size } of sources) {
        const from = (row * length + t) * size;
        toHalf(data.subarray(from, from + size), out.subarray(offset, offset + size));
        offset += size;
      }
    }
  });
}

/** Put a row's numbers at `index` into leaves that hold `count` rows each; zeros where there is no row. */
export function unpackRow(
  row: Uint16Array | undefined,
  leaves: Group<{ readonly data: Float32Array }>,
  index: number,
  count: number,
): void {
  let offset = 0;
  for (const { data } of Object.values(leaves)) {
    const size = data.length / count;
    const out = data.subarray(index * size, (index + 1) * size);
    if (row) fromHalf(row.subarray(offset, offset + size), out);
    else out.fill(0);
    offset += size;
  }
}
