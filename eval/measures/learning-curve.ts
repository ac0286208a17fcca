/** How far it had come by when: what was evaluated while it learned. */
import path from 'node:path';
import { readMetrics } from '../../src/train/metrics.ts';
import type { Measure } from '../measure.ts';
import { normalizedScore, referenceOf } from '../statistics.ts';

/** In thousands of real steps. */
const MOMENTS = [5, 10, 20, 40] as const;
/** Of the way from random actions to the best known player. */
const LEARNED = 0.8;

const unit = 'reward of an episode';
const at = (thousands: number) => `at${thousands}k`;

/** The step of each evaluation and what it returned, in order. */
export const evaluationsOf = (folder: string): { readonly step: number; readonly return: number }[] =>
  readMetrics(path.join(folder, 'metrics.jsonl')).flatMap((row) =>
    (Number.isFinite(row['eval/return']) ? [{ step: row.step, return: row['eval/return'] }] : []));

const measure: Measure = {
  description: 'returns of fresh episodes at moments of training, and the real steps until they were good',
  quantities: {
    last: { unit, range: [-Infinity, Infinity], better: 'higher', source: 'the last of the evaluations' },
    stepsTo80: { unit: `real steps until an evaluation first scored ${LEARNED}`, range: [0, Infinity], better: 'lower', source: '(return − random) / (best − random)' },
    ...Object.fromEntries(MOMENTS.map((thousands) => [at(thousands), {
      unit, range: [-Infinity, Infinity], better: 'higher', source: `the evaluation at ${thousands},000 real steps`,
    }] as const)),
  },
  refuses: ({ config }) => (config.train.evalEvery > 0 ? undefined : 'needs evaluations while it learns: train.evalEvery'),
  async measure({ opened: { config, environment }, folder }) {
    const evaluations = folder === undefined ? [] : evaluationsOf(folder);
    const reference = referenceOf(environment);
    const good = reference && evaluations.find((each) => normalizedScore(reference, each.return) >= LEARNED);
    const last = evaluations.at(-1);
    return {
      ...(last ? { last: last.return } : {}),
      ...(good ? { stepsTo80: good.step } : {}),
      // Blocks end a little after the step that was meant.
      ...Object.fromEntries(MOMENTS.flatMap((thousands) => {
        const wanted = thousands * 1000;
        const found = evaluations.find(({ step }) => step >= wanted && step < wanted + config.train.evalEvery);
        return found ? [[at(thousands), found.return]] : [];
      })),
    };
  },
};

export default measure;
