import { describe, expect, it } from 'vitest';
import { linesOf, wonLine } from '../../../src/world/tabular/lines.ts';

describe('linesOf', () => {
  it('has the 8 lines of tic-tac-toe', () => {
    expect(linesOf(3, 3, 3)).toEqual([
      ...[[0, 1, 2], [3, 4, 5], [6, 7, 8]],
      ...[[0, 3, 6], [1, 4, 7], [2, 5, 8]],
      ...[[0, 4, 8], [2, 4, 6]],
    ]);
  });

  it('has the 69 lines of Connect Four', () => {
    const lines = linesOf(6, 7, 4); // 6 · 4 across, 3 · 7 down, 2 · 3 · 4 diagonals
    expect(lines).toHaveLength(69);
    expect(new Set(lines.flat())).toEqual(new Set(Array.from({ length: 42 }, (_, cell) => cell)));
  });
});

describe('wonLine', () => {
  const lines = linesOf(3, 3, 3);

  it('finds the line that is all one player’s, and none in a draw or on an empty board', () => {
    expect(wonLine('XO.XO..O.', lines)).toEqual([1, 4, 7]);
    expect(wonLine('..X.XOXO.', lines)).toEqual([2, 4, 6]);
    expect(wonLine('XOXXOOOXX', lines)).toBeUndefined();
    expect(wonLine('.........', lines)).toBeUndefined();
  });
});
