/** Why an agent cannot learn a world, in words. */
import type { WorldShape } from '../../types.ts';

const PLAYS_GAMES = 'use --agent gumbel-muzero or muzero';

/** Of agents that learn what a few actions are worth, and nothing of rules or of the other player. */
export function refusesRules({ forbids, takesTurns }: WorldShape): string | undefined {
  if (forbids) return `it would learn of actions that this world forbids; ${PLAYS_GAMES}`;
  return takesTurns ? `it learns for one player, and here two act in turn; ${PLAYS_GAMES}` : undefined;
}

/** Of agents that learn in imagination, which knows of one player and no rules. */
export function refusesGames({ forbids, takesTurns }: WorldShape): string | undefined {
  if (forbids) return `it would imagine actions that this world forbids; ${PLAYS_GAMES}`;
  return takesTurns ? `it imagines one player, and here two act in turn; ${PLAYS_GAMES}` : undefined;
}
