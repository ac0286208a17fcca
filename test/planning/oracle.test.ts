import { describe, expect, it, test } from 'vitest';
import cartpole from '../../envs/cartpole.ts';
import catchWorld from '../../envs/catch.ts';
import pendulum from '../../envs/pendulum.ts';
import ticTacToe from '../../envs/tic-tac-toe.ts';
import { gumbelMuzeroPolicy } from '../../src/planning/gumbel-muzero-policy.ts';
import { muzeroPolicy } from '../../src/planning/muzero-policy.ts';
import { oracle, type OracleOptions } from '../../src/planning/oracle.ts';
import type { SearchInput } from '../../src/planning/types.ts';
import { createRng } from '../../src/random.ts';
import type { Environment } from '../../src/types.ts';

const policies = {
  puct: (input: SearchInput) => muzeroPolicy(input, { dirichletFraction: 0, temperature: 0 }),
  gumbel: (input: SearchInput) => gumbelMuzeroPolicy(input, { gumbelScale: 0 }),
};
type Plan = (typeof policies)['puct'];

interface Trial<S> {
  readonly plan: Plan;
  readonly options: OracleOptions;
  readonly starts: readonly S[];
  readonly numSimulations: number;
}

/** Episodes side by side, every action from a search in the true world; their returns. */
async function playAll<S>(environment: Environment<S>, trial: Trial<S>): Promise<number[]> {
  const { plan, options, starts, numSimulations } = trial;
  const rng = createRng(41);
  const returns = starts.map(() => 0);
  let lanes = starts.map((state, lane) => ({ state, lane }));
  for (let step = 0; step < environment.maxSteps && lanes.length > 0; step++) {
    const model = oracle(environment, options);
    const root = await model.root(lanes.map(({ state }) => state), rng);
    const { action } = await plan({ root, recurrent: model.recurrent, numSimulations, rng });
    lanes = lanes.flatMap(({ state, lane }, i) => {
      const next = environment.step(state, action[i], rng);
      returns[lane] += next.reward;
      return next.terminated ? [] : [{ state: next.state, lane }];
    });
  }
  return returns;
}

describe.each(Object.entries(policies))('the oracle with %s', (_, plan) => {
  it('catches every ball', async () => {
    const starts = [0, 1, 2, 3, 4].map((ballX) => ({ ballX, ballY: 0, paddleX: 2 }));
    const options: OracleOptions = { discount: 0.99, rollout: { policy: 'random', steps: 10 } };
    expect(await playAll(catchWorld, { plan, options, starts, numSimulations: 100 })).toEqual([1, 1, 1, 1, 1]);
  });

  it('balances a pole for 500 steps', async () => {
    const starts = [1, 2].map((seed) => cartpole.reset(createRng(seed)));
    const options: OracleOptions = { discount: 0.99, rollout: { policy: 'expert', steps: 100 } };
    expect(await playAll(cartpole, { plan, options, starts, numSimulations: 8 })).toEqual([500, 500]);
  });
});

// Rollouts at random last 22 steps, and tell nothing of a cart that drifts off; the search has to see that for itself.
test('search with random rollouts balances a pole many times as long as they do', async () => {
  const starts = [1, 2, 3, 4].map((seed) => cartpole.reset(createRng(seed)));
  const options: OracleOptions = { discount: 0.99, rollout: { policy: 'random', steps: 50 } };
  const returns = await playAll(cartpole, { plan: policies.puct, options, starts, numSimulations: 32 });
  expect(Math.min(...returns)).toBeGreaterThan(150);
});

