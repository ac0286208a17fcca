/**
 * Planning by sequences of actions: what a method is, and what all methods share. A method thinks about one lane at a
 * time, as a dialogue: it yields plans and is told what each is worth. Whoever leads the dialogues asks for the plans of
 * all lanes at once, and knows what they are imagined in: a learned latent world, or the true one.
 */
import type { ActionSpace, Rng } from '../../types.ts';

/** One lane's decision. */
export interface PlanTask {
  readonly kind: ActionSpace['kind'];
  /** H: actions of a plan. */
  readonly horizon: number;
  /** A: numbers of an action, in [−1, 1], or one-hot. */
  readonly size: number;
  readonly rng: Rng;
  /** What this lane's last decision left, [M]; absent where an episode begins. */
  readonly memory?: Float32Array;
  /** Plans that the agent's own policy makes, [K, H, A]; empty where it makes none. */
  readonly own: Float32Array;
}

/** Answers to N plans [N, H, A]. */
export interface Worths {
  /** [N]: the return of each; −Infinity where there is none. */
  readonly worth: Float32Array;
  /** [N, H, A]: how the return changes with the actions, where the method asks for it. */
  readonly slope?: Float32Array;
}

export interface Planned {
  /** [H, A]: its first action is taken. */
  readonly plan: Float32Array;
  /** [M] for the next decision. */
  readonly memory: Float32Array;
}

export type Planning = Generator<Float32Array, Planned, Worths>;

/** A plan one step later. What comes last is `last` [A], or what came last before. */
export function shifted(plan: Float32Array, size: number, last: Float32Array = plan.slice(plan.length - size)): Float32Array {
  const next = new Float32Array(plan.length);
  next.set(plan.subarray(size));
  next.set(last, plan.length - size);
  return next;
}

/** Plan `index` of many [N, H, A]. */
export const planAt = (plans: Float32Array, index: number, { horizon, size }: Pick<PlanTask, 'horizon' | 'size'>): Float32Array =>
  plans.subarray(index * horizon * size, (index + 1) * horizon * size);

/** Indices of the `count` best, best first; of equals the earlier one. What is worth −Infinity is never among them. */
export function bestOf(worth: Float32Array, count: number): number[] {
  return Array.from(worth.keys()).filter((index) => worth[index] > -Infinity).sort((a, b) => worth[b] - worth[a] || a - b).slice(0, count);
}

/** The best plan that was ever seen. */
export interface Best {
  plan: Float32Array;
  worth: number;
}

/** Remember the best of these plans, where it beats `best`. */
export function keepBest(best: Best, plans: Float32Array, { worth }: Worths, task: PlanTask): void {
  const index: number | undefined = bestOf(worth, 1)[0];
  if (index === undefined || worth[index] <= best.worth) return;
  best.plan = planAt(plans, index, task).slice();
  best.worth = worth[index];
}

/** Put plans in front, in place of those that stand there. */
export function putFirst(plans: Float32Array, ...first: readonly Float32Array[]): void {
  let at = 0;
  for (const some of first) {
    const fits = some.subarray(0, Math.max(0, plans.length - at));
    plans.set(fits, at);
    at += fits.length;
  }
}

export const clip = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);
