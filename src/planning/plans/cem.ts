/**
 * The cross-entropy method (Rubinstein 1999; PETS, Chua et al. 2018; PlaNet, Hafner et al. 2019): draw plans, look which are
 * best, and draw the next ones around those. Continuous actions are normals, discrete ones categoricals, one for each step.
 */
import { bestOf, keepBest, putFirst, shifted, type Best, type Planning, type PlanTask } from './plan.ts';
import { drawPlans, evenly, fitNormals, mixNormals, whiteNoise, type Normals } from './normals.ts';

export interface CemOptions {
  readonly candidates: number;
  readonly iterations: number;
  readonly elites: number;
  /** Share of what the distribution was before. */
  readonly momentum: number;
  /** Deviation of continuous actions at first. */
  readonly std: number;
  /** Begin where the last decision ended, one step later. */
  readonly warmStart: boolean;
  /** Chance of a discrete action that the best plans do not take. */
  readonly floor: number;
}

/** @yields as many rounds of plans as there are iterations */
export const cem = (task: PlanTask, options: CemOptions): Planning =>
  (task.kind === 'continuous' ? continuousCem(task, options) : discreteCem(task, options));

function* continuousCem(task: PlanTask, { candidates, iterations, elites, momentum, std, warmStart }: CemOptions): Planning {
  const { horizon, size, rng, memory, own } = task;
  const middle = new Float32Array(size);
  let normals: Normals = {
    mean: memory && warmStart ? shifted(memory, size, middle) : new Float32Array(horizon * size),
    std: new Float32Array(horizon * size).fill(std),
  };
  const noise = whiteNoise(task, rng);
  for (let round = 0; round < iterations; round++) {
    const plans = drawPlans(normals, candidates, noise);
    putFirst(plans, own);
    const { worth } = yield plans;
    const chosen = bestOf(worth, elites);
    if (chosen.length > 0) normals = mixNormals(normals, fitNormals(plans, evenly(chosen), task), momentum);
  }
  return { plan: normals.mean, memory: normals.mean };
}

/** So that no share of the best is exactly 0 or 1 (Laplace). */
const SMOOTHING = 0.1;

function* discreteCem(task: PlanTask, { candidates, iterations, elites, momentum, warmStart, floor }: CemOptions): Planning {
  const { horizon, size, memory, own, rng } = task;
  const even = new Float32Array(size).fill(1 / size);
  // A distribution that was sure of itself would never look elsewhere.
  const loosened = (chances: Float32Array) => chances.map((chance) => (1 - floor) * chance + floor / size);
  let chances = memory && warmStart ? loosened(shifted(memory, size, even)) : new Float32Array(horizon * size).fill(1 / size);
  const best: Best = { plan: new Float32Array(horizon * size), worth: -Infinity };
  for (let round = 0; round < iterations; round++) {
    const plans = new Float32Array(candidates * horizon * size);
    for (let row = 0; row < candidates * horizon; row++) {
      const at = (row % horizon) * size;
      plans[row * size + drawIndex(chances.subarray(at, at + size), rng.uniform())] = 1;
    }
    putFirst(plans, own);
    const worths = yield plans;
    keepBest(best, plans, worths, task);
    const chosen = bestOf(worths.worth, elites);
    if (chosen.length === 0) continue;
    const { mean: shares } = fitNormals(plans, evenly(chosen), task);
    chances = loosened(chances.map((chance, i) => momentum * chance + (1 - momentum) * ((shares[i] + SMOOTHING) / (1 + size * SMOOTHING))));
  }
  return { plan: best.plan, memory: chances };
}

function drawIndex(chances: Float32Array, uniform: number): number {
  let sum = 0;
  for (let i = 0; i < chances.length; i++) {
    sum += chances[i];
    if (uniform < sum) return i;
  }
  return chances.length - 1;
}
