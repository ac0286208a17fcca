/** The policy head that all behaviours share: one-hot categoricals, or bounded normals for continuous actions. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { z } from 'zod';
import { fraction, layers, section, weight, width, type Broken, type OptionsOf } from '../config/index.ts';
import { boundedNormal, categorical } from './distributions.ts';
import { chain, linear, mlp } from './layers.ts';
import { fromWidths } from './widths.ts';
import type { ActionSpace, Distribution, Group, ParameterSpec, Params } from '../types.ts';

/** Actions lie within [−1, 1]: narrower normals are points, wider ones know two actions alone. */
const deviation = z.number().min(1e-4).max(100);

/** The target under which replay keeps how probable an action was when it was taken, for whoever asks for it. */
export const LOG_PROB = 'logProb';

/** Keys of whatever learns a policy and a value. */
export const headOptions = {
  units: width.describe('Width of actor and critic.'),
  actorLayers: layers.default(3).describe('Hidden layers of the actor.'),
  criticLayers: layers.default(3).describe('Hidden layers of the critic.'),
  entropy: weight.default(3e-4).describe('Weight of the entropy of the policy.'),
  slowRate: fraction.default(0.02).describe('Share of the parameters mixed into their slow copies at every update.'),
  minStd: deviation.default(0.1).describe('Smallest standard deviation of a continuous action.'),
  maxStd: deviation.default(1).describe('Largest standard deviation of a continuous action.'),
  scales: section({
    policy: weight.default(1).describe('Weight of the policy loss.'),
    value: weight.default(1).describe('Weight of the critic loss.'),
  }),
};

export const headPresets = fromWidths(({ units }, preset) => ({
  units,
  ...(preset === 'debug' ? { actorLayers: 1, criticLayers: 1 } : {}), ...(preset === 'tiny' ? { entropy: 0.003 } : {}),
}));

export const headRules = ({ minStd, maxStd }: { minStd: number; maxStd: number }): Broken[] =>
  (minStd > maxStd ? [{ key: 'behavior.minStd', expected: `expected at most behavior.maxStd = ${maxStd}` }] : []);

export type HeadOptions = OptionsOf<{ behavior: typeof headOptions }>['behavior'];

export interface PolicyHead {
  readonly parameters: Group<ParameterSpec>;
  apply(params: Params, features: Tensor): Distribution;
}

export function policyHead(
  name: string,
  featureSize: number,
  actions: ActionSpace,
  config: Pick<HeadOptions, 'units' | 'actorLayers' | 'minStd' | 'maxStd'>,
): PolicyHead {
  const discrete = actions.kind === 'discrete';
  const outputs = discrete ? actions.n : 2 * actions.low.length;
  const layers = chain(
    mlp(name, featureSize, config.units, config.actorLayers), linear(`${name}/out`, config.units, outputs, { scale: 0.01 }),
  );
  return {
    parameters: layers.parameters,
    apply(params, features) {
      const out = layers.apply(params, features);
      if (discrete) return categorical(out);
      const [mean, std] = tf.split(out, 2, -1);
      return boundedNormal(mean, std, config);
    },
  };
}
