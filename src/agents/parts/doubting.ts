/** What disagreement does to learning in imagination. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { ActorCriticExtras, Judge } from '../../behavior/actor-critic.ts';
import type { EnsembleOptions } from '../../models/parts/ensemble.ts';
import type { Outcome } from '../../types.ts';

/** As an ensemble's options say: steps are worth less the less is known of them, and are learned from up to the first that is not. */
export const doubting = ({ penalty, adaptive }: Pick<EnsembleOptions, 'penalty' | 'adaptive'>): Pick<ActorCriticExtras, 'judge'> =>
  (penalty === 0 && !adaptive ? {} : {
    judge(outcome) {
      const { disagreement, known } = required(outcome);
      return { reward: tf.sub(outcome.reward.predict(), tf.mul(disagreement, penalty)), ...(adaptive ? { known } : {}) };
    },
  });

/**
 * Nothing counts but what is not known yet (Sekar et al. 2020, equation 3, with standard deviations), in the unit in which it
 * is usual. There is always more of it, so whoever feared the end of an episode would never go where one ends.
 */
export const curious: Judge = (outcome) => {
  const { disagreement, usual } = required(outcome);
  return { reward: tf.div(disagreement, usual), endless: true };
};

function required({ disagreement, known, usual }: Outcome): Record<'disagreement' | 'known' | 'usual', Tensor> {
  if (!disagreement || !known || !usual) throw new Error('expected a model with an ensemble');
  return { disagreement, known, usual };
}
