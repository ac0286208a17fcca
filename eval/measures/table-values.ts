/** How right a table is about a world that knows its own: its values beside those of value iteration. */
import { pictureHash } from '../../src/picture-hash.ts';
import { createRng } from '../../src/random.ts';
import { Table, TABLE } from '../../src/tabular/table.ts';
import type { Environment } from '../../src/types.ts';
import { createView } from '../../src/world/view.ts';
import type { Measure } from '../measure.ts';

/** Beginnings of episodes from which all states are found that can be reached. */
const BEGINNINGS = 500;
const SMALLEST_CHANGE = 1e-9;

export interface ValuedState {
  readonly state: unknown;
  /** V*: the best that can be expected from here, discounted. */
  readonly value: number;
}

/** Every state that can be reached and goes on, with its value. The world has `transitions` and discrete actions. */
export function valueIteration({ reset, transitions, actions }: Environment, discount: number): ValuedState[] {
  if (!transitions || actions.kind !== 'discrete') throw new Error('expected a world with a table of its own');
  const rng = createRng(0);
  const found = new Map<string, { readonly state: unknown; readonly outcomes: readonly (readonly { readonly key?: string; readonly reward: number; readonly probability: number }[])[] }>();
  const waiting = Array.from({ length: BEGINNINGS }, () => reset(rng));
  for (let state = waiting.pop(); state !== undefined; state = waiting.pop()) {
    const key = JSON.stringify(state);
    if (found.has(key)) continue;
    const here = state;
    const outcomes = Array.from({ length: actions.n }, (_, action) => transitions(here, action).map(({ state: next, reward, terminated, probability }) => {
      if (terminated) return { reward, probability };
      waiting.push(next);
      return { key: JSON.stringify(next), reward, probability };
    }));
    found.set(key, { state, outcomes });
  }
  const values = new Map<string, number>([...found.keys()].map((key) => [key, 0]));
  const best = (key: string): number => Math.max(...(found.get(key)?.outcomes ?? []).map((outcomes) =>
    outcomes.reduce((sum, { key: next, reward, probability }) => sum + probability * (reward + (next === undefined ? 0 : discount * (values.get(next) ?? 0))), 0)));
  for (let change = Infinity; change > SMALLEST_CHANGE;) {
    change = 0;
    for (const key of values.keys()) {
      const value = best(key);
      change = Math.max(change, Math.abs(value - (values.get(key) ?? 0)));
      values.set(key, value);
    }
  }
  return [...found].map(([key, { state }]) => ({ state, value: values.get(key) ?? 0 }));
}

const measure: Measure = {
  description: 'how far the values of a table are from the true ones, which value iteration finds',
  quantities: {
    error: { unit: 'reward of an episode, discounted: mean of |max Q − V*| over states', range: [0, Infinity], better: 'lower', source: 'V* by value iteration on the world’s own table' },
    known: { unit: 'share of the states that can be reached whose picture has a row', range: [0, 1], better: 'higher' },
  },
  refuses({ agent, environment }) {
    if (!Object.keys(agent.parameters).some((name) => name.startsWith(TABLE))) return 'needs an agent with a table';
    return environment.transitions ? undefined : 'needs a world that states its own table';
  },
  async measure({ opened: { world, environment, params, config } }) {
    const table = new Table(params);
    const { discount } = Object(config.table) as { readonly discount: number };
    const view = createView({ ...world, environment });
    const states = valueIteration(environment, discount);
    let [error, known] = [0, 0];
    for (const { state, value } of states) {
      const row = table.find(pictureHash(view.render({ state, rng: createRng(0), length: 0 })));
      error += Math.abs((row === undefined ? 0 : table.value(row)) - value);
      if (row !== undefined) known++;
      await view.breathe();
    }
    return { error: error / states.length, known: known / states.length };
  },
};

export default measure;
