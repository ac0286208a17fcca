/** Transforms of single numbers. */

/** sign(x)·(exp|x| − 1): the inverse of symlog (Hafner et al. 2025, equation 9). */
export const symexp = (x: number): number => Math.sign(x) * Math.expm1(Math.abs(x));

/** sign(x)·log(|x| + 1). */
export const symlog = (x: number): number => Math.sign(x) * Math.log1p(Math.abs(x));
