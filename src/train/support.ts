/** The support of MuZero's heads for a world whose rewards are larger than its default holds. */
import type { Config } from '../config/index.ts';
import { createRng } from '../random.ts';
import type { Environment } from '../types.ts';
import { isExternal } from '../world/external.ts';
import { guarded } from '../world/guarded.ts';
import { rewardRange, type RewardRange } from '../world/reward-range.ts';
import { isWorldFile, rewardRangeOfFile } from '../world/threaded-driver.ts';
import { WorldError } from '../world/world-error.ts';

/** Random play is worth less than what an agent will get to. */
const ROOM = 2;

/**
 * `key=value` for a support that holds what random play in the world receives, and some more; undefined where the one of
 * the configuration does, or its agent has none. Worlds that live elsewhere or fail are not asked.
 */
export async function supportOverride(world: string, environment: Environment, config: Config): Promise<string | undefined> {
  const { model, env: { actionRepeat, timeout } } = config;
  if (typeof model !== 'object' || model === null || !('support' in model) || isExternal(environment) || environment.ahead) return undefined;
  let found: RewardRange;
  try {
    found = isWorldFile(world) ? await rewardRangeOfFile(world, timeout) : rewardRange(guarded(environment), createRng(0));
  } catch (error) {
    if (error instanceof WorldError) return undefined; // training will tell
    throw error;
  }
  const needed = Math.max(found.reward * actionRepeat, found.total);
  if (!(needed > Number(model.support))) return undefined;
  return `model.support=${Number((ROOM * needed).toPrecision(2))}`;
}
