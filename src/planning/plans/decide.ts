/** Leads the dialogues of all lanes: their plans are asked about together, and what is no number never becomes an action. */
import type { ActionSpace, Rng } from '../../types.ts';
import { planAt, shifted, type Planned, type Planning, type PlanTask, type Worths } from './plan.ts';

/** A way to plan, with the values of its options. */
export interface PlanMethod {
  readonly kind: ActionSpace['kind'];
  readonly horizon: number;
  readonly size: number;
  /** M: numbers that a lane remembers from one decision to the next. */
  readonly memorySize: number;
  plan(task: PlanTask): Planning;
}

/** What is known of L lanes before they decide. */
export interface Lanes {
  /** [L]: what a lane remembers is of another episode. */
  readonly isFirst: ArrayLike<number>;
  /** [L, H, A]: what was planned last. */
  readonly plan: Float32Array;
  /** [L, M] */
  readonly memory: Float32Array;
  /** Plans of the agent's own policy, [L, K, H, A]. */
  readonly own?: Float32Array;
  /** [L, A]: 1 where a discrete action may be taken now; absent where all may. What may be later nobody knows. */
  readonly legal?: ArrayLike<number>;
}

/** Worths of N plans in each of L lanes, [L, N, H, A]: leaves [L, N] and [L, N, H, A]. */
export type Evaluate = (plans: Float32Array, count: number) => Promise<Worths>;

/** One round of one decision, for whoever draws it: leaves [L, N, H, A] and [L, N]. */
export interface Round {
  readonly plans: Float32Array;
  readonly worth: Float32Array;
}

export interface Decision {
  /** [L, H, A]; the first actions are taken. */
  readonly plan: Float32Array;
  /** [L, M] */
  readonly memory: Float32Array;
  /** Plans that were asked about, over all lanes; and those whose return was no number. */
  readonly asked: number;
  readonly refused: number;
  /** Lanes that could not plan, and do what they planned before. */
  readonly fellBack: number;
  readonly rounds: readonly Round[];
}

/** Lane l draws from `rng.split(l)`. */
export async function decide(method: PlanMethod, lanes: Lanes, evaluate: Evaluate, rng: Rng): Promise<Decision> {
  const { horizon, size, memorySize, kind } = method;
  const length = horizon * size;
  const count = lanes.isFirst.length;
  const part = (all: Float32Array, lane: number) => all.subarray((lane * all.length) / count, ((lane + 1) * all.length) / count);
  const dialogues = Array.from({ length: count }, (_, lane) => method.plan({
    kind, horizon, size, rng: rng.split(lane), own: lanes.own ? part(lanes.own, lane) : new Float32Array(0),
    ...(lanes.isFirst[lane] ? {} : { memory: part(lanes.memory, lane) }),
  }));
  const rounds: Round[] = [];
  let refused = 0;
  let turns = dialogues.map((dialogue) => dialogue.next());
  for (let asked = questionsOf(turns); asked; asked = questionsOf(turns)) {
    const plans = together(asked);
    const { worth, slope } = await evaluate(plans, asked[0].length / length);
    const numbers = worth.map((value, row) => {
      const lane = Math.floor((row * count) / worth.length);
      return Number.isFinite(value) && mayBegin(plans.subarray(row * length, row * length + size), lanes.legal, lane) ? value : -Infinity;
    });
    refused += worth.reduce((sum, value) => sum + (Number.isFinite(value) ? 0 : 1), 0);
    rounds.push({ plans, worth: numbers });
    turns = dialogues.map((dialogue, lane) =>
      dialogue.next({ worth: part(numbers, lane), ...(slope ? { slope: part(slope, lane) } : {}) }));
  }
  const planned = turns.map(({ value }) => value as Planned);
  const able = planned.map(({ plan }, lane) =>
    plan.every(Number.isFinite) && rounds.some(({ worth }) => part(worth, lane).some((value) => value > -Infinity)));
  const before = (lane: number) => {
    const plan = lanes.isFirst[lane] ? new Float32Array(length) : shifted(part(lanes.plan, lane), size);
    if (!mayBegin(plan.subarray(0, size), lanes.legal, lane)) {
      for (let action = 0; action < size; action++) plan[action] = Number(action === firstLegal(lanes.legal, lane, size));
    }
    return plan;
  };
  const blank = (lane: number) => (lanes.isFirst[lane] ? new Float32Array(memorySize) : part(lanes.memory, lane));
  return {
    plan: together(planned.map(({ plan }, lane) => (able[lane] ? plan : before(lane)))),
    memory: together(planned.map(({ memory }, lane) => (able[lane] ? memory : blank(lane)))),
    asked: rounds.reduce((sum, { worth }) => sum + worth.length, 0), refused,
    fellBack: able.filter((fine) => !fine).length, rounds,
  };
}

/** Whether the one-hot action `row` [A] is legal in a lane. */
function mayBegin(row: Float32Array, legal: Lanes['legal'], lane: number): boolean {
  return legal === undefined || row.some((one, action) => one > 0 && legal[lane * row.length + action] > 0);
}

function firstLegal(legal: Lanes['legal'], lane: number, size: number): number {
  for (let action = 0; action < size; action++) if (legal?.[lane * size + action]) return action;
  return 0;
}

/** What all lanes ask now; nothing once they have decided. @throws Error where they disagree */
function questionsOf(turns: readonly IteratorResult<Float32Array, Planned>[]): readonly Float32Array[] | undefined {
  const open = turns.filter(({ done }) => !done);
  if (open.length === 0) return undefined;
  const asked = turns.map(({ value }) => value as Float32Array);
  if (open.length !== turns.length || asked.some(({ length }) => length !== asked[0].length)) {
    throw new Error('expected every lane to ask about as many plans in as many rounds');
  }
  return asked;
}

function together(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The first actions, [L, A]. */
export const actionsOf = ({ plan }: Pick<Decision, 'plan'>, { horizon, size }: Pick<PlanMethod, 'horizon' | 'size'>): Float32Array =>
  together(Array.from({ length: plan.length / (horizon * size) }, (_, lane) => planAt(plan, lane, { horizon, size }).slice(0, size)));
