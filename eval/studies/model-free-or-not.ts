/** The same number of real steps, with and without imagination. */
import type { Study } from '../study.ts';
import { curvesByArm, intervalsByArm } from '../study-plots.ts';

const set = ['train.evalEvery=2500', 'train.evalEpisodes=20', 'train.threads=1'];
const STEPS = 40_000;

const GRIDS = [
  { worlds: ['cartpole', 'catch', 'freeway'], agents: ['dqn', 'dyna'] },
  { worlds: ['pendulum', 'reacher'], agents: ['sac', 'mbpo'] },
  { worlds: ['cartpole', 'catch', 'freeway'], agents: ['dreamer', 'gumbel-muzero', 'tdmpc2'] },
  { worlds: ['pendulum', 'reacher'], agents: ['dreamer', 'sampled-muzero', 'tdmpc2'] },
] as const;
const WORLDS = ['catch', 'cartpole', 'pendulum', 'reacher', 'freeway'];

const study: Study = {
  question: 'How much is imagination worth?',
  description:
    'Agents that learn from what they really received alone (dqn, sac), the same that also learn from short branches of imagination ' +
    '(dyna, mbpo), Dreamer, which learns to act in imagination alone, MuZero, which searches it, and TD-MPC2, which plans in it: all with the ' +
    'same encoder, replay, lanes and evaluation, for 40,000 real steps. What imagination is worth in real steps is how much earlier a curve ' +
    'rises; what it costs are the updates and minutes beside it.',
  arms: GRIDS.flatMap(({ worlds, agents }) => worlds.map((world) => ({ worlds: [world], agents, seeds: '0-2', steps: STEPS, set }))),
  measures: ['learning-curve'],
  picture: (rows) => Object.fromEntries(WORLDS.flatMap((world) => {
    const here = rows.filter(({ env }) => env === world);
    return here.length === 0 ? [] : [
      [`${world}-curves`, curvesByArm(here, `${world}: return of an evaluation against real steps`, [5, 10, 20, 40].map((thousands) => ({
        x: thousands * 1000, quantity: `learning-curve.at${thousands}k`,
      })))],
      [`${world}-steps`, intervalsByArm(here, `${world}: real steps until a score of 0.8`, { quantity: 'learning-curve.stepsTo80', label: 'real steps' })],
    ];
  })),
};

export default study;
