/** Where targets that were made anew (`Refresher`) belong: in the batch that is learned from, and in replay. */
import type { SequencePosition } from '../data/replay.ts';
import { mapGroup, sizeOf } from '../nd-array.ts';
import type { Group, NdArray, RefreshedTargets } from '../types.ts';

/** The targets [B, T, …] of a batch with those that were made anew in their places. */
export const withRefreshed = (targets: Group<NdArray>, { first, targets: fresh }: RefreshedTargets): Group<NdArray> =>
  mapGroup(targets, (array, leaf) => {
    const { shape: [batch, length, ...rest] } = array;
    const { data: found, shape: [rows] } = fresh[leaf];
    const data = array.data.slice();
    const [whole, known] = [length * sizeOf(rest), (length - first) * sizeOf(rest)];
    for (let row = 0; row < rows; row++) {
      data.set(found.subarray(row * known, (row + 1) * known), (batch - rows + row + 1) * whole - known);
    }
    return { ...array, data };
  });

/**
 * Where in replay the new targets of a batch belong. All others stay as replay has them: the batch was gathered before
 * the update in front of it wrote to some of its steps.
 */
export const refreshedPositions = (
  positions: readonly SequencePosition[],
  { first, targets }: RefreshedTargets,
): readonly SequencePosition[] => {
  const [rows] = Object.values(targets)[0].shape;
  return positions.slice(-rows).map(({ lane, start }) => ({ lane, start: start + first }));
};
