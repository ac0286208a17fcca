/**
 * What the heads of networks return: random variables over the last axis of their logits. The formulas are
 * DreamerV3's (Hafner et al. 2025).
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { stopGradient } from '../engine/gradients.ts';
import type { Distribution, Noise } from '../types.ts';
import { symexp as symexpOf } from './transforms.ts';

/** A head that is trained on targets. */
export interface Trainable {
  /** How improbable `target` is; one number for each prediction. */
  loss(target: Tensor): Tensor;
}

export interface Categorical extends Distribution {
  readonly probs: Tensor;
  readonly logProbs: Tensor;
  /** KL(this ‖ other), over the last axis. */
  kl(other: Categorical): Tensor;
}

/**
 * One-hot categoricals [..., classes]. Samples are one-hot, with straight-through gradients into the probabilities
 * (Bengio, Léonard and Courville 2013). `unimix` of the mass is spread evenly.
 */
export function categorical(logits: Tensor, unimix = 0): Categorical {
  const classes = logits.shape[logits.rank - 1];
  const mixed = unimix > 0 ? tf.add(tf.mul(tf.softmax(logits), 1 - unimix), unimix / classes) : undefined;
  const logProbs = mixed ? tf.log(mixed) : tf.logSoftmax(logits);
  const probs = mixed ?? tf.softmax(logits);
  return {
    probs,
    logProbs,
    predict: () => (classes === 1 ? tf.onesLike(logits) : tf.oneHot(tf.argMax(logits, -1), classes, 1, 0, 'float32')),
    sample(noise) {
      const hard = sampleOneHot(stopGradient(probs), noise);
      return tf.add(hard, tf.sub(probs, stopGradient(probs)));
    },
    logProb: (oneHot) => tf.sum(tf.mul(oneHot, logProbs), -1),
    entropy: () => tf.neg(tf.sum(tf.mul(probs, logProbs), -1)),
    kl: (other) => tf.sum(tf.mul(probs, tf.sub(logProbs, other.logProbs)), -1),
  };
}

/** Unlikely enough never to be taken. */
const FORBIDDEN = -1e9;

