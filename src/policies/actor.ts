/** Acting with a behaviour's own policy head on the latent that filtering the pictures gives. */
import * as tf from '@tensorflow/tfjs';
import { compile, type ProgramFunction } from '../engine/compile.ts';
import { specsOf, zeros } from '../nd-array.ts';
import { among } from '../nn/distributions.ts';
import { blankCarry, blankObservation, pixels, type ActingOptions, type Actor, type PolicyVariant } from '../planning/acting.ts';
import type { Agent } from '../types.ts';

export async function createActor(options: ActingOptions): Promise<Actor> {
  const { agent, engine, lanes, explore, greedy = true, frozen = false, actionSize } = options;
  const forbids = 'legal' in agent.behavior.targetShapes;
  let { params } = options;
  const blank = blankCarry(agent.model, lanes);
  const program = await compile(
    'actor', actorProgram(agent, explore || !greedy),
    specsOf({
      ...(frozen ? {} : { params }), carry: blank,
      observation: { ...blankObservation(options), ...(forbids ? { legal: zeros([lanes, actionSize]) } : {}) },
    }),
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

const actor: PolicyVariant = {
  description: "the agent's own policy head: no planning",
  refuses: () => undefined,
  create: createActor,
};
export default actor;
