/** Acting by the cross-entropy method over plans (PETS, Chua et al. 2018; PlaNet, Hafner et al. 2019). */
import { horizonOption, ownOption, planOptions } from '../acting/plan-options.ts';
import { planPolicy } from '../acting/plan-policy.ts';
import { count, decay, fraction, positive } from '../config/index.ts';
import { z } from 'zod';
import { cem } from '../planning/plans/cem.ts';

export default planPolicy({
  name: 'cem',
  description: 'plans that are drawn around the best ones of the round before (the cross-entropy method)',
  kinds: ['continuous', 'discrete'],
  options: {
    plan: { ...horizonOption, ...ownOption, ...planOptions },
    cem: {
      candidates: count.max(100_000).default(128).describe('Plans of each round.'),
      iterations: count.max(1000).default(4).describe('Rounds of plans in each decision.'),
      elites: count.max(100_000).default(16).describe('The best plans, around which the next ones are drawn.'),
      momentum: decay.default(0.1).describe('Share of what the distribution of plans was before.'),
      std: positive.max(100).default(0.5).describe('Standard deviation of continuous actions at first, where they go from −1 to 1.'),
      warmStart: z.boolean().default(true).describe('Begin with what was planned last, one step later.'),
      floor: fraction.default(0.05).describe('Chance of a discrete action that is drawn whatever the best plans do.'),
    },
  },
  rules: ({ cem: { elites, candidates } }) =>
    (elites > candidates ? [{ key: 'cem.elites', expected: `expected at most cem.candidates = ${candidates}` }] : []),
  candidates: ({ cem: { candidates } }) => candidates,
  method: ({ plan: { horizon }, cem: own }, actions) => ({
    ...actions, horizon, memorySize: horizon * actions.size, plan: (task) => cem(task, own),
  }),
});
