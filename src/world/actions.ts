/**
 * Actions as the rows of numbers that networks see: one-hot where they are discrete, scaled to [-1, 1] where they
 * are continuous.
 */
import type { Action, ActionSpace, Rng } from '../types.ts';

/** Length of a row: the number of discrete actions, or of continuous dimensions. */
export function actionSize(space: ActionSpace): number {
  return space.kind === 'discrete' ? space.n : space.low.length;
}

/**
 * Write `action` into `out`, float32 [A]. Continuous actions beyond [low, high] are clipped.
 * @throws RangeError where the action does not belong to the space
 */
export function encodeAction(space: ActionSpace, action: Action, out: Float32Array): Float32Array {
  const size = actionSize(space);
  if (out.length !== size) throw new RangeError(`expected room for an action of ${size} numbers, got ${out.length}`);
  const problem = actionProblem(space, action);
  if (problem !== undefined) throw new RangeError(problem);
  if (space.kind === 'discrete') {
    out.fill(0);
    out[Number(action)] = 1;
  } else {
    const values = action as readonly number[];
    for (let i = 0; i < size; i++) {
      const low = space.low[i];
      out[i] = clip((2 * (values[i] - low)) / (space.high[i] - low) - 1, -1, 1);
    }
  }
  return out;
}

/**
 * The action that a row stands for: the index of its largest number (the first of equals), or [-1, 1] stretched to
 * [low, high] and clipped.
 * @throws RangeError where the row is not A finite numbers
 */
export function decodeAction(space: ActionSpace, row: Float32Array): Action {
  const size = actionSize(space);
  if (row.length !== size) throw new RangeError(`expected an action row of ${size} numbers, got ${row.length}`);
  if (!row.every(Number.isFinite)) throw new RangeError(`expected finite numbers in an action row, got [${row}]`);
  if (space.kind === 'discrete') {
    let best = 0;
    for (let i = 1; i < size; i++) if (row[i] > row[best]) best = i;
    return best;
  }
  return space.low.map((low, i) => low + ((clip(row[i], -1, 1) + 1) / 2) * (space.high[i] - low));
}

/** An action drawn uniformly: among the legal ones, or within [low, high]. */
export function randomAction(space: ActionSpace, rng: Rng, legal?: readonly boolean[]): Action {
  if (space.kind === 'continuous') return space.low.map((low, i) => low + rng.uniform() * (space.high[i] - low));
  if (legal === undefined) return rng.int(space.n);
  const allowed = legal.flatMap((ok, index) => (ok ? [index] : []));
  if (allowed.length === 0) throw new RangeError('expected at least one legal action, got none');
  return allowed[rng.int(allowed.length)];
}

/** What is wrong with an action, in words; undefined where it belongs to the space. */
export function actionProblem(space: ActionSpace, action: unknown): string | undefined {
  if (space.kind === 'discrete') {
    if (typeof action === 'number' && Number.isInteger(action) && action >= 0 && action < space.n) return undefined;
    return `expected an action from 0 to ${space.n - 1}, got ${JSON.stringify(action)}`;
  }
  const { length } = space.low;
  if (Array.isArray(action) && action.length === length && action.every(Number.isFinite)) return undefined;
  return `expected an action of ${length} finite number(s), got ${JSON.stringify(action)}`;
}

function clip(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
