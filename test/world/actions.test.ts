import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/random.ts';
import type { ActionSpace } from '../../src/types.ts';
import { actionProblem, actionSize, decodeAction, encodeAction, randomAction } from '../../src/world/actions.ts';

const discrete: ActionSpace = { kind: 'discrete', n: 3 };
const continuous: ActionSpace = { kind: 'continuous', low: [-2, 0], high: [2, 10] };

describe('actions', () => {
  it('are one-hot where they are discrete', () => {
    expect(actionSize(discrete)).toBe(3);
    expect([...encodeAction(discrete, 1, new Float32Array([9, 9, 9]))]).toEqual([0, 1, 0]);
    expect(decodeAction(discrete, new Float32Array([0.2, 0.1, 0.7]))).toBe(2);
    expect(decodeAction(discrete, new Float32Array([0.5, 0.5, 0]))).toBe(0);
  });

  it('are scaled to [-1, 1] where they are continuous, and clipped', () => {
    expect(actionSize(continuous)).toBe(2);
    expect([...encodeAction(continuous, [1, 2.5], new Float32Array(2))]).toEqual([0.5, -0.5]);
    expect(decodeAction(continuous, new Float32Array([0.5, -0.5]))).toEqual([1, 2.5]);
    expect([...encodeAction(continuous, [9, -9], new Float32Array(2))]).toEqual([1, -1]);
    expect(decodeAction(continuous, new Float32Array([-7, 7]))).toEqual([-2, 10]);
  });

  it('say what is wrong with them', () => {
    expect(actionProblem(discrete, 2)).toBeUndefined();
    expect(() => encodeAction(discrete, 3, new Float32Array(3))).toThrow('expected an action from 0 to 2, got 3');
    expect(() => encodeAction(discrete, 0.5, new Float32Array(3))).toThrow('got 0.5');
    expect(() => encodeAction(continuous, [1], new Float32Array(2))).toThrow('2 finite number(s), got [1]');
    expect(() => encodeAction(continuous, [1, NaN], new Float32Array(2))).toThrow('2 finite number(s)');
    expect(() => encodeAction(discrete, 0, new Float32Array(2))).toThrow('expected room for an action of 3');
    expect(() => decodeAction(discrete, new Float32Array(2))).toThrow('expected an action row of 3 numbers, got 2');
    expect(() => decodeAction(continuous, new Float32Array([0, NaN]))).toThrow('expected finite numbers');
  });

  it('are drawn uniformly, among the legal ones', () => {
    const rng = createRng(3);
    const counts = [0, 0, 0];
    for (let i = 0; i < 3000; i++) counts[Number(randomAction(discrete, rng))]++;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(130); // 5 standard deviations

    const legal = new Set(Array.from({ length: 100 }, () => randomAction(discrete, rng, [true, false, true])));
    expect([...legal].sort()).toEqual([0, 2]);
    expect(() => randomAction(discrete, rng, [false, false, false])).toThrow('at least one legal action');

    const second = Array.from({ length: 1000 }, () => randomAction(continuous, rng)).flatMap((action) =>
      typeof action === 'number' ? [] : [action[1]],
    );
    expect(Math.min(...second)).toBeGreaterThanOrEqual(0);
    expect(Math.min(...second)).toBeLessThan(0.1);
    expect(Math.max(...second)).toBeGreaterThan(9.9);
  });
});
