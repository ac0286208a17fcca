/** A policy that is one program: what is seen becomes a latent, and it says what to do there. */
import type { Tensor } from '@tensorflow/tfjs';
import type { Group, RunningPolicy } from '../types.ts';
import type { ActingSetting } from './policy-variant.ts';
import { createSight, type Moment } from './sight.ts';

/** What is chosen in a moment, where there is more to say than the action. */
export interface Chosen {
  /** [N, A], one-hot or in [−1, 1]. */
  readonly action: Tensor;
  /** For whoever learns from it: leaves [N, …] of `Agent.targetShapes`. */
  readonly targets?: Group<Tensor>;
}

/** `choose` is traced into the program; alone, a tensor is the action. */
export async function programPolicy(
  name: string,
  setting: ActingSetting,
  choose: (moment: Moment) => Tensor | Chosen,
): Promise<RunningPolicy> {
  const { initial, run, update, dispose } = await createSight(setting, {
    name, asksLegal: true, say: (moment) => {
      const chosen = choose(moment);
      if (!('action' in chosen)) return { choice: { action: chosen } };
      return { choice: { action: chosen.action }, ...(chosen.targets ? { targets: chosen.targets } : {}) };
    },
  });
  return {
    name,
    initial,
    async act(before, observation, rng) {
      const { choice: { action }, carry, targets } = await run(before, observation, rng);
      return { action, carry, stats: {}, ...(targets ? { targets } : {}) };
    },
    update,
    dispose,
  };
}
