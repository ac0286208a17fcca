/** Why an agent cannot learn a world, in words. */
import type { WorldShape } from '../../types.ts';

/** Of agents that learn in imagination, which knows of one player and no rules. */
export function refusesGames({ forbids, takesTurns }: WorldShape): string | undefined {
  if (forbids) return 'it would imagine actions that this world forbids; use --agent gumbel-muzero or muzero';
  return takesTurns ? 'it imagines one player, and here two act in turn; use --agent gumbel-muzero or muzero' : undefined;
}
