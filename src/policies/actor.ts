/** Acting with a behaviour's own policy head on the latent that filtering the pictures gives. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { compile, type CompileOptions, type ProgramFunction } from '../engine/compile.ts';
import { specsOf, zeros } from '../engine/nd-array.ts';
import type { Agent, ParamArrays, Policy } from '../types.ts';

export interface ActorOptions extends Pick<CompileOptions, 'engine' | 'threads'> {
  readonly agent: Agent;
  readonly params: ParamArrays;
  /** Worlds acted in at once. */
  readonly lanes: number;
  readonly imageShape: readonly number[];
  readonly actionSize: number;
  /** Draw actions from the policy (to explore), or take its mode. */
  readonly sample: boolean;
}

export interface Actor extends Policy {
  /** Act with other parameters from now on. */
  update(params: ParamArrays): void;
  dispose(): Promise<void>;
}

/** `carry` is the latent of the model: leaves [N, …]. */
export async function createActor(options: ActorOptions): Promise<Actor> {
  const { agent, lanes, imageShape, actionSize } = options;
  let { params } = options;
  const blank = Object.fromEntries(
    Object.entries(agent.model.latentShapes).map(([leaf, shape]) => [leaf, zeros([lanes, ...shape])]),
  );
  const observation = {
    image: zeros([lanes, ...imageShape], 'uint8'),
    previousAction: zeros([lanes, actionSize]),
    isFirst: zeros([lanes]),
  };
  const program = await compile(
    'actor', actorProgram(agent, options.sample), specsOf({ params, carry: blank, observation }), options,
  );
  return {
    name: 'actor',
    initial: () => blank,
    async act(carry, { image, previousAction, isFirst }, rng) {
      const outputs = await program.run({ params, carry, observation: { image, previousAction, isFirst } }, rng);
      return { action: outputs.choice.action, carry: outputs.carry, stats: {} };
    },
    update(next) {
      params = next;
    },
    dispose: () => program.dispose(),
  };
}

function actorProgram({ model, behavior }: Agent, sample: boolean): ProgramFunction {
  return ({ params, carry, observation }, noise) => {
    const { previousAction, isFirst } = observation;
    const tokens = model.encode(params, pixels(observation.image));
    const next = model.observe(params, carry, { tokens, previousAction, isFirst }, noise);
    const { policy } = behavior.predict(params, model.features(next.latent));
    return { choice: { action: sample ? policy.sample(noise) : policy.predict() }, carry: next.carry };
  };
}

/** Bytes to [0, 1]. */
export const pixels = (image: Tensor): Tensor => tf.div(tf.cast(image, 'float32'), 255);
