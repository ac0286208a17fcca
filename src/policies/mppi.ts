/** Acting by model predictive path integral control (Williams et al. 2015; TD-MPC, Hansen et al. 2022). */
import { horizonOption, ownOption, planOptions } from '../acting/plan-options.ts';
import { planPolicy } from '../acting/plan-policy.ts';
import { count, fraction, natural, positive } from '../config/index.ts';
import { mppi } from '../planning/plans/mppi.ts';

export default planPolicy({
  name: 'mppi',
  description: 'the mean of many plans, each weighted by e to the power of its return (MPPI)',
  kinds: ['continuous'],
  options: {
    plan: { ...horizonOption, ...ownOption, ...planOptions },
    mppi: {
      candidates: count.max(100_000).default(96).describe('Plans of each round.'),
      iterations: count.max(1000).default(4).describe('Rounds of plans in each decision.'),
      elites: natural.max(100_000).default(16).describe('The best plans, which alone count; 0: all do.'),
      temperature: positive.default(0.5).describe('Difference of returns at which a plan weighs e times more.'),
      std: positive.max(100).default(1).describe('Standard deviation of actions at first, where they go from −1 to 1.'),
      minStd: positive.max(100).default(0.05).describe('And at least, where it follows the best plans.'),
      smooth: fraction.default(0.8).describe("Share of the step before in each step's noise."),
    },
  },
  rules: ({ mppi: { elites, candidates, minStd, std } }) => [
    ...(elites > candidates ? [{ key: 'mppi.elites', expected: `expected at most mppi.candidates = ${candidates}` }] : []),
    ...(minStd > std ? [{ key: 'mppi.minStd', expected: `expected at most mppi.std = ${std}` }] : []),
  ],
  candidates: ({ mppi: { candidates } }) => candidates,
  method: ({ plan: { horizon }, mppi: own }, actions) => ({
    ...actions, horizon, memorySize: horizon * actions.size, plan: (task) => mppi(task, own),
  }),
});
