/** Targets that were made anew go where they belong. */
import { expect, it } from 'vitest';
import { createReplay } from '../../src/data/replay.ts';
import { float32 } from '../../src/nd-array.ts';
import { createRng } from '../../src/random.ts';
import { refreshedPositions, withRefreshed } from '../../src/train/refreshed.ts';
import { numberedStep } from '../data/numbered-steps.ts';

it('lays them over the last sequences of a batch, from the first step on that has its past', () => {
  const targets = {
    searchValue: float32([1, 2, 3, 4, 5, 6, 7, 8, 9], [3, 3]),
    searchPolicy: float32(Array.from({ length: 18 }, (_, i) => i), [3, 3, 2]),
  };
  const fresh = {
    searchValue: float32([50, 60, 80, 90], [2, 2]),
    searchPolicy: float32([80, 90, 100, 110, 140, 150, 160, 170], [2, 2, 2]),
  };
  const { searchValue, searchPolicy } = withRefreshed(targets, { first: 1, targets: fresh });
  expect(searchValue).toEqual(float32([1, 2, 3, 4, 50, 60, 7, 80, 90], [3, 3]));
  expect([...searchPolicy.data]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 80, 90, 100, 110, 12, 13, 140, 150, 160, 170]);
  // The batch itself is left alone.
  expect([...targets.searchValue.data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

it('writes back what it found, and nothing of what the batch was gathered with', () => {
  const replay = createReplay({
    lanes: 1, imageShape: [1, 2, 1], actionSize: 1, contextShapes: {}, targetShapes: { searchValue: [] }, capacityBytes: 10_000,
  });
  for (let step = 0; step < 8; step++) replay.append(0, numberedStep(0, step));
  const gathered = [{ lane: 0, start: 0 }, { lane: 0, start: 4 }];
  // Another update writes to both sequences after the batch was gathered; of these two, the second is searched anew.
  replay.writeTargets([{ lane: 0, start: 0 }], { searchValue: float32(new Float32Array(8).fill(5), [1, 8]) });
  const fresh = { first: 1, targets: { searchValue: float32([7, 8, 9], [1, 3]) } };
  replay.writeTargets(refreshedPositions(gathered, fresh), fresh.targets);
  const { targets } = replay.sample({ batchSize: 1, length: 8, rng: createRng(0) });
  expect([...targets.searchValue.data]).toEqual([5, 5, 5, 5, 5, 7, 8, 9]);
});
