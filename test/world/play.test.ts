import { describe, expect, it } from 'vitest';
import catchWorld from '../../envs/catch.ts';
import ticTacToe from '../../envs/tic-tac-toe.ts';
import { randomPolicy } from '../../src/policies/random.ts';
import { createRng } from '../../src/random.ts';
import type { Environment, Policy } from '../../src/types.ts';
import { playEpisodes } from '../../src/world/play.ts';
import { counterWorld } from './counter-world.ts';

/** Takes action 1 on the first step of an episode and 0 after it, which it knows only from isFirst. */
const onceEach: Policy = {
  name: 'once-each',
  initial: () => ({}),
  async act(carry, { isFirst }) {
    const data = new Float32Array([...isFirst.data].flatMap((first) => [1 - first, first]));
    return { action: { data, shape: [isFirst.data.length, 2], dtype: 'float32' }, carry, stats: {} };
  },
};

const play = (lanes: number, episodes = 40) =>
  playEpisodes({ environment: counterWorld, policy: onceEach, episodes, lanes, size: 2, rng: createRng(5) });

describe('playEpisodes', () => {
  it('plays the same episodes whatever the number of lanes', async () => {
    const alone = await play(1);
    expect(await play(3)).toEqual(alone);
    expect(await play(64)).toEqual(alone);
  });

  it('counts each episode once, the longest and the shortest alike', async () => {
    const { returns, lengths, decisions } = await play(3);
    // Episode e counts to the goal that rng.split(e) draws, or to the time limit of 4.
    const goals = Array.from({ length: 40 }, (_, e) => Math.min(counterWorld.reset(createRng(5).split(e)).goal, 4));
    expect(new Set(goals)).toEqual(new Set([2, 3, 4]));
    expect(lengths).toEqual(goals);
    expect(returns).toEqual(goals.map((length) => 1.5 + 0.5 * (length - 1)));
    expect(decisions).toBe(goals.reduce((a, b) => a + b));
  });

  it('cuts what would go on, and says how far it has come', async () => {
    const endless: typeof counterWorld = { ...counterWorld, maxSteps: 1e9, step: (state) => ({ state, reward: 1, terminated: false }) };
    const seen: string[] = [];
    const played = await playEpisodes({
      environment: endless, policy: onceEach, episodes: 3, lanes: 2, size: 2, rng: createRng(5), longest: 30,
      watch: ({ ended, longest }) => seen.push(`${ended}:${longest}`),
    });
    expect(played).toEqual({ returns: [30, 30, 30], lengths: [30, 30, 30], decisions: 90, cut: { episodes: 3, steps: 30 } });
    expect([seen.length, seen[0], seen[29], seen[59]]).toEqual([60, '0:1', '2:0', '3:0']);
    expect((await play(3)).cut).toBeUndefined();
  });

  it('lets an opponent act for the other side, which begins every other game', async () => {
    const moves: string[] = [];
    /** Takes the first empty cell, and writes down who was to move. */
    const first = (who: string, states: readonly unknown[]) => states.map((state) => {
      moves.push(who + (state as { player: string }).player);
      return ticTacToe.legal?.(state as never).indexOf(true) ?? 0;
    });
    const opponent = { name: 'first', act: async (states: readonly unknown[]) => first('opponent ', states) };
    /** Takes the last empty cell. */
    const last: Policy = {
      name: 'last',
      initial: () => ({}),
      async act(carry, { legal }) {
        const data = new Float32Array(9);
        data[(legal?.data ?? data).lastIndexOf(1)] = 1;
        return { action: { data, shape: [1, 9], dtype: 'float32' }, carry, stats: {} };
      },
    };
    const options = { environment: ticTacToe as Environment, policy: last, episodes: 2, lanes: 1, size: 2, rng: createRng(0) };
    // X 8, O 0, X 7, O 1, X 6: the last row wins; then X 0, O 8, X 1, O 7, X 2: the opponent's first row does.
    expect(await playEpisodes({ ...options, opponent })).toEqual({ returns: [1, -1], lengths: [5, 5], decisions: 5 });
    expect(moves).toEqual(['opponent O', 'opponent O', 'opponent X', 'opponent X', 'opponent X']);
    // Against itself: what both were given, added up.
    expect((await playEpisodes(options)).returns).toEqual([1, 1]);
  });

  it('hands a policy its own carry back', async () => {
    const seen: number[] = [];
    const counting: Policy = {
      name: 'counting',
      initial: (lanes) => ({ ticks: { data: new Int32Array(lanes), shape: [lanes], dtype: 'int32' } }),
      async act({ ticks }, observation, rng) {
        seen.push(ticks.data[0]);
        const data = new Int32Array(ticks.data).map((tick) => tick + 1);
        return { ...(await onceEach.act({}, observation, rng)), carry: { ticks: { ...ticks, data } } };
      },
    };
    const rng = createRng(5);
    await playEpisodes({ environment: counterWorld, policy: counting, episodes: 2, lanes: 2, size: 2, rng });
    expect(seen).toEqual(seen.map((_, t) => t));
  });

  it('gives random play of Catch a mean return of −0.6', async () => {
    const policy = randomPolicy(catchWorld.actions);
    const { returns } = await playEpisodes({
      environment: catchWorld,
      policy,
      episodes: 1000,
      lanes: 16,
      size: 4,
      rng: createRng(1),
    });
    const mean = returns.reduce((a, b) => a + b) / returns.length;
    expect(Math.abs(mean + 0.6)).toBeLessThan(0.127); // 5 standard errors of 0.8 / √1000
  });

  it('refuses to play nothing', async () => {
    await expect(play(1, 0)).rejects.toThrow('expected episodes ≥ 1, got 0');
    await expect(play(0)).rejects.toThrow('expected lanes ≥ 1, got 0');
  });
});
