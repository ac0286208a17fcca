import { describe, expect, it } from 'vitest';
import catchWorld from '../../envs/catch.ts';
import connectFour from '../../envs/connect-four.ts';
import ticTacToe from '../../envs/tic-tac-toe.ts';
import { openOpponent } from '../../eval/opponents.ts';
import { randomPolicy } from '../../src/policies/random.ts';
import { createRng } from '../../src/random.ts';
import type { Environment } from '../../src/types.ts';
import { playEpisodes } from '../../src/world/play.ts';
import { mean } from 'simple-statistics';

const game = ticTacToe as Environment;

describe('an opponent', () => {
  it('that searches wins where it can, and takes from the other what it cannot let be', async () => {
    const mcts = openOpponent(game, 'mcts');
    const states = [
      { cells: 'XX.OO....', player: 'X' }, // 2 wins
      { cells: 'XX..O....', player: 'O' }, // 2 has to be taken
    ];
    expect(await mcts?.act(states, createRng(0))).toEqual([2, 2]);
  });

  it.each([['random', 0, 0.3], ['mcts', -0.85, 0.15]])('%s leaves a random player with a mean of about %f', async (name, expected, within) => {
    const { returns } = await playEpisodes({
      environment: game, policy: randomPolicy(game.actions), episodes: 60, lanes: 60, size: 2, rng: createRng(1),
      opponent: openOpponent(game, name),
    });
    expect(Math.abs(mean(returns) - expected)).toBeLessThan(within);
  });

  it('is random unless another is asked for, nobody where the agent plays both sides, and an error where none can be', () => {
    expect(openOpponent(connectFour as Environment)?.name).toBe('random');
    expect(openOpponent(game, 'self')).toBeUndefined();
    expect(openOpponent(catchWorld as Environment)).toBeUndefined();
    expect(() => openOpponent(catchWorld as Environment, 'mcts')).toThrow('--opponent: catch is not a game for two');
    expect(() => openOpponent(game, 'me')).toThrow("--opponent: expected random, mcts, self, got 'me'");
  });
});
