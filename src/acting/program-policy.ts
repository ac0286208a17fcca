/** A policy that is one program: what is seen becomes a latent, and it says what to do there. */
import type { Tensor } from '@tensorflow/tfjs';
import type { RunningPolicy } from '../types.ts';
import type { ActingSetting } from './policy-variant.ts';
import { createSight, type Moment } from './sight.ts';

/** `choose` is traced into the program; it gives actions [N, A], one-hot or in [−1, 1]. */
export async function programPolicy(
  name: string,
  setting: ActingSetting,
  choose: (moment: Moment) => Tensor,
): Promise<RunningPolicy> {
  const { initial, run, update, dispose } = await createSight(setting, {
    name, asksLegal: true, say: (moment) => ({ choice: { action: choose(moment) } }),
  });
  return {
    name,
    initial,
    async act(before, observation, rng) {
      const { choice: { action }, carry } = await run(before, observation, rng);
      return { action, carry, stats: {} };
    },
    update,
    dispose,
  };
}
