/** Whether what was learned is still made of numbers. */
import type { Groups, NdArray } from '../types.ts';

/** Of a large array a look at one number in so many shows that it has left the range: what goes wrong there spreads. */
const STRIDE = 61;

/** The first metric of a loss or a gradient that is not finite; undefined where all are. */
export function wrongMetric(metrics: Readonly<Record<string, number>>): string | undefined {
  const wrong = Object.entries(metrics).find(([name, value]) => /\/(total|gradientNorm)$/.test(name) && !Number.isFinite(value));
  return wrong && `${wrong[0]} is ${wrong[1]}`;
}

/** The first array with a number that is not finite, as far as one number in `STRIDE` shows; with `whole`, any number. */
export function wrongArray(groups: Groups<NdArray>, { whole = false } = {}): string | undefined {
  const stride = whole ? 1 : STRIDE;
  for (const [group, arrays] of Object.entries(groups)) {
    for (const [name, { data }] of Object.entries(arrays)) {
      let zero = 0; // stays zero, or becomes NaN
      for (let i = 0; i < data.length; i += stride) zero += data[i] * 0;
      if (zero !== 0) return `${group} ${name} is not finite`;
    }
  }
  return undefined;
}
