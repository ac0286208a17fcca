/** What disagreement does to learning in imagination, as the options of an ensemble say. */
import * as tf from '@tensorflow/tfjs';
import type { ActorCriticExtras } from '../../behavior/actor-critic.ts';
import type { EnsembleOptions } from '../../models/parts/ensemble.ts';

/** Steps are worth less the less is known of them, and are learned from up to the first that is not known. */
export const doubting = ({ penalty, adaptive }: Pick<EnsembleOptions, 'penalty' | 'adaptive'>): Pick<ActorCriticExtras, 'judge'> =>
  (penalty === 0 && !adaptive ? {} : {
    judge({ reward, disagreement, known }) {
      if (!disagreement || !known) throw new Error('expected a model with an ensemble');
      return { reward: tf.sub(reward.predict(), tf.mul(disagreement, penalty)), ...(adaptive ? { known } : {}) };
    },
  });
