/** Acting by an agent's own policy head on the latent that filtering the pictures gives. */
import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { definePolicy } from '../acting/policy-variant.ts';
import { programPolicy } from '../acting/program-policy.ts';
import { among } from '../nn/distributions.ts';
import { LOG_PROB } from '../nn/policy-head.ts';
import { UserError } from '../user-error.ts';

const NO_PREDICTION = 'actor does what an agent predicts, and this one has no prediction';

export default definePolicy({
  description: "the agent's own policy head: no planning",
  options: {
    behavior: {
      greedy: z
        .boolean()
        .default(true)
        .describe('Take the most probable action at evaluation; otherwise draw from the policy, as while learning.'),
    },
  },
  refuses: (_, agent) => (agent && !agent.prediction ? NO_PREDICTION : undefined),
  async create(setting, { behavior: { greedy } }) {
    const { agent: { representation, prediction, explorer, targetShapes }, explore } = setting;
    if (!prediction) throw new UserError(NO_PREDICTION);
    const acting = explore && explorer ? explorer : prediction;
    return programPolicy('actor', setting, ({ params, latent, noise, legal }) => {
      const { policy: all } = acting.predict(params, representation.features(latent));
      const policy = legal ? among(all, legal) : all;
      // What is drawn from a normal may lie outside.
      const action = explore || !greedy ? tf.clipByValue(policy.sample(noise), -1, 1) : policy.predict();
      return { action, ...(explore && LOG_PROB in targetShapes ? { targets: { [LOG_PROB]: policy.logProb(action) } } : {}) };
    });
  },
});
