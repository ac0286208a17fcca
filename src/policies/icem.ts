/** Acting by iCEM: the cross-entropy method with far fewer plans (Pinneri et al. 2020). */
import { horizonOption, ownOption, planOptions } from '../acting/plan-options.ts';
import { planPolicy } from '../acting/plan-policy.ts';
import { count, decay, fraction, positive } from '../config/index.ts';
import { z } from 'zod';
import { icem, kept } from '../planning/plans/icem.ts';

export default planPolicy({
  name: 'icem',
  description: 'the cross-entropy method with noise that keeps to one side, and the best plans kept (iCEM)',
  kinds: ['continuous'],
  options: {
    plan: { ...horizonOption, ...ownOption, ...planOptions },
    icem: {
      candidates: count.max(100_000).default(48).describe('Plans of the first round.'),
      iterations: count.max(1000).default(3).describe('Rounds of plans in each decision.'),
      elites: count.max(100_000).default(8).describe('The best plans, around which the next ones are drawn.'),
      momentum: decay.default(0.1).describe('Share of what the distribution of plans was before.'),
      std: positive.max(100).default(0.5).describe('Standard deviation of actions at first, where they go from −1 to 1.'),
      beta: z.number().min(0).max(20).default(2).describe('Exponent of the noise: 0 is white, and the larger the longer it keeps to one side.'),
      decay: z.number().min(1).max(100).default(1.25).describe('How much smaller each round is than the one before.'),
      keep: fraction.default(0.3).describe('Share of the best plans that is kept for the next round and the next decision.'),
    },
  },
  rules: ({ icem: { elites, candidates } }) =>
    (elites > candidates ? [{ key: 'icem.elites', expected: `expected at most icem.candidates = ${candidates}` }] : []),
  candidates: ({ icem: { candidates } }) => candidates,
  method: ({ plan: { horizon }, icem: own }, actions) => ({
    ...actions, horizon, memorySize: (1 + kept(own)) * horizon * actions.size, plan: (task) => icem(task, own),
  }),
});
