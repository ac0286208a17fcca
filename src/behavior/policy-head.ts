/** The policy head that all behaviours share: one-hot categoricals, or bounded normals for continuous actions. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { boundedNormal, categorical } from '../nn/distributions.ts';
import { chain, linear, mlp } from '../nn/layers.ts';
import type { ActionSpace, Distribution, Group, ParameterSpec, Params } from '../types.ts';

export interface PolicyHead {
  readonly parameters: Group<ParameterSpec>;
  apply(params: Params, features: Tensor): Distribution;
}

export function policyHead(
  name: string,
  featureSize: number,
  actions: ActionSpace,
  config: { readonly units: number; readonly actorLayers: number; readonly minStd: number; readonly maxStd: number },
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
