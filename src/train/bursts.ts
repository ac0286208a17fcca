/**
 * Exploration that goes places: now and then a random action is kept up for a while, where single random steps undo each
 * other (εz-greedy; Dabney, Ostrovski and Barreto 2021, "Temporally-extended ε-greedy exploration").
 */
import { zeros } from '../nd-array.ts';
import type { ActionSpace, NdArray, Policy, Rng } from '../types.ts';
import { actionSize, encodeAction, randomAction } from '../world/actions.ts';

/** Steps of the longest burst. */
const LONGEST = 100;

/** Leaves of the carry: by lane, the steps that a burst still has, and its action. */
const LEFT = 'burst/left';
const ACTION = 'burst/action';

/**
 * `policy`, except that wherever no burst is on, one begins with probability `chance` (0..1) and lasts as long as
 * `burstLength` says, at most until the episode's end. The policy itself sees every step. Chance 0 gives `policy` back.
 */
export function withBursts(policy: Policy, actions: ActionSpace, chance: number): Policy {
  if (chance === 0) return policy;
  const size = actionSize(actions);
  return {
    name: policy.name,
    initial: (lanes) => ({ ...policy.initial(lanes), [LEFT]: zeros([lanes]), [ACTION]: zeros([lanes, size]) }),
    async act(carry, observation, rng) {
      const choice = await policy.act(carry, observation, rng);
      const [left, kept, action] = [copy(carry[LEFT]), copy(carry[ACTION]), copy(choice.action)];
      for (let lane = 0; lane < left.data.length; lane++) {
        const row = kept.data.subarray(lane * size, (lane + 1) * size);
        if (observation.isFirst.data[lane] !== 0) left.data[lane] = 0;
        if (left.data[lane] === 0 && rng.uniform() < chance) {
          left.data[lane] = burstLength(rng);
          encodeAction(actions, randomAction(actions, rng), row);
        }
        if (left.data[lane] === 0) continue;
        left.data[lane]--;
        action.data.set(row, lane * size);
      }
      return { ...choice, action, carry: { ...choice.carry, [LEFT]: left, [ACTION]: kept } };
    },
  };
}

/** P(at least n steps) = 1/n, up to the longest: the heavy tail of the paper's zeta distribution with μ = 2. */
export const burstLength = (rng: Rng): number => Math.min(LONGEST, Math.floor(1 / (1 - rng.uniform())));

function copy({ data, shape, dtype }: NdArray): NdArray & { readonly data: Float32Array } {
  return { data: Float32Array.from(data), shape, dtype };
}
