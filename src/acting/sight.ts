/** A policy's first program: pictures become latents, and something is said of them. */
import type { Tensor } from '@tensorflow/tfjs';
import { compile } from '../engine/compile.ts';
import { specsOf, zeros } from '../nd-array.ts';
import type { Group, Groups, Latent, NdArray, Noise, Observation, ParamArrays, Params, Rng, RunningPolicy } from '../types.ts';
import type { ActingSetting } from './policy-variant.ts';
import { blankCarry, blankObservation, see } from './see.ts';

/** What is known inside a program at one moment; leaves [N, …]. */
export interface Moment {
  readonly params: Params;
  readonly latent: Latent;
  readonly noise: Noise;
  /** [N, A]: 1 where an action may be taken; absent where the world forbids none, or nobody asked. */
  readonly legal?: Tensor;
}

/** The program, and the parameters it sees with: those it was given last, unless they are baked in. */
export interface Sight extends Pick<RunningPolicy, 'initial' | 'update' | 'dispose'> {
  readonly params: ParamArrays;
  /** What was said, and the next `carry`. */
  run(carry: Group<NdArray>, observation: Observation, rng: Rng): Promise<Groups<NdArray>>;
}

export interface SightOptions {
  /** The program's name. */
  readonly name: string;
  /** Whether `say` wants to know what is legal, where the world forbids something. */
  readonly asksLegal?: boolean;
  say(moment: Moment): Groups<Tensor>;
}

export async function createSight(setting: ActingSetting, { name, asksLegal = false, say }: SightOptions): Promise<Sight> {
  const { agent: { representation, targetShapes }, engine, lanes, frozen = false, actionSize } = setting;
  const takesLegal = asksLegal && 'legal' in targetShapes;
  let { params } = setting;
  const blank = blankCarry(representation, lanes);
  const program = await compile(
    name,
    ({ params: weights, carry, observation }, noise) => {
      const { latent, carry: next } = see(representation, weights, carry, observation, noise);
      const legal = takesLegal ? { legal: observation.legal } : {};
      return { ...say({ params: weights, latent, noise, ...legal }), carry: next };
    },
    specsOf({
      ...(frozen ? {} : { params }), carry: blank,
      observation: { ...blankObservation(setting), ...(takesLegal ? { legal: zeros([lanes, actionSize]) } : {}) },
    }),
    { engine, ...(frozen ? { constants: { params } } : {}) },
  );
  return {
    initial: () => blank,
    get params() {
      return params;
    },
    run(carry, { image, previousAction, isFirst, legal }, rng) {
      const observation = { image, previousAction, isFirst, ...(takesLegal && legal ? { legal } : {}) };
      return program.run({ ...(frozen ? {} : { params }), carry, observation }, rng);
    },
    update(next) {
      if (frozen) throw new Error('the parameters of this policy are baked in');
      params = next;
    },
    dispose: () => program.dispose(),
  };
}
