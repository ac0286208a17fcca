import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { fromHalf, toHalf } from '../../src/data/half.ts';
import { isSearched, searchPolicyLoss, searchTargetShapes, valueUnit } from '../../src/nn/search-targets.ts';
import { float32 } from '../../src/nd-array.ts';
import { boundedNormal, categorical } from '../../src/nn/distributions.ts';
import { evaluate } from '../engine/parity.ts';

const search = { samples: 5 };

describe('targets of a search', () => {
  it('are a policy over all actions, or over those that were sampled, with the actions themselves', () => {
    expect(searchTargetShapes({ kind: 'discrete', n: 3 }, search)).toEqual({ searchPolicy: [3], searchValue: [] });
    expect(searchTargetShapes({ kind: 'continuous', low: [-1, 0], high: [1, 2] }, search)).toEqual({
      searchPolicy: [5], searchValue: [], searchActions: [5, 2],
    });
    // Where a world forbids actions, also which were legal
    expect(searchTargetShapes({ kind: 'discrete', n: 3 }, search, true)).toEqual({ searchPolicy: [3], searchValue: [], legal: [3] });
  });

  it('are known where there is a policy, as exactly as half precision keeps it', async () => {
    const searchPolicy = float32([0.25, 0.7498, 0, 0, 0, 1], [1, 3, 2]);
    expect(await evaluate((v) => isSearched(v), { searchPolicy })).toEqual([1, 0, 1]);
  });

  it('cost the cross-entropy with the policy', async () => {
    // π = 1/4, 3/4: −½ ln ¼ − ½ ln ¾, then −ln ¾, then nothing where there was no search
    const logits = float32(new Float32Array(6).map((_, i) => (i % 2) * Math.log(3)), [3, 2]);
    const searchPolicy = float32([0.5, 0.5, 0, 1, 0, 0], [3, 2]);
    const losses = await evaluate((v) =>
      searchPolicyLoss(categorical(v.logits), { searchPolicy: v.searchPolicy }), { logits, searchPolicy });
    [0.836988, 0.287682, 0].forEach((expected, i) => expect(losses[i]).toBeCloseTo(expected, 5));
  });

  it('cost the log-density of every sampled action in its share', async () => {
    // A normal of deviation 1 around 0: −ln p(a) = a²/2 + ½ ln 2π, summed over two dimensions.
    const searchActions = float32([0, 0, 1, -1, 0.5, 0.5, 1, 1], [2, 2, 2]);
    const searchPolicy = float32([0.25, 0.75, 1, 0], [2, 2]);
    const losses = await evaluate(
      (v) => searchPolicyLoss(boundedNormal(tf.zeros([2, 2]), tf.zeros([2, 2]), { minStd: 1, maxStd: 1 }), v),
      { searchPolicy, searchActions },
    );
    // 1.837877 + 0.75 · 1, 1.837877 + 0.25
    [2.587877, 2.087877].forEach((expected, i) => expect(losses[i]).toBeCloseTo(expected, 5));
  });

  it('say so where a policy cannot be compared with them', async () => {
    const searchPolicy = float32([0.5, 0.5], [1, 2]);
    await expect(evaluate(
      (v) => searchPolicyLoss(boundedNormal(tf.zeros([1, 2]), tf.zeros([1, 2])), v), { searchPolicy },
    )).rejects.toThrow('expected a policy over discrete actions');
  });
});

describe('the unit of searched values', () => {
  const key = 'model.support';

  it.each([
    [undefined, 1], [{ size: 4e8 }, 1], [{ size: 300, key }, 1], [{ size: 1, key }, 1], [{ size: 16384, key }, 1],
    [{ size: 16385, key }, 2], [{ size: 7_200_000, key }, 512], [{ size: 0.5, key }, 0.5], [{ size: 1e-6, key }, 2 ** -19],
  ])('of %j is %d', (largest, unit) => {
    expect(valueUnit(largest)).toBe(unit);
  });

  it('keeps values in half precision, to a thousandth', () => {
    for (const size of [1e-6, 3e-4, 300, 9e4, 7.2e6, 1e15]) {
      for (const value of [size / 50, size, 3 * size]) {
        const unit = valueUnit({ size, key });
        const [kept] = fromHalf(toHalf(Float32Array.of(value / unit)));
        expect(Math.abs(kept * unit - value)).toBeLessThan(value / 1000);
      }
    }
  });
});
