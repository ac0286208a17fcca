/** Learning from what is remembered, between one real step and the next. */
import type { Study } from '../study.ts';
import { curvesByArm, intervalsByArm } from '../study-plots.ts';

const WORLDS = ['taxi', 'frozen-lake-slippery'];

const study: Study = {
  question: 'What are planning steps worth, and what do wrong models do to them?',
  description:
    'Dyna-Q learns Taxi and the slippery FrozenLake from a table of pictures, with 0, 5, 20 (the default) and 50 remembered steps after each real one; ' +
    'with a bonus for what was not tried for long (Dyna-Q+); by prioritised sweeping; and with a model that is wrong by construction: it takes ' +
    'the last outcome of an action for the only one, which Taxi does not notice and the ice does. How far values are from those of value ' +
    'iteration is measured beside the returns.',
  arms: WORLDS.map((world) => ({
    worlds: [world], agents: ['dyna-q'], seeds: '0-2', steps: 20_000, set: ['train.evalEvery=1000', 'train.evalEpisodes=20', 'train.threads=1'],
    vary: ['table.planning=0', 'table.planning=5', 'table.planning=50', 'table.bonus=0.001', 'table.sweeping=true', 'table.outcomes=1'],
  })),
  measures: ['table-values', 'learning-curve'],
  picture: (rows) => Object.fromEntries(WORLDS.flatMap((world) => {
    const here = rows.filter(({ env }) => env === world);
    return here.length === 0 ? [] : [
      [`${world}-curves`, curvesByArm(here, `${world}: return against real steps`, [5, 10, 20].map((thousands) => ({
        x: thousands * 1000, quantity: `learning-curve.at${thousands}k`,
      })))],
      [`${world}-steps`, intervalsByArm(here, `${world}: real steps until a score of 0.8`, { quantity: 'learning-curve.stepsTo80', label: 'real steps' })],
      [`${world}-error`, intervalsByArm(here, `${world}: how wrong values are after 20,000 steps`, { quantity: 'table-values.error', label: 'mean |max Q − V*|' })],
    ];
  })),
};

export default study;
