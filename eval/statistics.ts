/** Statistics of few runs (Agarwal et al. 2021, "Deep RL at the edge of the statistical precipice"). */
import { quantileSorted } from 'simple-statistics';
import type { Environment, Rng } from '../src/types.ts';

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The larger of the two in the middle, where the values are even in number. */
export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** What an agent's returns can be compared with. That of a game for two adds up both sides, and says nothing of either. */
export const referenceOf = ({ reference, toMove }: Pick<Environment, 'reference' | 'toMove'>): Environment['reference'] =>
  (toMove ? undefined : reference);

/** (value − random) / (expert − random): 0 for random actions, 1 for the best known player; not clipped to them. */
export function normalizedScore(reference: NonNullable<Environment['reference']>, value: number): number {
  return (value - reference.random) / (reference.expert - reference.random);
}

/** The mean of the middle half: a quarter of the values, rounded down, is cut at either end. */
export function interquartileMean(values: readonly number[]): number {
  const cut = Math.floor(values.length / 4);
  return mean([...values].sort((a, b) => a - b).slice(cut, values.length - cut));
}

const RESAMPLES = 2000;

/** Percentile bootstrap (Efron and Tibshirani 1993): where 95 % of the statistic of resampled values lies. */
export function bootstrapInterval95(
  values: readonly number[],
  rng: Rng,
  statistic: (values: readonly number[]) => number = mean,
): readonly [number, number] {
  const resample = () => values.map(() => values[rng.int(values.length)]);
  const resampled = Array.from({ length: RESAMPLES }, () => statistic(resample()));
  resampled.sort((a, b) => a - b);
  return [quantileSorted(resampled, 0.025), quantileSorted(resampled, 0.975)];
}

/** A return in words: three significant digits or so, with a true minus sign, and none before a zero. */
export function returnInWords(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits).replace(/^-(?=.*[1-9])/, '−').replace(/^-/, '');
}

/** A measured number in words: three significant digits, in powers of ten below a thousandth, with a true minus sign. */
export function measureInWords(value: number): string {
  const [size, small] = [Math.abs(value), Math.abs(value) < 1e-3];
  const text = value === 0 ? '0' : small ? value.toExponential(2) : size >= 1000 ? value.toFixed(0) : value.toPrecision(3);
  return text.replace(/^-/, '−');
}
