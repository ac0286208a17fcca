/** When the stages of an agent are due, counted in updates from 1. */
import type { Schedule, Stage } from '../types.ts';

const FIRST = 1;

/** Steps that a stage makes at update `update`. */
export function stepsAt({ every = 1, repeat = 1, from = FIRST, until = Infinity }: Schedule = {}, update: number): number {
  return update >= from && update <= until && (update - from) % every === 0 ? repeat : 0;
}

/** Steps that a stage has made after update `update`. */
export function stepsUntil({ every = 1, repeat = 1, from = FIRST, until = Infinity }: Schedule = {}, update: number): number {
  const last = Math.min(update, until);
  return last < from ? 0 : (Math.floor((last - from) / every) + 1) * repeat;
}

/** The rounds of an update: in each the stages that make a step together, in their order. */
export function roundsOf(stages: readonly Stage[], update: number): Stage[][] {
  const count = Math.max(0, ...stages.map(({ when }) => stepsAt(when, update)));
  return Array.from({ length: count }, (_, round) => stages.filter(({ when }) => stepsAt(when, update) > round));
}
