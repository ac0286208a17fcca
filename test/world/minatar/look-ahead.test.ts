import { describe, expect, it } from 'vitest';
import { lookAhead } from '../../../src/world/minatar/look-ahead.ts';

/** A walk along a line from 0; action 1 goes down, 2 goes up, 0 stays. */
function plan(goal: number, isBlocked = (_place: number, _frame: number) => false) {
  return {
    start: 0,
    horizon: 6,
    moves: [0, 1, 2],
    next(place: number, move: number, frame: number) {
      const next = place + [0, -1, 1][move];
      if (isBlocked(next, frame)) return undefined;
      return next === goal ? ('goal' as const) : next;
    },
    key: (place: number) => place,
    cost: (place: number) => Math.abs(place - 3),
  };
}

describe('lookAhead', () => {
  it('takes the first step of the shortest way', () => {
    expect(lookAhead(plan(4))).toBe(2);
    expect(lookAhead(plan(-4))).toBe(1);
  });

  it('waits where the way opens later', () => {
    expect(lookAhead(plan(1, (place, frame) => place === 1 && frame < 2))).toBe(0);
  });

  it('heads for the least cost where the goal is out of reach, and stays where nothing is safe', () => {
    expect(lookAhead(plan(-7))).toBe(0); // 3 is three steps away: there is time to wait first
    expect(lookAhead({ ...plan(-7), horizon: 3 })).toBe(2);
    expect(lookAhead(plan(2, () => true))).toBe(0);
  });
});
