/** A latent that remembers: a GRU over embedded pictures and actions, from the beginning of an episode on. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { Params, Representation } from '../types.ts';
import { blockGru } from './block-gru.ts';
import { picturesOf } from './image-codec.ts';
import { chain, dense, linear, parametersOf, type Layer } from './layers.ts';

/**
 * The latent has the leaf `state` [hidden]. Replay keeps it for every step, so that sequences begin with what was remembered there
 * when it was last learned from (Kapturowski et al. 2019, "stored state").
 */
export function recurrentRepresentation(
  { encoder, hidden, actionSize }: { readonly encoder: Layer & { readonly tokens: number }; readonly hidden: number; readonly actionSize: number },
): Representation {
  const half = Math.ceil(hidden / 2);
  const embedding = chain(encoder, dense('embed', encoder.tokens, 2 * half));
  const acting = linear('representation/acting', actionSize, half);
  const gru = blockGru('representation/gru', { deter: hidden, hidden: half, blocks: 1, layers: 1 });
  const shapes = { state: [hidden] };

  /** keep [B, 1] is 0 where an episode begins. */
  function step(params: Params, state: Tensor, { tokens, action, keep }: Record<'tokens' | 'action' | 'keep', Tensor>): Tensor {
    return gru.step(params, tf.mul(state, keep), tokens, gru.action(params, acting.apply(params, tf.mul(action, keep))));
  }

  return {
    parameters: parametersOf([embedding, acting, ...gru.layers]),
    carryShapes: shapes,
    contextShapes: shapes,
    blindSteps: 0,
    featureSize: hidden,
    encode: embedding.apply,
    observe(params, { state }, { tokens, previousAction, isFirst }) {
      const next = { state: step(params, state, { tokens, action: previousAction, keep: tf.expandDims(tf.sub(1, isFirst), -1) }) };
      return { carry: next, latent: next };
    },
    filter(params, { image, action, isFirst, context }) {
      const [batch, length]: number[] = isFirst.shape;
      const tokens = tf.unstack(tf.reshape(embedding.apply(params, picturesOf(image)), [batch, length, 2 * half]), 1);
      const actions = tf.unstack(action, 1);
      const keep = tf.unstack(tf.expandDims(tf.sub(1, isFirst), -1), 1);
      const states: Tensor[] = [];
      for (let t = 0; t < length; t++) {
        states.push(step(params, states[t - 1] ?? context.state, { tokens: tokens[t], action: actions[t], keep: keep[t] }));
      }
      return { state: tf.stack(states, 1) };
    },
    features: ({ state }) => state,
  };
}
