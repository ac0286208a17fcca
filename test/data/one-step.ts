/** Looks one step ahead: imagines every action, and takes the one that promises most. */
import * as tf from '@tensorflow/tfjs';
import { definePolicy } from '../../src/acting/policy-variant.ts';
import { programPolicy } from '../../src/acting/program-policy.ts';
import { among, categorical } from '../../src/nn/distributions.ts';

export default definePolicy({
  description: 'looks one step ahead: imagines every action, and takes the one that promises most',
  options: {},
  refuses({ kind }, agent) {
    if (kind !== 'discrete') return `one-step tries every action, and these are ${kind}`;
    if (agent && !(agent.dynamics && agent.prediction)) return 'one-step needs an agent that imagines and predicts';
    return undefined;
  },
  create(setting) {
    const { agent: { representation, dynamics, prediction }, lanes, actionSize } = setting;
    if (!dynamics || !prediction) throw new Error('expected an agent that imagines and predicts');
    return programPolicy('one-step', setting, ({ params, latent, legal }) => {
      const promises = Array.from({ length: actionSize }, (_, index) => {
        const action = tf.oneHot(tf.fill([lanes], index, 'int32'), actionSize, 1, 0, 'float32');
        const next = dynamics.imagine(params, latent, action);
        const { reward, discount } = dynamics.outcome(params, next);
        const { value } = prediction.predict(params, representation.features(next));
        if (!value) throw new Error('expected an agent that predicts values');
        return tf.add(reward.predict(), tf.mul(discount.predict(), value.predict()));
      });
      const all = categorical(tf.stack(promises, 1));
      return (legal ? among(all, legal) : all).predict();
    });
  },
});
