/** Imagining a fixed number of steps, or only as many as an ensemble agrees about. */
import type { Study } from '../study.ts';
import { intervalsByArm } from '../study-plots.ts';

const study: Study = {
  question: 'Should an actor learn only from what its model knows?',
  description:
    'An ensemble of five members beside the RSSM says how little is known of every imagined step. The actor-critic of Dreamer ' +
    'learns Pendulum from rollouts of a fixed length, or from each up to the first step on which the members disagree more than ' +
    'in 95 % of the replay (ensemble.adaptive), where the critic is taken at its word. Horizons of 15, the default, and of 30, ' +
    'twice as far into what the model may have wrong. If long rollouts do harm and stopping early undoes it, errors that add up ' +
    'were the harm; if all arms return the same, the λ-returns had discounted what lies far off anyway.',
  arms: [{
    worlds: ['pendulum'], agents: ['dreamer'], seeds: '0-2', steps: 10_000, set: ['ensemble.members=5', 'train.threads=1'],
    vary: ['ensemble.adaptive=true', 'behavior.imaginationHorizon=30', 'behavior.imaginationHorizon=30+ensemble.adaptive=true'],
  }],
  measures: ['reward-error', 'open-loop'],
  picture: (rows) => ({
    'return-by-horizon': intervalsByArm(rows, 'Pendulum: fixed and adaptive horizons of 15 (default) and 30', {
      quantity: 'return', label: 'return after training',
    }),
  }),
};

export default study;
