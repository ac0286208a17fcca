/** The worlds of two players. */
import { describe, expect, it } from 'vitest';
import connectFour from '../../envs/connect-four.ts';
import ticTacToe from '../../envs/tic-tac-toe.ts';
import { randomPolicy } from '../../src/policies/random.ts';
import { createRng } from '../../src/random.ts';
import type { Environment } from '../../src/types.ts';
import { playEpisodes } from '../../src/world/play.ts';

const rng = createRng(0);

/** Play moves from the beginning; the outcome of the last one. */
function play<S>(world: Environment<S>, moves: readonly number[]) {
  let outcome = { state: world.reset(rng), reward: 0, terminated: false };
  for (const move of moves) {
    expect(outcome.terminated).toBe(false);
    expect(world.legal?.(outcome.state)[move]).toBe(true);
    outcome = world.step(outcome.state, move, rng);
  }
  return outcome;
}

describe.each<Environment>([ticTacToe, connectFour])('$name', (world) => {
  it('is played by the random policy, which makes legal moves only', async () => {
    const policy = randomPolicy(world.actions);
    const options = { environment: world, policy, episodes: 200, lanes: 16, size: 4, rng };
    const { returns, lengths } = await playEpisodes(options);
    expect(new Set(returns).size).toBeLessThanOrEqual(2); // 0 or 1
    expect(returns.reduce((a, b) => a + b) / 200).toBeGreaterThan(0.75); // 0.873 less 5 standard errors, or 0.997
    expect(Math.max(...lengths)).toBeLessThanOrEqual(world.maxSteps);
  });
});

describe('tic-tac-toe', () => {
  it('takes turns, and forbids cells that are taken', () => {
    const { state } = play(ticTacToe, [4, 0]);
    expect(state).toEqual({ cells: 'O...X....', player: 'X' });
    expect(ticTacToe.legal?.(state)).toEqual([false, true, true, true, false, true, true, true, true]);
    expect(() => ticTacToe.step(state, 4, rng)).toThrow("expected the number of an empty cell, got 4 in 'O...X....'");
  });

  it('pays 1 to whoever makes the line, first or second, and 0 in a draw', () => {
    expect(play(ticTacToe, [0, 3, 1, 4])).toMatchObject({ reward: 0, terminated: false });
    expect(play(ticTacToe, [0, 3, 1, 4, 2])).toMatchObject({ reward: 1, terminated: true });
    expect(play(ticTacToe, [0, 3, 1, 4, 8, 5])).toMatchObject({ reward: 1, terminated: true });
    expect(play(ticTacToe, [0, 1, 2, 4, 3, 5, 7, 6, 8])).toMatchObject({ reward: 0, terminated: true });
    const lastCell = [0, 1, 2, 3, 4, 5, 7, 6, 8];
    expect(play(ticTacToe, lastCell)).toMatchObject({ reward: 1, terminated: true });
  });
});

describe('connect-four', () => {
  it('lets discs fall, and forbids columns that are full', () => {
    const { state } = play(connectFour, [3, 3, 3]);
    expect([38, 31, 24, 17].map((cell) => state.cells[cell])).toEqual(['X', 'O', 'X', '.']);
    expect(state.player).toBe('O');
    const full = play(connectFour, [3, 3, 3, 3, 3, 3]).state;
    expect(connectFour.legal?.(full)).toEqual([true, true, true, false, true, true, true]);
    expect(() => connectFour.step(full, 3, rng)).toThrow('expected a column with room, got 3');
  });

  it.each([
    ['down', [0, 1, 0, 1, 0, 1, 0]],
    ['across, by the second player', [6, 0, 6, 1, 6, 2, 5, 3]],
    ['rising', [0, 1, 1, 2, 2, 3, 2, 3, 3, 6, 3]],
    ['falling', [6, 5, 5, 4, 4, 3, 4, 3, 3, 0, 3]],
  ])('pays 1 for four in a row %s', (_, moves) => {
    expect(play(connectFour, moves.slice(0, -1))).toMatchObject({ reward: 0, terminated: false });
    expect(play(connectFour, moves)).toMatchObject({ reward: 1, terminated: true });
  });

  it('does not count a line around the border', () => {
    // Three at the right end of one row and one at the left of the next lie side by side in memory.
    expect(play(connectFour, [4, 0, 5, 1, 6, 1, 0])).toMatchObject({ reward: 0, terminated: false });
  });
});
