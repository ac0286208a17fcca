/** Planning by gradients through the model: several plans climb the slope of their returns (Adam, Kingma and Ba 2015). */
import { clip, keepBest, putFirst, shifted, type Best, type Planning, type PlanTask } from './plan.ts';
import { drawPlans, whiteNoise } from './normals.ts';

export interface GradientOptions {
  /** Plans that climb side by side. */
  readonly starts: number;
  readonly iterations: number;
  readonly stepSize: number;
  /** Deviation of the plans at first. */
  readonly std: number;
}

const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];

/** @yields the plans before each step, and once more after the last */
export function* gradient(task: PlanTask, { starts, iterations, stepSize, std }: GradientOptions): Planning {
  const { horizon, size, rng, memory, own } = task;
  const length = horizon * size;
  const mean = memory ? shifted(memory, size, new Float32Array(size)) : new Float32Array(length);
  let plans = drawPlans({ mean, std: new Float32Array(length).fill(std) }, starts, whiteNoise(task, rng));
  putFirst(plans, mean, own);
  const first = new Float32Array(plans.length);
  const second = new Float32Array(plans.length);
  const best: Best = { plan: mean, worth: -Infinity };
  for (let step = 1; ; step++) {
    const answer = yield plans;
    keepBest(best, plans, answer, task);
    if (step > iterations) break;
    const { slope } = answer;
    if (!slope) throw new Error('gradient: expected slopes beside the returns');
    plans = plans.map((action, i) => {
      const along = Number.isFinite(slope[i]) ? slope[i] : 0;
      first[i] = BETA1 * first[i] + (1 - BETA1) * along;
      second[i] = BETA2 * second[i] + (1 - BETA2) * along ** 2;
      const [m, v] = [first[i] / (1 - BETA1 ** step), second[i] / (1 - BETA2 ** step)];
      return clip(action + (stepSize * m) / (Math.sqrt(v) + EPSILON), -1, 1);
    });
  }
  return { plan: best.plan, memory: best.plan };
}
