import { Packr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import pendulum from '../../envs/pendulum.ts';
import { randomPolicy } from '../../src/policies/random.ts';
import { createRng } from '../../src/random.ts';
import type { Environment, NdArray, Step } from '../../src/types.ts';
import { createDriver } from '../../src/world/driver.ts';
import type { Driver } from '../../src/world/driver.ts';
import { counterWorld } from './counter-world.ts';
import type { Counter } from './counter-world.ts';

const size = 2;

/** One-hot actions of a world with two of them. */
function oneHot(...indices: number[]): NdArray {
  const data = new Float32Array(indices.flatMap((index) => [1 - index, index]));
  return { data, shape: [indices.length, 2], dtype: 'float32' };
}

function row(values: readonly number[]): NdArray {
  return { data: new Float32Array(values), shape: [values.length, 1], dtype: 'float32' };
}

function drive(environment: Environment, lanes: number, seed = 0): Driver {
  return createDriver({ environment, lanes, size, rng: createRng(seed) });
}

/** What a record says about time, in a word. */
function kind({ isFirst, isLast, isTerminal }: Step): string {
  return [isFirst && 'first', isLast && 'last', isTerminal && 'terminal'].filter(Boolean).join(' ');
}

/** A world whose goal is always `goal`. */
function countingTo(goal: number): Environment {
  return { ...counterWorld, reset: () => ({ count: 0, goal, drawn: 0 }) };
}

describe('driver', () => {
  it('begins with first records and shows them', async () => {
    const driver = drive(counterWorld, 2);
    expect(() => driver.observation()).toThrow('expected start() or restore()');
    const steps = await driver.start();
    expect(steps.map((lane) => lane.map(kind))).toEqual([['first'], ['first']]);
    expect(steps[1][0]).toMatchObject({ reward: 0, action: new Float32Array(2) });
    expect([...steps[1][0].image.subarray(0, 3)]).toEqual([0, 200, 0]);

    const { image, previousAction, isFirst } = driver.observation();
    expect([image.shape, image.dtype, image.data.length]).toEqual([[2, 2, 2, 3], 'uint8', 24]);
    expect([...image.data.subarray(12)]).toEqual([...steps[1][0].image]);
    expect([previousAction.shape, [...previousAction.data]]).toEqual([[2, 2], [0, 0, 0, 0]]);
    expect([...isFirst.data]).toEqual([1, 1]);
    await expect(driver.start()).rejects.toThrow('start() is for once');
  });

  it('gives two records where the world ends an episode, and begins the next one in the same step', async () => {
    const driver = drive(countingTo(2), 1);
    await driver.start();
    const first = await driver.step(oneHot(1));
    expect(first.steps[0].map(kind)).toEqual(['']);
    expect(first.steps[0][0]).toMatchObject({ reward: 1.5, action: new Float32Array([0, 1]) });
    expect([...driver.observation().previousAction.data, ...driver.observation().isFirst.data]).toEqual([0, 1, 0]);

    const second = await driver.step(oneHot(0));
    expect(second.steps[0].map(kind)).toEqual(['last terminal', 'first']);
    const [last, next] = second.steps[0];
    expect(last).toMatchObject({ reward: 0.5, action: new Float32Array([1, 0]) });
    expect([last.image[0], next.image[0], driver.observation().image.data[0]]).toEqual([20, 0, 0]);
    expect([...driver.observation().previousAction.data, ...driver.observation().isFirst.data]).toEqual([0, 0, 1]);
    expect(second.finished).toEqual([{ lane: 0, return: 2, length: 2 }]);
  });

  it('cuts at the time limit, which is not terminal', async () => {
    const driver = drive(countingTo(5), 1); // maxSteps is 4
    await driver.start();
    for (let t = 0; t < 3; t++) expect((await driver.step(oneHot(0))).steps[0].map(kind)).toEqual(['']);
    const { steps, finished } = await driver.step(oneHot(0));
    expect(steps[0].map(kind)).toEqual(['last', 'first']);
    expect(finished).toEqual([{ lane: 0, return: 2, length: 4 }]);
  });

  it('calls an end terminal where the world ends at the time limit itself', async () => {
    const driver = drive(countingTo(4), 1);
    await driver.start();
    for (let t = 0; t < 3; t++) await driver.step(oneHot(0));
    expect((await driver.step(oneHot(0))).steps[0].map(kind)).toEqual(['last terminal', 'first']);
  });

  it('takes another time limit than the world’s', async () => {
    const driver = createDriver({ environment: countingTo(5), lanes: 1, size, rng: createRng(0), maxSteps: 1 });
    await driver.start();
    expect((await driver.step(oneHot(0))).steps[0].map(kind)).toEqual(['last', 'first']);
  });

  it('keeps lanes apart: a lane is the same beside any others', async () => {
    const histories: unknown[] = [];
    for (const lanes of [1, 3]) {
      const driver = drive(counterWorld, lanes);
      await driver.start();
      const history: unknown[] = [driver.states()[0]];
      for (let t = 0; t < 20; t++) {
        await driver.step(oneHot(...Array.from({ length: lanes }, (_, lane) => (lane === 0 ? t % 2 : 0))));
        history.push(driver.states()[0]);
      }
      histories.push(history);
    }
    expect(histories[1]).toEqual(histories[0]);
  });

  it('gives every lane and every episode other random numbers', async () => {
    const driver = drive(pendulum, 2);
    const drawn = new Set<string>();
    await driver.start();
    driver.states().forEach((state) => drawn.add(JSON.stringify(state)));
    for (let t = 0; t < 200; t++) await driver.step(row([0, 0]));
    driver.states().forEach((state) => drawn.add(JSON.stringify(state)));
    expect(drawn.size).toBe(4);
  });

  it('continues exactly from a snapshot that was written to a file', async () => {
    const packr = new Packr({ moreTypes: true, useRecords: false });
    const policy = randomPolicy(counterWorld.actions);
    const act = async (driver: Driver, t: number) => {
      const { action } = await policy.act({}, driver.observation(), createRng(7).split(t));
      return driver.step(action);
    };
    const driver = drive(counterWorld, 3);
    await driver.start();
    for (const from of [0, 7]) {
      const restored = drive(counterWorld, 3, 99);
      restored.restore(packr.unpack(packr.pack(driver.snapshot())));
      for (let t = from; t < from + 7; t++) {
        expect(restored.observation()).toEqual(driver.observation());
        expect(await act(restored, t)).toEqual(await act(driver, t));
      }
      expect(restored.states()).toEqual(driver.states());
    }
    expect(() => drive(counterWorld, 2).restore(driver.snapshot())).toThrow('a snapshot of 2 lanes, got 3');
  });

  it('keeps a snapshot as it was while the driver goes on', async () => {
    const driver = drive(counterWorld, 1);
    await driver.start();
    await driver.step(oneHot(1));
    const snapshot = driver.snapshot();
    const before = structuredClone(snapshot);
    await driver.step(oneHot(0));
    expect(snapshot).toEqual(before);
  });

  it('clips continuous actions, in the world and in the record', async () => {
    const world: Environment = pendulum;
    const driver = drive(world, 2);
    await driver.start();
    const forked = driver.states().map((state, lane) => world.step(state, [[2], [1]][lane], createRng(0)).state);
    const { steps } = await driver.step(row([3, 0.5]));
    expect(steps.map(([step]) => [...step.action])).toEqual([[1], [0.5]]);
    expect(driver.states()).toEqual(forked);
  });

  it('names the world when an action or a reward makes no sense', async () => {
    const driver = drive(pendulum, 1);
    await driver.start();
    await expect(driver.step(row([NaN]))).rejects.toThrow("world 'pendulum', action 1 of an episode: expected finite");
    await expect(driver.step(row([0, 0]))).rejects.toThrow('expected actions of float32 [1,1], got float32 [2,1]');

    const broken = drive({ ...counterWorld, step: (state) => ({ state, reward: Infinity, terminated: false }) }, 1);
    await broken.start();
    await expect(broken.step(oneHot(0))).rejects.toThrow("world 'counter': expected a reward");

    const strict = drive({ ...counterWorld, legal: () => [true, false] }, 1);
    await strict.start();
    await expect(strict.step(oneHot(1))).rejects.toThrow('action 1 is not legal here');
  });

  it('shows what is legal, in every lane and again after restore', async () => {
    const picky: Environment = { ...countingTo(3), legal: (state) => [(state as Counter).count !== 1, true] };
    const driver = drive(picky, 2);
    await driver.start();
    const legal = () => [...(driver.observation().legal?.data ?? [])];
    expect([driver.observation().legal?.shape, legal()]).toEqual([[2, 2], [1, 1, 1, 1]]);
    await driver.step(oneHot(0, 0));
    expect(legal()).toEqual([0, 1, 0, 1]);
    const restored = drive(picky, 2);
    restored.restore(driver.snapshot());
    expect(restored.observation()).toEqual(driver.observation());

    const free = drive(counterWorld, 1);
    await free.start();
    expect(free.observation()).not.toHaveProperty('legal');
    const { action } = await randomPolicy(picky.actions).act({}, driver.observation(), createRng(0));
    expect([...action.data]).toEqual([0, 1, 0, 1]);
  });

  it('draws 30 000 frames without keeping their memory', async () => {
    const driver = createDriver({ environment: counterWorld, lanes: 8, size: 64, rng: createRng(0) });
    await driver.start();
    const actions = oneHot(0, 0, 0, 0, 0, 0, 0, 0);
    const draw = async (frames: number) => {
      for (let drawn = 0; drawn < frames; ) {
        for (const lane of (await driver.step(actions)).steps) drawn += lane.length;
      }
    };
    await draw(2000);
    const before = process.memoryUsage().rss;
    await draw(30_000);
    expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(150);
  });
});
