/** The block-diagonal GRU of DreamerV3 (Hafner et al. 2025): a wide recurrent state at the price of a narrow one. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { Params } from '../types.ts';
import { blockLinear, chain, linear, normAct, type Layer } from './layers.ts';

export interface BlockGru {
  readonly layers: readonly Layer[];
  /** What the embedded action contributes to the first layer: it waits for no step before it. */
  action(params: Params, embedded: Tensor): Tensor;
  /** deter [B, D], embedded deter and stoch [B, 2·hidden], action as above → deter'. */
  step(params: Params, deter: Tensor, input: Tensor, action: Tensor): Tensor;
}

/**
 * The block-diagonal GRU: every block sees the whole input and its own slice of `deter`. The first layer's matrix is
 * kept in three parts, one for each thing that it acts on.
 * reset, candidate, update = split(layer(…)); deter' = u·tanh(r·c) + (1 − u)·deter, with u = σ(update − 1).
 */
export function blockGru(
  name: string,
  { deter, hidden, blocks, layers }: { deter: number; hidden: number; blocks: number; layers: number },
): BlockGru {
  const fanIn = 3 * hidden + deter / blocks;
  const scaleFor = (inputs: number) => ({ scale: Math.sqrt(inputs / fanIn) });
  const fromInput = linear(`${name}/input`, 2 * hidden, deter, { bias: false, ...scaleFor(2 * hidden) });
  const fromAction = linear(`${name}/action`, hidden, deter, { bias: false, ...scaleFor(hidden) });
  const fromDeter = blockLinear(`${name}/deter`, deter, deter, blocks, scaleFor(deter / blocks));
  const rest = chain(
    normAct(`${name}/norm`, deter),
    ...Array.from({ length: layers - 1 }, (_, i) => chain(
      blockLinear(`${name}/more${i}`, deter, deter, blocks), normAct(`${name}/more${i}/norm`, deter),
    )),
    blockLinear(`${name}/gates`, deter, 3 * deter, blocks),
  );
  return {
    layers: [fromInput, fromAction, fromDeter, rest],
    action: (params, embedded) => fromAction.apply(params, embedded),
    step(params, state, input, action) {
      const batch = state.shape[0];
      const sum = tf.add(tf.add(fromDeter.apply(params, state), fromInput.apply(params, input)), action);
      const all = rest.apply(params, sum);
      const gates = blocks === 1 ? all : tf.reshape(all, [batch, blocks, 3 * (deter / blocks)]);
      const [reset, candidate, update] = tf.split(gates, 3, -1).map((gate) => tf.reshape(gate, [batch, deter]));
      const fresh = tf.tanh(tf.mul(tf.sigmoid(reset), candidate));
      // u·fresh + (1 − u)·state
      return tf.add(state, tf.mul(tf.sigmoid(tf.sub(update, 1)), tf.sub(fresh, state)));
    },
  };
}
