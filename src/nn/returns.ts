/** λ-returns and the running scale they are divided by. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { advance, firstSteps } from './sequences.ts';

/**
 * Rₜ = rₜ₊₁ + γₜ₊₁ [(1 − λₜ₊₁) vₜ₊₁ + λₜ₊₁ Rₜ₊₁], R at the last index being v there (Sutton and Barto 2018, 12.18).
 * All inputs [N, T + 1], where index t + 1 is what followed index t; the result is [N, T], for t in [0, T − 1].
 * `discount` is γ times the probability of going on; `lambda` may be 0 where an episode was cut short.
 */
export function lambdaReturns(reward: Tensor, discount: Tensor, value: Tensor, lambda: Tensor): Tensor {
  const [r, g, v, l] = [reward, discount, value, lambda].map((tensor) => tf.unstack(tensor, 1));
  const length = r.length - 1;
  const returns: Tensor[] = new Array(length);
  let next = v[length];
  for (let t = length - 1; t >= 0; t--) {
    const mixed = tf.add(tf.mul(tf.sub(1, l[t + 1]), v[t + 1]), tf.mul(l[t + 1], next));
    next = tf.add(r[t + 1], tf.mul(g[t + 1], mixed));
    returns[t] = next;
  }
  return tf.stack(returns, 1);
}

/** The `fraction` quantile of all elements, between the two nearest ones (NumPy's `linear`). A scalar. */
export function quantile(values: Tensor, fraction: number): Tensor {
  const count = values.size;
  const position = fraction * (count - 1);
  // Whichever end is nearer is sorted.
  const [fromTop, ordered] = fraction > 0.5 ? [count - 1 - position, values] : [position, tf.neg(values)];
  const index = Math.floor(fromTop);
  const { values: top } = tf.topk(tf.reshape(ordered, [count]), Math.min(index + 2, count));
  const at = (i: number) => tf.reshape(tf.slice(top, [Math.min(i, top.size - 1)], [1]), []);
  const share = fromTop - index;
  const between = tf.add(tf.mul(at(index), 1 - share), tf.mul(at(index + 1), share));
  return fraction > 0.5 ? between : tf.neg(between);
}

/** yₜ = x₀·x₁ ⋯ xₜ along the second axis of [N, T]. */
export function cumulativeProduct(x: Tensor): Tensor {
  const products: Tensor[] = [];
  for (const each of tf.unstack(x, 1)) {
    const before = products.at(-1);
    products.push(before ? tf.mul(before, each) : each);
  }
  return tf.stack(products, 1);
}

/**
 * n-step returns: Gₜ = Σᵢ₌₁ⁿ γⁱ⁻¹ rₜ₊ᵢ + γⁿ vₜ₊ₙ (MuZero, appendix G); γ < 0 where two players act in turn. They end with
 * v earlier where the sequence or an episode was cut (`isLast`), and with 0 where it terminated. reward, value,
 * isTerminal, isLast and the result [B, T]; the last index of a sequence counts as last.
 */
export function nStepReturns(
  { reward, value, isTerminal, isLast }: { reward: Tensor; value: Tensor; isTerminal: Tensor; isLast: Tensor },
  { steps, discount }: { steps: number; discount: number },
): Tensor {
  const [batch, length]: number[] = reward.shape;
  const bootstrap = tf.mul(value, tf.sub(1, isTerminal));
  const end = tf.concat([tf.slice(isLast, [0, 0], [-1, length - 1]), tf.ones([batch, 1])], 1);
  const next = (tensor: Tensor) => tf.concat([tf.slice(tensor, [0, 1], [-1, -1]), tf.zeros([batch, 1])], 1);
  let returns = bootstrap;
  for (let step = 0; step < steps; step++) {
    const going = tf.add(next(reward), tf.mul(next(returns), discount));
    returns = tf.add(tf.mul(bootstrap, end), tf.mul(going, tf.sub(1, end)));
  }
  return returns;
}

/**
 * What such returns are made of, for values that are more than numbers: the rewards alone (`received`, [B, T]), what the value
 * that they end in counts for (`share`, [B, T]: γᵐ, 0 where an episode terminated), and that value itself, of `ends` [B, T, K].
 */
export function nStepParts(
  { reward, ends, isTerminal, isLast }: { reward: Tensor; ends: Tensor; isTerminal: Tensor; isLast: Tensor },
  span: { steps: number; discount: number },
): { received: Tensor; share: Tensor; ends: Tensor } {
  const [batch, length]: number[] = reward.shape;
  const nothing = tf.zerosLike(reward);
  const of = (sums: Tensor, value: Tensor) => nStepReturns({ reward: sums, value, isTerminal, isLast }, span);
  const stays = tf.expandDims(tf.concat([firstSteps(isLast, length - 1), tf.ones([batch, 1])], 1), -1);
  let reached = ends;
  for (let step = 0; step < span.steps; step++) reached = tf.add(tf.mul(reached, stays), tf.mul(advance(reached, 1), tf.sub(1, stays)));
  return { received: of(reward, nothing), share: of(nothing, tf.onesLike(reward)), ends: reached };
}
