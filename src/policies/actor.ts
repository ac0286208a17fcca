/** Acting with a behaviour's own policy head on the latent that filtering the pictures gives. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { compile, type ProgramFunction } from '../engine/compile.ts';
import { specsOf, zeros } from '../engine/nd-array.ts';
import { categorical } from '../nn/distributions.ts';
import { blankCarry, blankObservation, pixels, type ActingOptions, type Actor, type PolicyVariant } from '../planning/acting.ts';
import type { Agent, Distribution } from '../types.ts';

export async function createActor(options: ActingOptions): Promise<Actor> {
  const { agent, engine, lanes, explore, greedy = true, frozen = false, forbids = false, actionSize } = options;
  let { params } = options;
  const blank = blankCarry(agent.model, lanes);
  const program = await compile(
    'actor', actorProgram(agent, explore || !greedy),
    specsOf({ ...(frozen ? {} : { params }), carry: blank, observation: { ...blankObservation(options), ...(forbids ? { legal: zeros([lanes, actionSize]) } : {}) } }),
    { engine, ...(frozen ? { constants: { params } } : {}) },
  );
  return {
    name: 'actor',
    initial: () => blank,
    async act(carry, { image, previousAction, isFirst, legal }, rng) {
      const inputs = { carry, observation: { image, previousAction, isFirst, ...(forbids && legal ? { legal } : {}) } };
      const outputs = await program.run({ ...(frozen ? {} : { params }), ...inputs }, rng);
      return { action: outputs.choice.action, carry: outputs.carry, stats: {} };
    },
    update(next) {
      if (frozen) throw new Error('the parameters of this policy are baked in');
      params = next;
    },
    dispose: () => program.dispose(),
  };
}

function actorProgram({ model, behavior }: Agent, draws: boolean): ProgramFunction {
  return ({ params, carry, observation }, noise) => {
    const { previousAction, isFirst } = observation;
    const tokens = model.encode(params, pixels(observation.image));
    const next = model.observe(params, carry, { tokens, previousAction, isFirst }, noise);
    const { policy: all } = behavior.predict(params, model.features(next.latent));
    const policy = observation.legal ? among(all, observation.legal) : all;
    // What is drawn from a normal may lie outside.
    const action = draws ? tf.clipByValue(policy.sample(noise), -1, 1) : policy.predict();
    return { choice: { action }, carry: next.carry };
  };
}

/** Unlikely enough never to be taken. */
const FORBIDDEN = -1e9;

/** A policy over discrete actions that takes legal ones alone. */
function among({ logProbs }: Distribution, legal: Tensor): Distribution {
  if (!logProbs) throw new Error('only discrete actions can be forbidden');
  const policy = categorical(tf.add(logProbs, tf.mul(tf.sub(1, legal), FORBIDDEN)));
  return {
    ...policy,
    sample(noise) {
      // Rounding may draw what has no chance at all, at either end of the sum of chances.
      const drawn = tf.mul(policy.sample(noise), legal);
      return tf.add(drawn, tf.mul(policy.predict(), tf.sub(1, tf.sum(drawn, -1, true))));
    },
  };
}

const actor: PolicyVariant = {
  description: "the agent's own policy head: no planning",
  refuses: () => undefined,
  create: createActor,
};
export default actor;
