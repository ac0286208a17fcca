/**
 * iCEM (Pinneri et al. 2020): the cross-entropy method with noise that keeps to one side, fewer plans from round to round,
 * and the best plans kept, within a decision and from one to the next. It acts by the best plan, not by the mean.
 */
import { coloredNoise } from './colored-noise.ts';
import { bestOf, keepBest, planAt, putFirst, shifted, type Best, type Planning, type PlanTask } from './plan.ts';
import { drawPlans, evenly, fitNormals, mixNormals, type Normals } from './normals.ts';

export interface IcemOptions {
  /** Of the first round. */
  readonly candidates: number;
  readonly iterations: number;
  readonly elites: number;
  readonly momentum: number;
  readonly std: number;
  /** Exponent of the noise. */
  readonly beta: number;
  /** How much smaller each round is than the one before. */
  readonly decay: number;
  /** Share of the best plans that is kept. */
  readonly keep: number;
}

/** Plans in each round: never fewer than twice the elites. */
export const populations = ({ candidates, iterations, elites, decay }: Omit<IcemOptions, 'beta' | 'keep'>): number[] =>
  Array.from({ length: iterations }, (_, round) => Math.max(2 * elites, Math.floor(candidates / decay ** round)));

/** What is kept from one decision to the next: the mean, and as many of the best plans. */
export const kept = ({ elites, keep }: Pick<IcemOptions, 'elites' | 'keep'>): number => Math.ceil(keep * elites);

/** @yields a round of plans for each of `populations` */
export function* icem(task: PlanTask, options: IcemOptions): Planning {
  const { horizon, size, rng, memory, own } = task;
  const { elites: count, momentum, std } = options;
  const length = horizon * size;
  const noise = planNoise(task, options.beta);
  let normals: Normals = {
    mean: memory ? shifted(memory.subarray(0, length), size) : new Float32Array(length),
    std: new Float32Array(length).fill(std),
  };
  let elites = memory ? Array.from({ length: kept(options) }, (_, i) => {
    const last = new Float32Array(size);
    rng.fillUniform(last);
    return shifted(memory.subarray((i + 1) * length, (i + 2) * length), size, last.map((value) => 2 * value - 1));
  }) : [];
  const best: Best = { plan: normals.mean, worth: -Infinity };
  for (const [round, population] of populations(options).entries()) {
    const plans = drawPlans(normals, population, noise);
    const mean = round === options.iterations - 1 ? [normals.mean] : [];
    putFirst(plans, ...mean, ...elites, own);
    const worths = yield plans;
    keepBest(best, plans, worths, task);
    const indices = bestOf(worths.worth, count);
    if (indices.length === 0) continue;
    normals = mixNormals(normals, fitNormals(plans, evenly(indices), task), momentum);
    elites = indices.slice(0, kept(options)).map((index) => planAt(plans, index, task).slice());
  }
  const remembered = new Float32Array((1 + kept(options)) * length);
  putFirst(remembered, normals.mean, ...elites);
  return { plan: best.plan, memory: remembered };
}

function planNoise({ horizon, size, rng }: PlanTask, beta: number): () => Float32Array {
  const draw = coloredNoise(horizon, beta);
  const sequence = new Float32Array(horizon);
  return () => {
    const noise = new Float32Array(horizon * size);
    for (let a = 0; a < size; a++) {
      draw(rng, sequence);
      for (let h = 0; h < horizon; h++) noise[h * size + a] = sequence[h];
    }
    return noise;
  };
}
