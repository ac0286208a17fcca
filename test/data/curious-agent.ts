/**
 * A Dreamer whose dynamics are wrapped by an ensemble: three members predict the next features, each from where it began,
 * in a stage of their own with an optimiser of its own, and where they disagree the actor is paid. How much it is paid
 * is found without gradients.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { createActorCritic } from '../../src/behavior/actor-critic.ts';
import { compose, defineAgent, weight } from '../../src/config/index.ts';
import dreamer from '../../src/agents/dreamer.ts';
import { jointly } from '../../src/agents/parts/jointly.ts';
import { stopGradient } from '../../src/engine/gradients.ts';
import { createRssm } from '../../src/models/rssm.ts';
import { float32 } from '../../src/nd-array.ts';
import { createLaprop } from '../../src/nn/laprop.ts';
import { dense, chain, linear, parametersOf } from '../../src/nn/layers.ts';
import { cut, flatten, mapLatent } from '../../src/nn/sequences.ts';
import type { Dynamics, Latent, Params, Stage } from '../../src/types.ts';

const MEMBERS = 3;
const curiosity = { options: { curiosity: { most: weight.default(0.2).describe('Most that disagreement may be worth.') } } };

export default defineAgent({
  ...compose(dreamer, curiosity),
  description: 'a Dreamer that is paid for going where the members of an ensemble disagree',
  acts: 'actor',
  refuses: dreamer.refuses,
  build({ model, behavior, optimizer, curiosity: { most } }, world) {
    const rssm = createRssm(model, world);
    const { representation, dynamics } = rssm;
    const { featureSize, features } = representation;
    const members = Array.from({ length: MEMBERS }, (_, i) =>
      chain(dense(`ensemble/${i}`, featureSize + world.actionSize, 8), linear(`ensemble/${i}/out`, 8, featureSize)));
    const guesses = (params: Params, latent: Latent, action: Tensor): Tensor =>
      tf.stack(members.map((member) => member.apply(params, tf.concat([features(latent), action], -1))));
    const price = { 'curiosity/price': { shape: [1], init: 'zeros' } } as const;

    const ensemble: Dynamics = {
      ...dynamics,
      parameters: { ...dynamics.parameters, ...parametersOf(members), ...price },
      latentShapes: { ...dynamics.latentShapes, spread: [] },
      imagine(params, latent, action, noise) {
        const { variance } = tf.moments(guesses(params, latent, action), 0);
        return { ...dynamics.imagine(params, latent, action, noise), spread: tf.mean(variance, -1) };
      },
      outcome(params, latent) {
        const { reward, discount } = dynamics.outcome(params, latent);
        const bonus = tf.mul(latent.spread, params['curiosity/price']);
        return { reward: { ...reward, predict: () => tf.add(reward.predict(), bonus) }, discount, disagreement: latent.spread };
      },
    };
    // What is observed is not in doubt.
    const known = (latent: Latent): Latent => ({ ...latent, spread: tf.zeros(latent.deter.shape.slice(0, -1)) });
    const sure = {
      ...representation,
      observe: (...args: Parameters<typeof representation.observe>) => {
        const { carry, latent } = representation.observe(...args);
        return { carry, latent: known(latent) };
      },
      filter: (...args: Parameters<typeof representation.filter>) => known(representation.filter(...args)),
    };
    const loss: typeof rssm.loss = (...args) => {
      const found = rssm.loss(...args);
      return { ...found, latents: known(found.latents) };
    };
    const agent = jointly({
      model: { ...rssm, representation: sure, dynamics: ensemble, loss }, optimizer: createLaprop(optimizer),
      behavior: createActorCritic(behavior, { ...world, ...model, featureSize }),
    });
    const stages: Stage[] = [
      { ...agent.stages[0], trains: ['encoder', 'decoder', 'dynamics', 'prior', 'posterior', 'reward', 'continue', 'actor', 'critic'] },
      {
        name: 'ensemble', trains: ['ensemble/'], optimizer: createLaprop({ ...optimizer, learningRate: 3e-3 }), when: { repeat: 2 },
        loss({ params, earlier, batch, noise }) {
          // In the second round it is alone, and looks for itself.
          const latents = earlier.joint?.shared?.latents ?? sure.filter(params, batch, noise);
          const [, length]: number[] = batch.reward.shape;
          const from = mapLatent(latents, (leaf) => flatten(cut(leaf, 0, length - 1), 2));
          const after = stopGradient(features(mapLatent(latents, (leaf) => flatten(cut(leaf, 1, length - 1), 2))));
          const total = tf.mean(tf.squaredDifference(guesses(params, from, flatten(cut(batch.action, 1, length - 1), 2)), after)) as Tensor;
          return { total, parts: { 'ensemble/error': total } };
        },
      },
      {
        name: 'price', trains: ['curiosity/'], when: { every: 2 },
        search: async ({ rng }) => ({ params: { 'curiosity/price': float32([most * rng.uniform()], [1]) } }),
      },
    ];
    return { ...agent, parameters: { ...agent.parameters, ...parametersOf(members), ...price }, stages };
  },
});
