import { describe, expect, it } from 'vitest';
import { float32, mapGroups, zeros } from '../../src/nd-array.ts';
import { createLaprop, type LapropOptions } from '../../src/nn/laprop.ts';
import type { Groups, NdArray, ParamArrays } from '../../src/types.ts';
import { normals, runBoth } from '../engine/parity.ts';

const config: LapropOptions = {
  learningRate: 0.1, warmup: 2, agc: 0, agcMin: 1e-3, beta1: 0.9, beta2: 0.99, epsilon: 1e-20,
};

/** Steps with given gradients; the parameters after each. */
async function steps(settings: LapropOptions, start: ParamArrays, gradients: readonly ParamArrays[]): Promise<ParamArrays[]> {
  const optimizer = createLaprop(settings);
  let params = start;
  let slots: Groups<NdArray> = mapGroups(optimizer.slots(params), (shape) => zeros(shape));
  const names = Object.keys(slots);
  const path: ParamArrays[] = [];
  for (const [i, gradient] of gradients.entries()) {
    const inputs = { ...slots, params, gradients: gradient, schedule: optimizer.schedule(i + 1) };
    const { compiled } = await runBoth((groups) => {
      const next = optimizer.apply({
        params: groups.params, gradients: groups.gradients, schedule: groups.schedule,
        slots: Object.fromEntries(names.map((name) => [name, groups[name]])),
      });
      return { params: next.params, ...next.slots };
    }, inputs);
    ({ params, ...slots } = compiled);
    path.push(params);
  }
  return path;
}

/** Of a single parameter. */
async function follow(settings: LapropOptions, start: number[], gradients: number[][]): Promise<number[][]> {
  const vector = (values: number[]) => ({ w: float32(values, [values.length]) });
  return (await steps(settings, vector(start), gradients.map(vector))).map(({ w }) => [...w.data]);
}

describe('LaProp', () => {
  it('takes the steps worked out by hand', async () => {
    // Step 1: ν̂ = g², so the normalised gradient is ±1, μ̂ = ±1, lr = 0.1·½.
    // Step 2, w₀: ν = 0.99·0.01·4 + 0.01·1 = 0.0496, ν̂ = 0.0496/0.0199 = 2.492462, g/√ν̂ = 0.633413;
    //   μ = 0.9·0.1 + 0.1·0.633413 = 0.153341, μ̂ = μ/0.19 = 0.807060, lr = 0.1.
    // Step 2, w₁: g = 0: ν̂ unused, μ = 0.9·(−0.1), μ̂ = −0.473684.
    const path = await follow({ ...config, agc: 1e9 }, [1, 2], [[2, -3], [1, 0]]);
    path[0].forEach((value, i) => expect(value).toBeCloseTo([0.95, 2.05][i], 5));
    path[1].forEach((value, i) => expect(value).toBeCloseTo([0.95 - 0.080706, 2.05 + 0.0473684][i], 5));
  });

  it('shrinks a gradient that is large beside its parameter, as a whole', async () => {
    // ‖p‖ = 5, so the bound is 0.5·5 = 2.5; ‖g‖ = 10 is cut to a quarter. The direction is kept, so is a mere scale:
    // seen in step 2, where the clipped first gradient weighs as (1.5, 2) and not as (6, 8).
    const clipped = await follow({ ...config, agc: 0.5, warmup: 0 }, [3, 4], [[6, 8], [1, 1]]);
    const given = await follow({ ...config, agc: 1e9, warmup: 0 }, [3, 4], [[1.5, 2], [1, 1]]);
    clipped[1].forEach((value, i) => expect(value).toBeCloseTo(given[1][i], 5));
    const unclipped = await follow({ ...config, agc: 1e9, warmup: 0 }, [3, 4], [[6, 8], [1, 1]]);
    expect(Math.abs(unclipped[1][0] - clipped[1][0])).toBeGreaterThan(0.005);
  });

  it('lets parameters of zeros move', async () => {
    const [[w]] = await follow({ ...config, agc: 0.3, warmup: 0 }, [0], [[5]]);
    expect(w).toBeCloseTo(-0.1, 5);
  });

  it('warms up linearly', () => {
    const rates = [1, 2, 3].map((step) => createLaprop({ ...config, warmup: 4 }).schedule(step).learningRate.data[0]);
    rates.forEach((rate, i) => expect(rate).toBeCloseTo(0.025 * (i + 1), 6));
  });

  it('keeps what it remembers of small parameters side by side, and steps each by itself', async () => {
    const shapes = { large: [40, 40], bias: [3], matrix: [2, 2] };
    const group = (seed: number): ParamArrays =>
      Object.fromEntries(Object.entries(shapes).map(([name, shape], i) => [name, normals(shape, 10 * seed + i)]));
    const packed = { large: [40, 40], packed: [7] };
    expect(createLaprop(config).slots(group(1))).toEqual({ momentum: packed, variance: packed });
    // Small are those of up to 1024 numbers; where there are none, there is nothing to pack.
    const slotsOf = (shape: readonly number[]) => createLaprop(config).slots({ w: { shape } }).momentum;
    expect(slotsOf([32, 32])).toEqual({ packed: [1024] });
    expect(slotsOf([5, 205])).toEqual({ w: [5, 205] });
    const settings = { ...config, agc: 0.3 };
    const together = await steps(settings, group(1), [group(2), group(3)]);
    for (const name of Object.keys(shapes)) {
      const [start, ...gradients] = [1, 2, 3].map((seed) => ({ [name]: group(seed)[name] }));
      const alone = await steps(settings, start, gradients);
      alone.forEach((after, i) => {
        after[name].data.forEach((value, k) => expect(together[i][name].data[k], name).toBeCloseTo(value, 6));
        expect(together[i][name].shape).toEqual(shapes[name as keyof typeof shapes]);
      });
    }
  });
});