describe('oracle', () => {
  const rng = createRng(42);

  it('forks states, and stays where an episode ended', async () => {
    const model = oracle(catchWorld, { discount: 0.9 });
    const root = await model.root([{ ballX: 1, ballY: 7, paddleX: 2 }], rng);
    expect([...root.priorLogits, ...root.value]).toEqual([0, 0, 0, 0]);
    const one = await model.recurrent(root.embedding, Int32Array.of(0), rng);
    expect([one.reward[0], one.discount[0]]).toEqual([0, Math.fround(0.9)]);
    const caught = await model.recurrent(one.embedding, Int32Array.of(1), rng);
    expect([caught.reward[0], caught.discount[0], caught.value[0]]).toEqual([1, 0, 0]);
    const missed = await model.recurrent(one.embedding, Int32Array.of(2), rng); // the fork is as it was
    expect([missed.reward[0], missed.discount[0]]).toEqual([-1, 0]);
    const beyond = await model.recurrent(caught.embedding, Int32Array.of(0), rng);
    expect([beyond.reward[0], beyond.discount[0], beyond.value[0]]).toEqual([0, 0, 0]);
  });

  it("values a state by the discounted return of the expert's play", async () => {
    const model = oracle(catchWorld, { discount: 0.5, rollout: { policy: 'expert', steps: 9 } });
    const { value } = await model.root([{ ballX: 0, ballY: 6, paddleX: 2 }, { ballX: 0, ballY: 8, paddleX: 2 }], rng);
    expect([...value]).toEqual([0.25, -1]); // caught in the third step; out of reach
    const short = oracle(catchWorld, { discount: 0.5, rollout: { policy: 'expert', steps: 2 } });
    expect([...(await short.root([{ ballX: 0, ballY: 6, paddleX: 2 }], rng)).value]).toEqual([0]);
  });

  it('leaves out illegal actions', async () => {
    const guarded: Environment<{ ballX: number; ballY: number; paddleX: number }> = {
      ...catchWorld,
      legal: ({ paddleX }) => [paddleX > 0, true, paddleX < 4],
    };
    const model = oracle(guarded, { discount: 1 });
    const root = await model.root([{ ballX: 0, ballY: 0, paddleX: 4 }], rng);
    expect([...root.priorLogits]).toEqual([0, 0, -Infinity]);
    for (const plan of Object.values(policies)) {
      const { searchTree } = await plan({ root, recurrent: model.recurrent, numSimulations: 60, rng });
      for (let node = 0; node < searchTree.numNodes; node++) {
        for (let action = 0; action < 3; action++) {
          const legal = searchTree.childrenPriorProbs[node * 3 + action] > 0;
          if (!legal) expect(searchTree.childrenVisits[node * 3 + action]).toBe(0);
        }
      }
    }
  });

  it('refuses what it cannot do', () => {
    expect(() => oracle(pendulum, { discount: 1 })).toThrow("world 'pendulum': expected discrete actions");
    const alone = { ...catchWorld, expert: undefined };
    expect(() => oracle(alone, { discount: 1, rollout: { policy: 'expert', steps: 1 } })).toThrow('expected an expert');
  });
});

it('turns the sign of what follows only where the other is to move next, and asks nothing where it has ended', async () => {
  /** The one who takes an even number moves again; 3 is the end. */
  const counting: Environment<{ at: number; mover: 0 | 1 }> = {
    name: 'counting', description: '', actions: { kind: 'discrete', n: 3 }, maxSteps: 9,
    reset: () => ({ at: 0, mover: 0 }), draw() {}, toMove: ({ mover }) => mover,
    legal({ at }) {
      if (at === 3) throw new Error('asked at the end');
      return [true, true, true];
    },
    step: ({ mover }, action) => ({
      state: { at: Number(action) + 1, mover: Number(action) % 2 === 1 ? mover : mover === 0 ? 1 : 0 }, reward: 1, terminated: action === 2,
    }),
  };
  const model = oracle(counting, { discount: 0.5 });
  const root = await model.root([counting.reset(createRng(0)), counting.reset(createRng(0)), counting.reset(createRng(0))], createRng(0));
  const { discount, priorLogits } = await model.recurrent(root.embedding, Int32Array.of(0, 1, 2), createRng(0));
  expect([...discount]).toEqual([-0.5, 0.5, 0]);
  expect([...priorLogits]).toEqual(new Array(9).fill(0));
});

describe('between two players', () => {
  const search = async (cells: string, player: 'X' | 'O', world: Environment<{ cells: string; player: 'X' | 'O' }>) => {
    const model = oracle(world, { discount: 1, rollout: { policy: 'random', steps: 9 } });
    const rng = createRng(3);
    const root = await model.root([{ cells, player }], rng);
    const { action } = await policies.puct({ root, recurrent: model.recurrent, numSimulations: 400, rng });
    return action[0];
  };
  test.each([
    ['completes its own line', 'XX.OO....', 'X', 2],
    ['rather wins than blocks', 'XX.OO....', 'O', 5],
    ["stops the other's line", 'X..OO..X.', 'X', 5],
    ['a diagonal as well', 'X...X.O..', 'O', 8],
  ] as const)('%s', async (_, cells, player, best) => {
    expect(await search(cells, player, ticTacToe)).toBe(best);
  });

  test('a search that did not know whose turn it is would not block', async () => {
    const { toMove: _, ...alone } = ticTacToe;
    expect(await search('X..OO..X.', 'X', alone)).not.toBe(5);
  });
});
