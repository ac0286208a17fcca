/**
 * Noise whose power falls with frequency, 1/f^beta (Timmer and König 1995): 0 is white, and the larger beta is the longer
 * it keeps to one side. Single random steps find nothing where only kept-up ones do.
 */
import type { Rng } from '../../types.ts';

/**
 * Draws sequences of `horizon` numbers with mean 0 and variance 1 over draws at every step. They are a sum of waves of all
 * frequencies 0 … ⌊H/2⌋, whose size is max(k, 1)^(−beta/2).
 */
export function coloredNoise(horizon: number, beta: number): (rng: Rng, out: Float32Array) => void {
  const waves = Array.from({ length: Math.floor(horizon / 2) + 1 }, (_, k) => {
    // A constant, and of an even number of steps the fastest wave, have no phase.
    const real = k === 0 || 2 * k === horizon;
    return { k, real, scale: Math.max(k, 1) ** (-beta / 2) };
  });
  const variance = waves.reduce((sum, { real, scale }) => sum + scale ** 2 * (real ? 1 : 2), 0);
  const terms = waves.flatMap(({ k, real, scale }) => {
    const size = (scale * (real ? 1 : Math.SQRT2)) / Math.sqrt(variance);
    const wave = (of: (angle: number) => number) => Float32Array.from({ length: horizon }, (_, t) => size * of((2 * Math.PI * k * t) / horizon));
    return real ? [wave(Math.cos)] : [wave(Math.cos), wave(Math.sin)];
  });
  return (rng, out) => {
    out.fill(0);
    for (const wave of terms) {
      const height = rng.normal();
      for (let t = 0; t < horizon; t++) out[t] += height * wave[t];
    }
  };
}
