/** Random shooting: the best of many plans that are drawn at random (Nagabandi et al. 2018). */
import { keepBest, putFirst, shifted, type Best, type Planning, type PlanTask } from './plan.ts';

export interface ShootingOptions {
  readonly candidates: number;
  /** Chance that a discrete action is the one before once more: kept-up actions get further than single ones. */
  readonly repeat: number;
}

/** @yields one round of plans, with the best of the last decision among them */
export function* shooting(task: PlanTask, { candidates, repeat }: ShootingOptions): Planning {
  const { memory, own, size } = task;
  const plans = task.kind === 'discrete' ? randomChains(task, candidates, repeat) : randomActions(task, candidates);
  putFirst(plans, memory ? shifted(memory, size) : new Float32Array(0), own);
  const best: Best = { plan: plans.slice(0, task.horizon * size), worth: -Infinity };
  keepBest(best, plans, yield plans, task);
  return { plan: best.plan, memory: best.plan };
}

function randomActions({ horizon, size, rng }: PlanTask, count: number): Float32Array {
  const plans = new Float32Array(count * horizon * size);
  rng.fillUniform(plans);
  return plans.map((value) => 2 * value - 1);
}

function randomChains({ horizon, size, rng }: PlanTask, count: number, repeat: number): Float32Array {
  const plans = new Float32Array(count * horizon * size);
  for (let n = 0; n < count; n++) {
    let action = rng.int(size);
    for (let h = 0; h < horizon; h++) {
      if (h > 0 && rng.uniform() >= repeat) action = rng.int(size);
      plans[(n * horizon + h) * size + action] = 1;
    }
  }
  return plans;
}
