import { describe, expect, it } from 'vitest';
import { createRng } from '../../../src/random.ts';
import { FIRE, LEFT, UP, faster, stickyAction } from '../../../src/world/minatar/rules.ts';

describe('sticky actions', () => {
  it('take the last action again one time in ten', () => {
    const rng = createRng(0);
    const taken = Array.from({ length: 10_000 }, () => stickyAction(FIRE, LEFT, rng));
    expect(new Set(taken)).toEqual(new Set([FIRE, LEFT]));
    // 1000 of them on average; 5 standard deviations are 150.
    expect(Math.abs(taken.filter((action) => action === LEFT).length - 1000)).toBeLessThan(150);
  });

  it('take one number from the stream, whatever the action', () => {
    const [a, b] = [createRng(1), createRng(1)];
    stickyAction(UP, UP, a);
    b.uniform();
    expect(a.state()).toEqual(b.state());
  });
});

describe('faster', () => {
  it('shortens spawns every time and moves every other time, down to the least', () => {
    const paces = [{ spawnInterval: 10, moveInterval: 3, level: 0 }];
    for (let level = 0; level < 10; level++) paces.push(faster(paces[level], 1));
    expect(paces.map(({ spawnInterval }) => spawnInterval)).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1]);
    expect(paces.map(({ moveInterval }) => moveInterval)).toEqual([3, 3, 2, 2, 1, 1, 1, 1, 1, 1, 1]);
    expect(faster({ spawnInterval: 1, moveInterval: 2, level: 7 }, 2)).toEqual({
      spawnInterval: 1,
      moveInterval: 2,
      level: 8,
    });
  });
});
