/** How large the rewards of a world get, as far as random play shows. */
import type { Environment, Rng } from '../types.ts';
import { randomAction } from './actions.ts';

export interface RewardRange {
  /** The largest reward, whatever its sign. */
  readonly reward: number;
  /** The largest sum of rewards over an episode or a part of one, whatever its sign. */
  readonly total: number;
}

const STEPS = 1000;

/** Of a thousand steps at random, without drawing. @throws whatever the world throws */
export function rewardRange(environment: Environment, rng: Rng): RewardRange {
  let [reward, total] = [0, 0];
  let [state, sum, length] = [environment.reset(rng), 0, 0];
  for (let step = 0; step < STEPS; step++) {
    const next = environment.step(state, randomAction(environment.actions, rng, environment.legal?.(state)), rng);
    sum += next.reward;
    length++;
    reward = Math.max(reward, Math.abs(next.reward));
    total = Math.max(total, Math.abs(sum));
    const ended = next.terminated || length >= environment.maxSteps;
    [state, sum, length] = ended ? [environment.reset(rng), 0, 0] : [next.state, sum, length];
  }
  return { reward, total };
}
