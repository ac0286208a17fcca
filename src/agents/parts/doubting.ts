/** What disagreement does to learning in imagination. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { z } from 'zod';
import { weight, type Component, type OptionsOf } from '../../config/index.ts';
import { ensemble, TWO } from '../../models/parts/ensemble.ts';
import type { Judge } from '../../nn/judge.ts';
import type { Outcome } from '../../types.ts';

const options = {
  ensemble: {
    ...ensemble.options.ensemble,
    penalty: weight.default(0).describe('What the actor loses of an imagined reward for each unit of disagreement.'),
    adaptive: z.boolean().default(false).describe('The actor learns from imagined steps up to the first that is not known.'),
  },
};

type DoubtOptions = Pick<OptionsOf<typeof options>['ensemble'], 'penalty' | 'adaptive'>;

/** An ensemble beside the model of an agent that learns to act in imagination. */
export const doubts = {
  options,
  rules: ({ ensemble: { penalty, adaptive, ...own } }) =>
    [...ensemble.rules({ ensemble: own }), ...(own.members === 0 && (penalty > 0 || adaptive) ? [{ key: 'ensemble.members', expected: TWO }] : [])],
} satisfies Component<typeof options>;

/** The same, where it has to be one. */
export const required = {
  options: ensemble.options,
  rules: ({ ensemble: { members } }) => (members === 0 ? [{ key: 'ensemble.members', expected: TWO }] : []),
} satisfies Component<typeof ensemble.options>;

/** As an ensemble's options say: steps are worth less the less is known of them, and are learned from up to the first that is not. */
export const doubting = ({ penalty, adaptive }: DoubtOptions): { readonly judge?: Judge } =>
  (penalty === 0 && !adaptive ? {} : {
    judge(outcome) {
      const { disagreement, known } = told(outcome);
      return { reward: tf.sub(outcome.reward.predict(), tf.mul(disagreement, penalty)), ...(adaptive ? { known } : {}) };
    },
  });

/**
 * Nothing counts but what is not known yet (Sekar et al. 2020, equation 3, with standard deviations), in the unit in which it
 * is usual. There is always more of it, so whoever feared the end of an episode would never go where one ends.
 */
export const curious: Judge = (outcome) => {
  const { disagreement, usual } = told(outcome);
  return { reward: tf.div(disagreement, usual), endless: true };
};

function told({ disagreement, known, usual }: Outcome): Record<'disagreement' | 'known' | 'usual', Tensor> {
  if (!disagreement || !known || !usual) throw new Error('expected a model with an ensemble');
  return { disagreement, known, usual };
}
