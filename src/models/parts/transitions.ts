/** What an ensemble learns from: the steps of a batch, each member from its own share of them. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { stopGradient } from '../../engine/gradients.ts';
import { cut, flatten, mapLatent } from '../../nn/sequences.ts';
import type { Batch, Latent, Noise, Representation } from '../../types.ts';

/** Rows M of steps from one observed latent to the next; no gradient flows back from them. */
export interface Transitions {
  /** [M, F] */
  readonly from: Tensor;
  /** [M, A], in [−1, 1]. */
  readonly action: Tensor;
  /** [M, F] */
  readonly to: Tensor;
  /** [M] on arriving. */
  readonly reward: Tensor;
  /** [M]: 1 where the episode ends there. */
  readonly isTerminal: Tensor;
  /** [M]: 0 where another episode begins instead. */
  readonly within: Tensor;
  /**
   * [K, M]: `within`, and 0 as well in the sequences that a member leaves out. They are drawn anew for every batch (Oza
   * and Russell 2001), so in the end all members see all that is replayed often: it is seeds that keep them apart there.
   */
  readonly shares: Tensor;
}

export function transitionsOf(
  { features, blindSteps: first }: Pick<Representation, 'features' | 'blindSteps'>,
  latents: Latent,
  batch: Batch,
  { members, bootstrap }: { readonly members: number; readonly bootstrap: number },
  noise: Noise,
): Transitions {
  const [batchSize, length]: number[] = batch.reward.shape;
  const count = length - first - 1;
  const rows = (tensor: Tensor, start: number) => flatten(cut(tensor, start, count), 2);
  const seen = (start: number) => stopGradient(features(mapLatent(latents, (leaf) => rows(leaf, start))));
  const arriving = (tensor: Tensor) => rows(tensor, first + 1);
  const within = tf.sub(1, arriving(batch.isFirst));
  const own = tf.cast(tf.less(noise.uniform([members, batchSize, 1]), bootstrap), 'float32');
  const whole = tf.reshape(tf.mul(own, tf.ones([1, 1, count])), [members, batchSize * count]);
  return {
    from: seen(first), to: seen(first + 1), action: tf.clipByValue(arriving(batch.action), -1, 1), reward: arriving(batch.reward),
    isTerminal: arriving(batch.isTerminal), within, shares: tf.mul(whole, tf.expandDims(within, 0)),
  };
}
