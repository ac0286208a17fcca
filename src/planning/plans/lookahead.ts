/** Exhaustive lookahead: all sequences of discrete actions to a small depth. The oracle of every planner that samples. */
import { keepBest, type Best, type Planning, type PlanTask } from './plan.ts';

/** All Aᴴ plans, [Aᴴ, H, A], the first action changing slowest. */
export function allPlans({ horizon, size }: Pick<PlanTask, 'horizon' | 'size'>): Float32Array {
  const count = size ** horizon;
  const plans = new Float32Array(count * horizon * size);
  for (let n = 0; n < count; n++) {
    for (let h = 0; h < horizon; h++) {
      const action = Math.floor(n / size ** (horizon - 1 - h)) % size;
      plans[(n * horizon + h) * size + action] = 1;
    }
  }
  return plans;
}

/** @yields all plans there are, once */
export function* lookahead(task: PlanTask): Planning {
  const plans = allPlans(task);
  const best: Best = { plan: plans.slice(0, task.horizon * task.size), worth: -Infinity };
  keepBest(best, plans, yield plans, task);
  return { plan: best.plan, memory: new Float32Array(0) };
}
