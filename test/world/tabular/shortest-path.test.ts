import { describe, expect, it } from 'vitest';
import { firstAction } from '../../../src/world/tabular/shortest-path.ts';

/** Cells 0 to 9 in a ring: action 0 goes one on, action 1 one back; cell 5 lets nobody in. */
const ring = (cell: number, action: number): number => {
  const next = (cell + (action === 0 ? 1 : 9)) % 10;
  return next === 5 ? cell : next;
};

describe('firstAction', () => {
  it('goes the shorter way round, and the longer one where that is blocked', () => {
    expect(firstAction(0, 3, 2, ring)).toBe(0);
    expect(firstAction(0, 8, 2, ring)).toBe(1);
    expect(firstAction(4, 6, 2, ring)).toBe(1);
  });

  it('takes the first of equally short ways', () => {
    const open = (cell: number, action: number) => (cell + (action === 0 ? 1 : 9)) % 10;
    expect(firstAction(0, 5, 2, open)).toBe(0);
  });

  it('has no answer where it is there already, or cannot get there', () => {
    expect(firstAction(3, 3, 2, ring)).toBeUndefined();
    expect(firstAction(3, 5, 2, ring)).toBeUndefined();
  });
});
