/** Acting uniformly at random: the score that every agent has to beat. */
import { definePolicy } from '../acting/policy-variant.ts';
import type { ActionSpace, Policy } from '../types.ts';
import { actionSize, encodeAction, randomAction } from '../world/actions.ts';

/** A policy without memory that draws every action uniformly from `space`, or from what is legal there. */
export function randomPolicy(space: ActionSpace): Policy {
  const size = actionSize(space);
  return {
    name: 'random',
    initial: () => ({}),
    async act(carry, observation, rng) {
      const [lanes] = observation.isFirst.shape;
      const data = new Float32Array(lanes * size);
      for (let lane = 0; lane < lanes; lane++) {
        const row = [lane * size, (lane + 1) * size] as const;
        const legal = observation.legal && Array.from(observation.legal.data.subarray(...row), Boolean);
        encodeAction(space, randomAction(space, rng, legal), data.subarray(...row));
      }
      return { action: { data, shape: [lanes, size], dtype: 'float32' }, carry, stats: {} };
    },
  };
}

export default definePolicy({
  description: 'uniformly random: the score to beat',
  options: {},
  refuses: () => undefined,
  create: async ({ actions }) => ({ ...randomPolicy(actions), update() {}, async dispose() {} }),
});
