/** Randomness at the root of a search: Dirichlet and Gumbel noise, ties, and the choice of the action. */
import { largest } from './largest.ts';
import type { Rng } from '../types.ts';

/** Half the distance between two values of `Rng.uniform`: moves [0, 1) to (0, 1), where logarithms are finite. */
const HALF_STEP = 2 ** -25;

const openUniform = (rng: Rng): number => rng.uniform() + HALF_STEP;

/** A standard Gumbel deviate. */
export const gumbelDeviate = (rng: Rng): number => -Math.log(-Math.log(openUniform(rng)));

/** Logarithm of a gamma deviate with shape `alpha` > 0 and scale 1 (Marsaglia and Tsang 2000). */
export function logGammaDeviate(alpha: number, rng: Rng): number {
  // Below one the method does not hold; a deviate of α + 1 times U^(1/α) is one of α.
  if (alpha < 1) return logGammaDeviate(alpha + 1, rng) + Math.log(openUniform(rng)) / alpha;
  const d = alpha - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = rng.normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    if (Math.log(openUniform(rng)) < 0.5 * x * x + d - d * v + d * Math.log(v)) return Math.log(d * v);
  }
}

/**
 * Mix symmetric Dirichlet(`alpha`) noise into rows of probabilities [B, A], as logits: (1 − f) · p + f · noise. Actions
 * of probability 0 get none.
 */
export function addDirichletNoise(
  probs: Float32Array,
  numActions: number,
  { alpha, fraction, rng }: { readonly alpha: number; readonly fraction: number; readonly rng: Rng },
): Float32Array {
  const logits = new Float32Array(probs.length);
  const noise = new Float64Array(numActions);
  for (let start = 0; start < probs.length; start += numActions) {
    let highest = -Infinity;
    for (let action = 0; action < numActions; action++) {
      // Logarithms, because small alphas underflow.
      noise[action] = probs[start + action] > 0 ? logGammaDeviate(alpha, rng) : -Infinity;
      highest = Math.max(highest, noise[action]);
    }
    let sum = 0;
    for (let action = 0; action < numActions; action++) sum += noise[action] = Math.exp(noise[action] - highest);
    for (let action = 0; action < numActions; action++) {
      logits[start + action] = Math.log((1 - fraction) * probs[start + action] + (fraction * noise[action]) / sum);
    }
  }
  return logits;
}

/**
 * An action for each row of weights [B, A], drawn with probability ∝ weight^(1 / temperature); the first of the
 * largest where the temperature is 0.
 */
export function sampleActions(weights: Float32Array, numActions: number, temperature: number, rng: Rng): Int32Array {
  const powers = new Float64Array(numActions);
  return Int32Array.from({ length: weights.length / numActions }, (_, root) => {
    const row = weights.subarray(root * numActions, (root + 1) * numActions);
    const highest = largest(row);
    // Where the power is not finite, only the largest has any share.
    if (!Number.isFinite(1 / temperature)) return row.indexOf(highest);
    let sum = 0;
    row.forEach((weight, action) => (sum += powers[action] = (weight / highest) ** (1 / temperature)));
    const target = sum * rng.uniform();
    let cumulative = 0;
    let chosen = 0;
    for (let action = 0; action < numActions && cumulative <= target; action++) {
      if (powers[action] === 0) continue;
      cumulative += powers[action];
      chosen = action;
    }
    return chosen;
  });
}
