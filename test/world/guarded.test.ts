import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/random.ts';
import type { Environment, Transition } from '../../src/types.ts';
import { createDriver } from '../../src/world/driver.ts';
import { guarded } from '../../src/world/guarded.ts';
import { WorldError } from '../../src/world/world-error.ts';
import { counterWorld } from './counter-world.ts';

const rng = createRng(0);
const plain = counterWorld as Environment;
const world = (broken: Partial<Environment>): Environment => guarded({ ...plain, ...broken });
const gives = (next: unknown) => world({ step: () => next as Transition<unknown> });

function errorOf(fn: () => unknown): WorldError {
  try {
    fn();
  } catch (error) {
    if (error instanceof WorldError) return error;
    throw error;
  }
  throw new Error('expected a WorldError, got none');
}

describe('a guarded world', () => {
  it('is the same world where it keeps its promises', () => {
    const state = plain.reset(createRng(1));
    expect(guarded(plain).reset(createRng(1))).toEqual(state);
    expect(guarded(plain).step(state, 1, createRng(2))).toEqual(plain.step(state, 1, createRng(2)));
    const once = guarded(plain);
    expect(guarded(once)).toBe(once);
  });

  it.each([
    ['an error', new TypeError('no such cell'), /step\(\) threw TypeError: no such cell \(.*guarded\.test\.ts:\d+:\d+\)/],
    ['a text', 'oh', /step\(\) threw "oh"/],
    ['nothing', undefined, /step\(\) threw nothing/],
  ])('says what was thrown: %s', (_, thrown, said) => {
    const { message } = errorOf(() => world({ step: () => { throw thrown; } }).step({ n: 0 }, 0, rng));
    expect(message).toMatch(said);
    expect(message).toContain(`world '${plain.name}'`);
  });

  it.each(['reset', 'draw', 'legal', 'toMove', 'expert', 'transitions'] as const)('says it of %s() too', (name) => {
    const broken = world({ [name]: () => { throw new RangeError('beyond'); } });
    const call = broken[name] as (...args: unknown[]) => unknown;
    expect(errorOf(() => call({ n: 0 }, { n: 0 }, rng)).message).toContain(`${name}() threw RangeError: beyond`);
  });

  it.each([
    [NaN, 'the reward NaN'], [Infinity, 'the reward Infinity'], [1e39, 'the reward 1e+39'], ['1', 'the reward the text "1"'],
    [1n, 'the reward 1n'], [undefined, 'the reward nothing'], [null, 'the reward null'],
  ])('takes no reward of %s', (reward, said) => {
    expect(errorOf(() => gives({ state: { n: 0 }, reward, terminated: false }).step({ n: 0 }, 0, rng)).message).toContain(said);
  });

  it('takes the largest rewards that 32 bits hold', () => {
    for (const reward of [3.4e38, -3.4e38, 1e12, 1e-38]) {
      expect(gives({ state: { n: 0 }, reward, terminated: false }).step({ n: 0 }, 0, rng).reward).toBe(reward);
    }
  });

  it('says what came instead of an outcome', () => {
    expect(errorOf(() => gives(undefined).step({ n: 0 }, 0, rng)).message).toContain('step() gave nothing');
    expect(errorOf(() => gives([1, 2]).step({ n: 0 }, 0, rng)).message).toContain('step() gave a list of 2');
    expect(errorOf(() => gives(Promise.reject(new Error('later'))).step({ n: 0 }, 0, rng)).message).toContain('a promise');
    expect(errorOf(() => gives({ state: 0, reward: 0, terminated: 1 }).step({ n: 0 }, 0, rng)).message).toContain('terminated as 1');
  });

  it.each([
    ['a Set', new Set([1])], ['a Date', new Date(0)], ['a bigint', 1n], ['a function', () => 0],
  ])('takes no state that holds %s', (_, odd) => {
    expect(errorOf(() => gives({ state: { odd }, reward: 0, terminated: false }).step({ n: 0 }, 0, rng)).message).toContain('state.odd');
    expect(errorOf(() => world({ reset: () => ({ odd }) }).reset(rng)).message).toContain('reset() gave a state');
  });

  it('takes no state that is nested deeper than a checkpoint may be, or that holds itself', () => {
    const nested = (levels: number): unknown => (levels === 0 ? 1 : { in: nested(levels - 1) });
    expect(world({ reset: () => nested(30) }).reset(rng)).toEqual(nested(30));
    expect(errorOf(() => world({ reset: () => nested(40) }).reset(rng)).message).toContain('nested more than 32 deep');
    const circle: Record<string, unknown> = {};
    circle.again = circle;
    expect(errorOf(() => world({ reset: () => circle }).reset(rng)).message).toContain('or holds itself');
  });

  it('notices a state that is changed in place, in records, lists and arrays of numbers', () => {
    const inPlace = (first: unknown, change: (state: never) => void) => {
      const broken = world({
        reset: () => first,
        step(state) {
          change(state as never);
          return { state: structuredClone(state), reward: 0, terminated: false };
        },
      });
      return errorOf(() => broken.step(broken.reset(rng), 0, rng)).message;
    };
    expect(inPlace({ at: 1 }, (state: { at: number }) => state.at++)).toContain('must not be changed in place');
    expect(inPlace({ list: [[1]] }, (state: { list: number[][] }) => state.list[0].push(2))).toContain('must not be changed in place');
    expect(inPlace({ cells: [new Uint8Array(3)] }, (state: { cells: Uint8Array[] }) => (state.cells[0][2] = 1))).toContain('changed in place');
  });

  it('wants an action to be legal where an episode goes on', () => {
    const none = [false, false];
    const stuck = (terminated: boolean) => world({ legal: () => none, step: () => ({ state: { n: 1 }, reward: 0, terminated }) });
    expect(errorOf(() => stuck(false).step({ n: 0 }, 0, rng)).message).toContain('no action is legal');
    expect(errorOf(() => stuck(false).reset(rng)).message).toContain('no action is legal in a first state');
    expect(stuck(true).step({ n: 0 }, 0, rng).terminated).toBe(true);
    expect(errorOf(() => world({ legal: () => [true] }).legal?.({ n: 0 })).message).toContain('legal() gave a list of 1');
  });
});

describe('where it happened', () => {
  it('is told with episode, lane and action', async () => {
    const broken = world({ step: (state, action) => {
      if (action === 1) throw new Error('boom');
      return plain.step(state, action, rng);
    } });
    const whereabouts = new Int32Array(4);
    const driver = createDriver({ environment: broken, lanes: 2, size: 8, rng, whereabouts });
    await driver.start();
    const act = (...actions: number[]) => ({
      data: Float32Array.from(actions.flatMap((action) => [1 - action, action])), shape: [2, 2], dtype: 'float32',
    }) as const;
    await driver.step(act(0, 0));
    await expect(driver.step(act(0, 1))).rejects.toThrow(/boom.*in episode 1 of lane 2, at action 2 \(1/);
    expect([...whereabouts]).toEqual([2, 1, 0, 1]);
  });
});
