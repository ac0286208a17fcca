/**
 * A world as a table: one row for every picture that was seen, with what each action is worth there and what came of it.
 * A picture stands for a state, so this is right where one picture shows all there is to know.
 */
import type { Group, NdArray, ParamArrays, ParameterSpec } from '../types.ts';
import { UserError } from '../user-error.ts';

export interface TableSize {
  /** Rows. */
  readonly states: number;
  /** Different outcomes that are remembered of every action. */
  readonly outcomes: number;
}

/** What the names of its arrays begin with. */
export const TABLE = 'table/';

/** As parameters, with which a checkpoint carries the table. S rows, A actions, K outcomes. */
export const tableParameters = ({ states, outcomes }: TableSize, actions: number): Group<ParameterSpec> => {
  const zeros = (...shape: number[]): ParameterSpec => ({ shape, init: 'zeros' });
  return {
    [`${TABLE}known`]: zeros(2), [`${TABLE}keys`]: zeros(states, 2), [`${TABLE}q`]: zeros(states, actions),
    [`${TABLE}next`]: zeros(states, actions, outcomes), [`${TABLE}count`]: zeros(states, actions, outcomes),
    [`${TABLE}reward`]: zeros(states, actions, outcomes), [`${TABLE}tried`]: zeros(states, actions),
    [`${TABLE}priority`]: zeros(states, actions),
  };
};

const HALF = 2 ** 16;

/** A view of such arrays, which it changes. An action of a row is one pair, counted row by row: row · A + action. */
export class Table {
  readonly actions: number;
  readonly outcomes: number;
  /** [pairs] what is expected of each. */
  readonly q: Float32Array;
  /** [pairs, K] row + 1 that each outcome led to; 0 where the episode ended. */
  readonly next: Float32Array;
  /** [pairs, K] how often each came. */
  readonly count: Float32Array;
  /** [pairs, K] mean of what was received with it. */
  readonly reward: Float32Array;
  /** [pairs] step at which it was last really tried, from 1; 0: never. */
  readonly tried: Float32Array;
  /** [pairs] how much a backup of it is expected to change, where one is waiting. */
  readonly priority: Float32Array;
  readonly #capacity: number;
  readonly #keys: Float32Array;
  /** Rows that are taken, and real steps. */
  readonly #known: Float32Array;
  readonly #rows = new Map<number, number>();

  constructor(arrays: ParamArrays) {
    const of = (name: string): Float32Array => floats(arrays, name);
    [this.#capacity, this.actions, this.outcomes] = arrays[`${TABLE}count`].shape;
    this.#known = of('known');
    this.#keys = of('keys');
    this.q = of('q');
    this.next = of('next');
    this.count = of('count');
    this.reward = of('reward');
    this.tried = of('tried');
    this.priority = of('priority');
    for (let row = 0; row < this.states; row++) this.#rows.set(this.#keys[2 * row] * HALF + this.#keys[2 * row + 1], row);
  }

  /** Rows that are taken. */
  get states(): number {
    return this.#known[0];
  }

  /** Real steps that were learned from. */
  get steps(): number {
    return this.#known[1];
  }

  set steps(steps: number) {
    this.#known[1] = steps;
  }

  /** The row of a picture with that hash; undefined where none was seen. */
  find(hash: number): number | undefined {
    return this.#rows.get(hash);
  }

  /** The same, with a row for it if there is none. @throws UserError where the table is full */
  rowOf(hash: number): number {
    const found = this.find(hash);
    if (found !== undefined) return found;
    const row = this.states;
    if (row === this.#capacity) {
      throw new UserError(
        `table.states = ${this.#capacity}: this world shows more pictures than that; raise it, or choose an agent that does not need to have seen a picture before`,
      );
    }
    this.#rows.set(hash, row);
    this.#keys.set([Math.floor(hash / HALF), hash % HALF], 2 * row);
    this.#known[0]++;
    return row;
  }

  /** max Q(row, ·) */
  value(row: number): number {
    let most = -Infinity;
    for (let pair = row * this.actions, end = pair + this.actions; pair < end; pair++) if (this.q[pair] > most) most = this.q[pair];
    return most;
  }

  /** Remember what came of a pair: the row that it led to, or undefined where the episode ended. */
  remember(pair: number, reward: number, next: number | undefined): void {
    const [first, last] = [pair * this.outcomes, (pair + 1) * this.outcomes];
    const wanted = next === undefined ? 0 : next + 1;
    let rarest = first;
    for (let at = first; at < last; at++) {
      if (this.count[at] > 0 && this.next[at] === wanted) {
        this.count[at]++;
        this.reward[at] += (reward - this.reward[at]) / this.count[at];
        return;
      }
      if (this.count[at] < this.count[rarest]) rarest = at;
    }
    // With one outcome alone, the last one is what will come.
    this.next[rarest] = wanted;
    this.count[rarest] = 1;
    this.reward[rarest] = reward;
  }
}

function floats(arrays: ParamArrays, name: string): Float32Array {
  const array: NdArray | undefined = arrays[TABLE + name];
  if (!(array?.data instanceof Float32Array)) throw new Error(`expected ${TABLE}${name} as float32`);
  return array.data;
}
