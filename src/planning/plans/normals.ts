/** Sequences of actions around a mean, and a mean and a deviation for sequences. */
import type { Rng } from '../../types.ts';
import { clip, planAt, type PlanTask } from './plan.ts';

/** Every action of a plan as a normal, [H, A] each. */
export interface Normals {
  readonly mean: Float32Array;
  readonly std: Float32Array;
}

/** N plans [N, H, A] in [−1, 1], cut off at the ends. `noise` gives H · A standard normals of one plan. */
export function drawPlans({ mean, std }: Normals, count: number, noise: () => Float32Array): Float32Array {
  const plans = new Float32Array(count * mean.length);
  for (let n = 0; n < count; n++) {
    const drawn = noise();
    for (let i = 0; i < mean.length; i++) plans[n * mean.length + i] = clip(mean[i] + std[i] * drawn[i], -1, 1);
  }
  return plans;
}

export const whiteNoise = ({ horizon, size }: PlanTask, rng: Rng) => (): Float32Array => {
  const noise = new Float32Array(horizon * size);
  rng.fillNormal(noise);
  return noise;
};

/** Mean and standard deviation (of the population, so that one plan has 0) of some of the plans, by weight; Σ weights = 1. */
export function fitNormals(
  plans: Float32Array,
  chosen: readonly { readonly index: number; readonly weight: number }[],
  task: Pick<PlanTask, 'horizon' | 'size'>,
): Normals {
  const length = task.horizon * task.size;
  const mean = new Float32Array(length);
  const variance = new Float32Array(length);
  for (const { index, weight } of chosen) planAt(plans, index, task).forEach((value, i) => (mean[i] += weight * value));
  for (const { index, weight } of chosen) planAt(plans, index, task).forEach((value, i) => (variance[i] += weight * (value - mean[i]) ** 2));
  return { mean, std: variance.map(Math.sqrt) };
}

export const evenly = (indices: readonly number[]) => indices.map((index) => ({ index, weight: 1 / indices.length }));

/** A share `momentum` of what was before; variances are mixed, not deviations. */
export function mixNormals(before: Normals, after: Normals, momentum: number): Normals {
  const mix = (a: number, b: number) => momentum * a + (1 - momentum) * b;
  return {
    mean: after.mean.map((value, i) => mix(before.mean[i], value)),
    std: after.std.map((value, i) => Math.sqrt(mix(before.std[i] ** 2, value ** 2))),
  };
}