/** A policy over discrete actions that takes legal ones alone; `legal` [..., classes] is 1 where one may be taken. */
export function among({ logProbs }: Distribution, legal: Tensor): Distribution {
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

/** Inverse-CDF sampling: one uniform a variable. */
function sampleOneHot(probs: Tensor, noise: Noise): Tensor {
  const classes = probs.shape[probs.rank - 1];
  const uniform = noise.uniform([...probs.shape.slice(0, -1), 1]);
  if (classes === 1) return tf.onesLike(probs);
  const below = tf.cast(tf.lessEqual(tf.cumsum(probs, probs.rank - 1), uniform), 'float32');
  // Rounding may leave the last sum below the uniform.
  const index = tf.minimum(tf.sum(below, -1), classes - 1);
  return tf.oneHot(tf.cast(index, 'int32'), classes, 1, 0, 'float32');
}

/** Bounds of the logarithm of a deviation before squashing. */
const [LEAST_LOG, MOST_LOG] = [-5, 2];

/**
 * Normals that tanh squashes into (−1, 1) (Haarnoja et al. 2018, appendix C): mean and deviation logits [..., A].
 * `entropy` is that of a sample, by its density; `draw` gives both at once.
 */
export function squashedNormal(mean: Tensor, stdLogits: Tensor): Distribution & {
  draw(noise: Noise): { readonly action: Tensor; readonly logProb: Tensor };
} {
  const logStd = tf.add(tf.mul(tf.add(tf.tanh(stdLogits), 1), (MOST_LOG - LEAST_LOG) / 2), LEAST_LOG);
  const std = tf.exp(logStd);
  /** log π(tanh u) = log N(u) − Σ log(1 − tanh² u), where log(1 − tanh² u) = 2 (log 2 − u − softplus(−2u)). */
  const density = (raw: Tensor): Tensor => {
    const normal = tf.sub(tf.mul(tf.square(tf.div(tf.sub(raw, mean), std)), -0.5), tf.add(logStd, 0.5 * Math.log(2 * Math.PI)));
    const squash = tf.mul(tf.sub(tf.sub(Math.LN2, raw), tf.softplus(tf.mul(raw, -2))), 2);
    return tf.sum(tf.sub(normal, squash), -1);
  };
  const draw = (noise: Noise) => {
    const raw = tf.add(mean, tf.mul(std, noise.normal(mean.shape)));
    return { action: tf.tanh(raw), logProb: density(raw) };
  };
  return {
    predict: () => tf.tanh(mean),
    sample: (noise) => draw(noise).action,
    logProb(action) {
      const within = tf.clipByValue(action, -1 + 1e-6, 1 - 1e-6);
      return density(tf.mul(tf.sub(tf.log1p(within), tf.log1p(tf.neg(within))), 0.5)); // of atanh
    },
    entropy: () => tf.neg(density(mean)),
    draw,
  };
}

/** One number [...] for sure. */
export const certain = (value: Tensor): Distribution => ({
  predict: () => value, sample: () => value, logProb: tf.zerosLike, entropy: () => tf.zerosLike(value),
});

/** A yes or no; `predict` is the probability of yes. logits [...]. */
export function bernoulli(logits: Tensor): Distribution & Trainable {
  const logProb = (value: Tensor) => tf.sub(tf.mul(value, logits), tf.softplus(logits));
  return {
    predict: () => tf.sigmoid(logits),
    sample: (noise) => tf.cast(tf.less(noise.uniform(logits.shape), tf.sigmoid(logits)), 'float32'),
    logProb,
    entropy: () => tf.sub(tf.softplus(logits), tf.mul(tf.sigmoid(logits), logits)),
    loss: (target) => tf.neg(logProb(target)),
  };
}

/** sign(x)·log(|x| + 1), and its inverse (Hafner et al. 2025, equation 9). */
export const symlog = (x: Tensor): Tensor => tf.mul(tf.sign(x), tf.log1p(tf.abs(x)));
export const symexp = (x: Tensor): Tensor => tf.mul(tf.sign(x), tf.expm1(tf.abs(x)));

/** The outermost of `symexpBins`. */
export const LARGEST_SYMEXP = Math.exp(20) - 1;

/** Bins symexp(linspace(−20, 20)): fine near zero, reaching ±4.85e8. `count` is odd, so that zero is one of them. */
export function symexpBins(count: number): Float32Array {
  if (count < 3 || count % 2 === 0) throw new Error(`expected an odd number of bins ≥ 3, got ${count}`);
  const half = (count - 1) / 2;
  return Float32Array.from({ length: count }, (_, i) => symexpOf(((i - half) / half) * 20));
}

/**
 * A real number as a distribution over bins; the target is spread over its two neighbours in raw (symexp) space.
 * logits [..., bins].
 */
export function symexpTwoHot(logits: Tensor): Distribution & Trainable {
  const bins = symexpBins(logits.shape[logits.rank - 1]);
  const probs = tf.softmax(logits);
  const logProb = (value: Tensor) => tf.sum(tf.mul(twoHot(value, bins), tf.logSoftmax(logits)), -1);
  return {
    predict: () => meanOf(probs, bins),
    sample(noise) {
      return tf.sum(tf.mul(sampleOneHot(probs, noise), tf.tensor1d(bins)), -1);
    },
    logProb,
    entropy: () => tf.neg(tf.sum(tf.mul(probs, tf.logSoftmax(logits)), -1)),
    loss: (target) => tf.neg(logProb(target)),
  };
}

/**
 * The mean of bins that are symmetric around zero. Those of equal size and opposite sign are paired first, so that equal
 * probabilities [..., bins] give exactly 0.
 */
function meanOf(probs: Tensor, bins: Float32Array): Tensor {
  const half = (bins.length - 1) / 2;
  const front = probs.shape.slice(0, -1).map(() => 0);
  const low = tf.reverse(tf.slice(probs, [...front, 0], [...front.map(() => -1), half]), -1);
  const high = tf.slice(probs, [...front, half + 1], [...front.map(() => -1), half]);
  const upper = tf.tensor2d(bins.slice(half + 1), [half, 1]);
  return tf.reshape(tf.matMul(tf.reshape(tf.sub(high, low), [-1, half]), upper), probs.shape.slice(0, -1));
}

/** ε of MuZero's transform. */
const LINEAR_PART = 0.001;

/** h(x) = sign(x)·(√(|x| + 1) − 1) + εx, which shrinks large returns (Pohlen et al. 2018; MuZero, appendix F). */
export const contract = (x: Tensor): Tensor =>
  // √(|x| + 1) − 1 = |x| / (√(|x| + 1) + 1), where nothing small is the difference of two numbers near one.
  tf.add(tf.div(x, tf.add(tf.sqrt(tf.add(tf.abs(x), 1)), 1)), tf.mul(x, LINEAR_PART));

/** The inverse of `contract`: p·(|p| + 2) with p = 2x / (√((1 + 2ε)² + 4ε|x|) + 1 + 2ε), as precise near 0 as anywhere. */
export function expand(x: Tensor): Tensor {
  const least = 1 + 2 * LINEAR_PART;
  const root = tf.sqrt(tf.add(tf.mul(tf.abs(x), 4 * LINEAR_PART), least ** 2));
  const p = tf.div(tf.mul(x, 2), tf.add(root, least));
  return tf.mul(p, tf.add(tf.abs(p), 2));
}

/**
 * A real number as MuZero's heads give it: a distribution over evenly spaced bins of h(x), for x in [−limit, limit].
 * logits [..., bins].
 */
export function contractedTwoHot(logits: Tensor, limit: number): Distribution & Trainable {
  const count = logits.shape[logits.rank - 1];
  const end = Math.sqrt(limit + 1) - 1 + LINEAR_PART * limit;
  const half = (count - 1) / 2;
  const bins = Float32Array.from({ length: count }, (_, i) => ((i - half) / half) * end);
  const probs = tf.softmax(logits);
  const logProb = (value: Tensor) => tf.sum(tf.mul(twoHot(contract(value), bins), tf.logSoftmax(logits)), -1);
  return {
    predict: () => expand(meanOf(probs, bins)),
    sample: (noise) => expand(tf.sum(tf.mul(sampleOneHot(probs, noise), tf.tensor1d(bins)), -1)),
    logProb,
    entropy: () => tf.neg(tf.sum(tf.mul(probs, tf.logSoftmax(logits)), -1)),
    loss: (target) => tf.neg(logProb(target)),
  };
}

/**
 * Weights [..., bins] that sum to one and whose mean over `bins` is `value` [...], on its two neighbours; values beyond
 * the last bin count as the last. Each weight is a hat: it falls from one at its bin to zero at the next on either side.
 */
export function twoHot(value: Tensor, bins: Float32Array): Tensor {
  const last = bins.length - 1;
  const clipped = tf.expandDims(tf.clipByValue(value, bins[0], bins[last]), -1);
  // Beyond the ends a hat goes on as one: the slope there is measured to a bin that mirrors the neighbour.
  const below = bins.map((bin, i) => (i > 0 ? bins[i - 1] : 2 * bin - bins[1]));
  const above = bins.map((bin, i) => (i < last ? bins[i + 1] : 2 * bin - bins[last - 1]));
  const rise = tf.mul(tf.sub(clipped, tf.tensor1d(below)), tf.tensor1d(bins.map((bin, i) => 1 / (bin - below[i]))));
  const fall = tf.mul(tf.sub(tf.tensor1d(above), clipped), tf.tensor1d(bins.map((bin, i) => 1 / (above[i] - bin))));
  return tf.relu(tf.minimum(rise, fall));
}

/**
 * What is left on bins of a distribution whose atoms have moved: probabilities [N, K] of atoms that are now at `values`
 * [N, K], each spread over its two neighbours (Bellemare, Dabney and Munos 2017, equation 7). [N, bins].
 */
export const projected = (probs: Tensor, values: Tensor, bins: Float32Array): Tensor =>
  tf.squeeze(tf.matMul(tf.expandDims(probs, 1), twoHot(values, bins)), [1]);

/**
 * Independent normals with mean in (−1, 1) and deviation in (minStd, maxStd); samples are not squashed, worlds clip.
 * mean and deviation logits [..., A].
 */
export function boundedNormal(
  meanLogits: Tensor,
  stdLogits: Tensor,
  { minStd = 0.1, maxStd = 1 }: { minStd?: number; maxStd?: number } = {},
): Distribution {
  const mean = tf.tanh(meanLogits);
  const std = tf.add(tf.mul(tf.sigmoid(tf.add(stdLogits, 2)), maxStd - minStd), minStd);
  return {
    predict: () => mean,
    sample: (noise) => tf.add(mean, tf.mul(std, noise.normal(mean.shape))),
    logProb(value) {
      const deviation = tf.div(tf.sub(value, mean), std);
      const density = tf.add(tf.mul(tf.square(deviation), -0.5), tf.neg(tf.log(std)));
      return tf.sum(tf.sub(density, 0.5 * Math.log(2 * Math.PI)), -1);
    },
    entropy: () => tf.sum(tf.add(tf.log(std), 0.5 * Math.log(2 * Math.PI * Math.E)), -1),
  };
}
