/** Acting by the best of many plans that are drawn at random (Nagabandi et al. 2018). */
import { horizonOption, ownOption, planOptions } from '../acting/plan-options.ts';
import { planPolicy } from '../acting/plan-policy.ts';
import { count, fraction } from '../config/index.ts';
import { shooting } from '../planning/plans/shooting.ts';

export default planPolicy({
  name: 'shooting',
  description: 'the best of many plans that are drawn at random (random shooting)',
  kinds: ['continuous', 'discrete'],
  options: {
    plan: { ...horizonOption, ...ownOption, ...planOptions },
    shooting: {
      candidates: count.max(100_000).default(256).describe('Plans that are drawn.'),
      repeat: fraction.default(0.5).describe('Chance that a discrete action is the one before once more.'),
    },
  },
  candidates: ({ shooting: { candidates } }) => candidates,
  method: ({ plan: { horizon }, shooting: own }, actions) => ({
    ...actions, horizon, memorySize: horizon * actions.size, plan: (task) => shooting(task, own),
  }),
});
