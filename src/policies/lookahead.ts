/** Acting by the best of all sequences of discrete actions to a small depth. */
import { planOptions } from '../acting/plan-options.ts';
import { planPolicy } from '../acting/plan-policy.ts';
import { count } from '../config/index.ts';
import { lookahead } from '../planning/plans/lookahead.ts';
import { UserError } from '../user-error.ts';

const MOST_PLANS = 100_000;

export default planPolicy({
  name: 'lookahead',
  description: 'the best of all sequences of actions to a small depth',
  kinds: ['discrete'],
  options: {
    plan: planOptions,
    lookahead: { depth: count.max(16).default(3).describe('Actions of a sequence; 1 is one-step lookahead.') },
  },
  candidates: () => 0,
  method({ lookahead: { depth } }, actions) {
    const plans = actions.size ** depth;
    if (plans > MOST_PLANS) {
      throw new UserError(`lookahead.depth: ${actions.size} actions make ${plans} sequences of ${depth}; expected at most ${MOST_PLANS}`);
    }
    return { ...actions, horizon: depth, memorySize: 0, plan: lookahead };
  },
});
