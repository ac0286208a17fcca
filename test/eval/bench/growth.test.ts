/** Fitted growth, on costs that are made up. */
import { describe, expect, it } from 'vitest';
import { benchGrowth, exponentOf, growthPlot } from '../../../eval/bench/growth.ts';

describe('growth', () => {
  it('is fitted as a power law', () => {
    expect(exponentOf([[8, 3], [16, 6], [32, 12]])).toBeCloseTo(1);
    expect(exponentOf([[1, 5], [2, 20], [4, 80]])).toBeCloseTo(2);
  });

  it('is measured one size at a time, all of its keys together', async () => {
    const asked: string[] = [];
    const growths = await benchGrowth({
      async measure(overrides) {
        asked.push(overrides.join(' '));
        const value = Number(overrides[0].split('=')[1]);
        return { ms: 10 + value ** 2, gflop: value, nodes: 100, rssMb: 1 };
      },
    });
    expect(growths.map(({ axis }) => axis)).toEqual(['batch', 'length', 'horizon', 'width', 'picture']);
    expect(asked.slice(0, 4)).toEqual([8, 16, 32, 64].map((size) => `train.batchSize=${size}`));
    expect(asked).toContain('model.deter=256 model.hidden=256 model.units=256 behavior.units=256');
    for (const { exponents, lastExponent } of growths) {
      expect(exponents).toMatchObject({ gflop: expect.closeTo(1), nodes: expect.closeTo(0) });
      expect(exponents.ms).toBeLessThan(2); // the constant
      expect(lastExponent).toBeGreaterThan(exponents.ms);
    }
    expect(growthPlot(growths).series[0].points[0]).toEqual({ x: 0, y: 0 });
  });
});
