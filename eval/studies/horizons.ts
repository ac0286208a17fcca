/** Imagining a fixed number of steps, or only as many as an ensemble agrees about. */
import type { Study } from '../study.ts';
import { intervalsByArm } from '../study-plots.ts';

const study: Study = {
  question: 'Should an actor learn only from what its model knows?',
  description:
    'An ensemble of five members beside the RSSM says how little is known of every imagined step. The actor-critic of Dreamer ' +
    'learns Pendulum from rollouts of a fixed length, or from each up to the first step on which the members disagree more than ' +
    'in 95 % of the replay (ensemble.adaptive), where the critic is taken at its word. If stopping early returns more, errors that ' +
    'add up did harm; if it returns the same, the λ-returns had discounted what lies far off anyway; if it returns less, what is not ' +
    'known yet is where an agent has to go.',
  arms: [{
    worlds: ['pendulum'], agents: ['dreamer'], seeds: '0-2', steps: 10_000, set: ['ensemble.members=5', 'train.threads=1'],
    vary: ['ensemble.adaptive=true'],
  }],
  measures: ['reward-error', 'open-loop'],
  picture: (rows) => ({
    'return-by-horizon': intervalsByArm(rows, 'Pendulum: rollouts of 15 steps (default), or as far as is known', {
      quantity: 'return', label: 'return after training',
    }),
  }),
};

export default study;
