/** Where targets that were made anew (`Refresher`) belong: in the batch that is learned from, and in replay. */
import type { SequencePosition } from '../data/replay.ts';
import { copyRows, mapGroup, rowOf, rowsOf } from '../nd-array.ts';
import type { Group, NdArray, RefreshedTargets } from '../types.ts';

/** The targets [B, T, …] of a batch with those that were made anew in their places. */
export const withRefreshed = (targets: Group<NdArray>, { first, targets: fresh }: RefreshedTargets): Group<NdArray> =>
  mapGroup(targets, (array, leaf) => {
    const [batch, length] = array.shape;
    const all = copyRows(array, 0, batch);
    const [rows] = fresh[leaf].shape;
    for (let row = 0; row < rows; row++) {
      const steps = rowsOf(rowOf(all, batch - rows + row), first, length - first);
      steps.data.set(rowOf(fresh[leaf], row).data);
    }
    return all;
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
