/**
 * Model predictive path integral control (Williams et al. 2015): the mean of plans, each weighted by e to the power of its
 * return. With `elites` only the best count, and the deviation follows them (TD-MPC, Hansen et al. 2022).
 */
import { bestOf, clip, putFirst, shifted, type Planning, type PlanTask } from './plan.ts';
import { drawPlans, fitNormals, whiteNoise, type Normals } from './normals.ts';

export interface MppiOptions {
  readonly candidates: number;
  readonly iterations: number;
  /** How many of the best count; 0: all do, and the deviation stays. */
  readonly elites: number;
  /** Difference of returns at which a plan weighs e times more. */
  readonly temperature: number;
  /** Deviation at first, and its bounds where it follows the elites. */
  readonly std: number;
  readonly minStd: number;
  /** Share of the noise before in each step's noise (the filter of Nagabandi et al. 2019). */
  readonly smooth: number;
}

/** @yields as many rounds of plans as there are iterations */
export function* mppi(task: PlanTask, options: MppiOptions): Planning {
  const { horizon, size, rng, memory, own } = task;
  const { candidates, iterations, elites, temperature, std, minStd, smooth } = options;
  const white = whiteNoise(task, rng);
  const noise = () => smoothed(white(), size, smooth);
  let normals: Normals = {
    mean: memory ? shifted(memory, size, new Float32Array(size)) : new Float32Array(horizon * size),
    std: new Float32Array(horizon * size).fill(std),
  };
  for (let round = 0; round < iterations; round++) {
    const plans = drawPlans(normals, candidates, noise);
    putFirst(plans, own);
    const { worth } = yield plans;
    const weighed = weights(worth, bestOf(worth, elites || candidates), temperature);
    if (weighed.length === 0) continue; // none is worth anything
    const fitted = fitNormals(plans, weighed, task);
    normals = { mean: fitted.mean, std: elites === 0 ? normals.std : fitted.std.map((value) => clip(value, minStd, std)) };
  }
  return { plan: normals.mean, memory: normals.mean };
}

/** w ∝ e^((J − max J) / temperature). */
export function weights(worth: Float32Array, indices: readonly number[], temperature: number): { index: number; weight: number }[] {
  const most = indices.reduce((best, index) => Math.max(best, worth[index]), -Infinity);
  const raw = indices.map((index) => Math.exp((worth[index] - most) / temperature));
  const sum = raw.reduce((total, weight) => total + weight, 0);
  return indices.map((index, i) => ({ index, weight: raw[i] / sum }));
}

/** n_t ← s·n_{t−1} + √(1 − s²)·n_t: every step keeps its deviation. */
function smoothed(noise: Float32Array, size: number, share: number): Float32Array {
  const rest = Math.sqrt(1 - share ** 2);
  for (let i = size; i < noise.length; i++) noise[i] = share * noise[i - size] + rest * noise[i];
  return noise;
}
