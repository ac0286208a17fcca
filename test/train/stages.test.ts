/** Stages: when each is due, what each moves, and that no stage moves what is another's. */
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { createLearner } from '../../src/train/learner.ts';
import { configure } from '../../src/train/configure.ts';
import { roundsOf, stepsAt, stepsUntil } from '../../src/train/schedule.ts';
import { requireDisjoint, requireStages } from '../../src/train/update.ts';
import type { Agent, Schedule, Stage } from '../../src/types.ts';
import { float32 } from '../../src/nd-array.ts';
import { sequences, WORLD } from '../contracts/listed.ts';

const FILE = fileURLToPath(new URL('../data/staged-agent.ts', import.meta.url));
const UPDATES = 8;

describe('a schedule', () => {
  it.each<[string, Schedule | undefined, number[]]>([
    ['every update where it says nothing', undefined, [1, 1, 1, 1, 1, 1]],
    ['the first update and every third from there', { every: 3 }, [1, 0, 0, 1, 0, 0]],
    ['from an update on, that one included', { from: 4 }, [0, 0, 0, 1, 1, 1]],
    ['until an update, that one included', { until: 2 }, [1, 1, 0, 0, 0, 0]],
    ['every other one in between, twice', { from: 2, until: 5, every: 2, repeat: 2 }, [0, 2, 0, 2, 0, 0]],
  ])('makes steps at %s', (_, when, steps) => {
    expect(steps.map((_count, i) => stepsAt(when, i + 1))).toEqual(steps);
    let sum = 0;
    for (const [i, count] of steps.entries()) expect(stepsUntil(when, i + 1)).toBe((sum += count));
    expect(stepsUntil(when, 0)).toBe(0);
  });

  it('puts stages that repeat into rounds, in their order', () => {
    const stage = (name: string, when: Schedule): Stage => ({ name, trains: [''], when });
    const stages = [stage('model', { every: 3 }), stage('critic', { repeat: 2 }), stage('actor', { from: 2 })];
    const names = (update: number) => roundsOf(stages, update).map((round) => round.map(({ name }) => name));
    expect(names(1)).toEqual([['model', 'critic'], ['critic']]);
    expect(names(2)).toEqual([['critic', 'actor'], ['critic']]);
    expect(names(4)).toEqual([['model', 'critic', 'actor'], ['critic']]);
    expect(roundsOf([], 1)).toEqual([]);
  });
});

describe('a learner of several stages', async () => {
  const { config } = await configure({ world: 'catch', preset: 'debug', agent: FILE, overrides: ['env.size=16', 'train.threads=1'] });
  const learner = await createLearner({ config, shape: WORLD });
  afterAll(() => learner.close());
  const { batchSize: batch, batchLength: length } = config.train;
  const numbers: Record<string, number[]> = { a: [], b: [], c: [], d: [], slowA: [], slowB: [], steps: [] };
  const metrics: (readonly string[])[] = [];
  for (let update = 1; update <= UPDATES; update++) {
    const { isTerminal, ...rest } = sequences(WORLD, { batch, length });
    const inputs = { batch: { ...rest, image: bytes(rest.image), isTerminal }, context: {}, targets: {}, weight: { weight: float32(new Float32Array(batch).fill(1), [batch]) } };
    metrics.push(Object.keys((await learner.update({ update, inputs })).metrics).sort());
    const { params, slow, statistics } = await learner.state();
    for (const name of ['a', 'b', 'c', 'd']) numbers[name].push(params[name].data[0]);
    numbers.slowA.push(slow.a.data[0]);
    numbers.slowB.push(slow.b.data[0]);
    numbers.steps.push(statistics.steps.data[0]);
  }

  it('steps each when it is due, with the gradient of its own loss alone', () => {
    // a ← a − 0.25 · 2 (a − 1) at updates 1, 3, 5, 7: half of the way each time.
    expect(numbers.a).toEqual([0.5, 0.5, 0.75, 0.75, 0.875, 0.875, 0.9375, 0.9375]);
    // b ← b + (a − b) / 2, twice an update: at 3 from the a before it, 0.5, then from the new one, 0.75; at 4 from 0.75 twice …
    // 3: 0.25, then 0.5; 4: 0.625, 0.6875; 5: (0.6875 + 0.75) / 2 = 0.71875, then with a = 0.875: 0.796875
    expect(numbers.b).toEqual([0, 0, 0.5, 0.6875, 0.796875, 0.796875, 0.796875, 0.796875]);
    // c: without a gradient, at 2, 5 and 8: 2, then 2 + 5, then 7 + 8.
    expect(numbers.c).toEqual([0, 2, 2, 2, 7, 7, 7, 15]);
    expect(numbers.d).toEqual(Array(UPDATES).fill(0));
    expect(numbers.steps).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
  });

  it('renews copies as a whole every so many updates, or lets them follow at every step', () => {
    expect(numbers.slowA).toEqual([0, 0, 0, 0.75, 0.75, 0.75, 0.75, 0.9375]);
    // Half of the way to b at each of its steps: 3: 0.125, 0.3125; 4: 0.46875, 0.578125; 5: 0.6484375, 0.72265625
    expect(numbers.slowB).toEqual([0, 0, 0.3125, 0.578125, 0.72265625, 0.72265625, 0.72265625, 0.72265625]);
  });

  it('says which loss is whose', () => {
    expect(metrics[1]).toEqual([]);
    expect(metrics[2]).toEqual(['a/loss', 'b/loss', 'loss/a/gradientNorm', 'loss/a/total', 'loss/b/gradientNorm', 'loss/b/total']);
    expect(metrics[3]).toEqual(['b/loss', 'loss/b/gradientNorm', 'loss/b/total']);
  });
});

describe('stages are refused', () => {
  const optimizer = { slots: () => ({}), schedule: () => ({}), apply: () => ({ params: {}, slots: {}, gradientNorm: undefined as never }) };
  const loss: Stage['loss'] = () => { throw new Error('not asked'); };
  const agentOf = (...stages: Stage[]) => ({ stages, parameters: { 'x/w': { shape: [1], init: 'zeros' } } }) as Pick<Agent, 'stages' | 'parameters'> as Agent;

  it.each<[string, Stage[], RegExp]>([
    ['of one name', [{ name: 'x', trains: ['x'], optimizer, loss }, { name: 'x', trains: ['x'], optimizer, loss }], /two stages have the name 'x'/],
    ['without a loss or a search', [{ name: 'x', trains: ['x'] }], /expected a loss or a search/],
    ['with a loss but no optimiser', [{ name: 'x', trains: ['x'], loss }], /expected an optimizer/],
    ['that train nothing', [{ name: 'x', trains: ['y/', 'z/'], optimizer, loss }], /trains nothing.*y\/ or z\//],
  ])('%s', (_, stages, sentence) => {
    expect(() => requireStages(agentOf(...stages))).toThrow(sentence);
  });

  it('that would step one parameter together, while apart they may', () => {
    const [one, two] = ['one', 'two'].map((name): Stage => ({ name, trains: ['x/'], optimizer, loss }));
    expect(() => requireDisjoint(agentOf(one, two), [one, two])).toThrow("stages 'one' and 'two' would both step x/w");
    expect(() => requireDisjoint(agentOf(one, two), [two])).not.toThrow();
  });
});

/** Pictures as bytes, as replay has them. */
function bytes({ data, shape }: { data: ArrayLike<number>; shape: readonly number[] }) {
  return { data: Uint8Array.from(data), shape, dtype: 'uint8' as const };
}
