/** Who plays the other side of a game for two. */
import { muzeroPolicy } from '../src/planning/muzero-policy.ts';
import { oracle } from '../src/planning/oracle.ts';
import { qtransformByMinMax } from '../src/planning/qtransforms.ts';
import type { Environment } from '../src/types.ts';
import { UserError } from '../src/user-error.ts';
import { randomAction } from '../src/world/actions.ts';
import type { Opponent } from '../src/world/play.ts';

export const OPPONENTS = ['random', 'mcts', 'self'] as const;

/** Simulations of `mcts` for each move. */
const SIMULATIONS = 200;

/**
 * `random` takes any legal action; `mcts` searches the true game, and plays it to its end at random to value what it
 * finds. Undefined for `self`, where the policy plays both sides, and for worlds of one player.
 * @param name `random` where it is absent
 * @throws UserError where there is no such opponent, or nobody to play against
 */
export function openOpponent(environment: Environment, name?: string): Opponent | undefined {
  if (!environment.toMove) {
    if (name === undefined) return undefined;
    throw new UserError(`--opponent: ${environment.name} is not a game for two`);
  }
  if (name !== undefined && !(OPPONENTS as readonly string[]).includes(name)) {
    throw new UserError(`--opponent: expected ${OPPONENTS.join(', ')}, got '${name}'`);
  }
  if (name === 'self') return undefined;
  if (name !== 'mcts') {
    return {
      name: 'random',
      act: async (states, rng) => states.map((state) => randomAction(environment.actions, rng, environment.legal?.(state))),
    };
  }
  return {
    name,
    async act(states, rng) {
      const game = oracle(environment, { discount: 1, rollout: { policy: 'random', steps: environment.maxSteps } });
      const { action } = await muzeroPolicy(
        { root: await game.root(states, rng), recurrent: game.recurrent, numSimulations: SIMULATIONS, rng },
        // Returns lie between a game lost and a game won.
        { dirichletFraction: 0, temperature: 0, qtransform: qtransformByMinMax({ minValue: -1, maxValue: 1 }) },
      );
      return [...action];
    },
  };
}
