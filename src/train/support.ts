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
 * `key=value` for a support that holds what random play in the world receives, and some more; undefined where every
 * reward lies within the one of the configuration, or its agent has none. Sums of small rewards alone do not widen it: how
 * much of them a value is depends on what is learned, and training tells of values beyond. Worlds that live elsewhere or
 * fail are not asked.
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
  const reward = found.reward * actionRepeat;
  if (!(reward > Number(model.support))) return undefined;
  return `model.support=${Number((ROOM * Math.max(reward, found.total)).toPrecision(2))}`;
}
