/** Acting by plans that climb the gradient of their imagined return through the model. */
import { horizonOption, ownOption, planOptions } from '../acting/plan-options.ts';
import { planPolicy } from '../acting/plan-policy.ts';
import { count, natural, positive } from '../config/index.ts';
import { gradient } from '../planning/plans/gradient.ts';

export default planPolicy({
  name: 'gradient',
  description: 'plans that climb the gradient of their return through the model',
  kinds: ['continuous'],
  slopes: true,
  options: {
    plan: { ...horizonOption, ...ownOption, ...planOptions },
    gradient: {
      starts: count.max(10_000).default(16).describe('Plans that climb side by side.'),
      iterations: natural.max(1000).default(5).describe('Steps that each of them climbs.'),
      stepSize: positive.default(0.1).describe('Step size of Adam, where actions go from −1 to 1.'),
      std: positive.max(100).default(0.5).describe('Standard deviation of the actions that they begin with.'),
    },
  },
  candidates: ({ gradient: { starts } }) => starts,
  method: ({ plan: { horizon }, gradient: own }, actions) => ({
    ...actions, horizon, memorySize: horizon * actions.size, plan: (task) => gradient(task, own),
  }),
});
