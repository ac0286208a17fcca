/**
 * Exponential, logarithm and hyperbolic tangent of four numbers at once. exp and log reduce their argument by powers of
 * two and finish with a Taylor and an atanh series; both are right to about 2e-7 of their value.
 */
import {
  call, createFunction, get, i32, set, splat, splatInt, tee, v128, type Code, type FunctionBuilder, type WasmFunction,
} from './assembler.ts';

const X = 0;
const { add, sub, mul, div, min, max, select } = v128;

/** exp(LOWEST) is nearly the least normal number, 1.7e-38, and exp(HIGHEST) nearly the greatest. */
const [LOWEST, HIGHEST] = [-86.98, 88.72];
/** ln 2 in two parts, of which the first times any exponent is exact. */
const [LN2_HIGH, LN2_LOW] = [0.693359375, -2.12194440e-4];
const EXPONENT_BIAS = 127;
const MANTISSA_BITS = 23;

/** Σ coefficients[i]·x^i. */
const polynomial = (x: Code, coefficients: readonly number[]): Code =>
  coefficients.reduceRight<Code>((sum, c) => (sum.length === 0 ? splat(c) : add(mul(sum, x), splat(c))), []);

/** e^x = 2^n · e^r, n whole and |r| ≤ ln 2 / 2; 0 below LOWEST, ∞ above HIGHEST. */
function exponential(): WasmFunction {
  const fn = createFunction(1);
  const [x, n, r] = [fn.local('v128'), fn.local('v128'), fn.local('v128')];
  // Twice 2^(n − 1), since 2^128 is no number any more.
  const power = v128.shiftLeft(v128.addInt(v128.toInt(get(n)), splatInt(EXPONENT_BIAS - 1)), i32(MANTISSA_BITS));
  const body = [
    ...set(x, min(max(get(X), splat(LOWEST)), splat(HIGHEST))),
    ...set(n, v128.nearest(mul(get(x), splat(Math.LOG2E)))),
    ...set(r, sub(sub(get(x), mul(get(n), splat(LN2_HIGH))), mul(get(n), splat(LN2_LOW)))),
    ...set(r, polynomial(get(r), [2, 2, 1, 1 / 3, 1 / 12, 1 / 60, 1 / 360])),
    ...select(
      splat(Infinity),
      // No bits where x is too low.
      v128.and(mul(get(r), power), v128.not(v128.lt(get(X), splat(LOWEST)))),
      v128.gt(get(X), splat(HIGHEST)),
    ),
  ];
  return { ofVector: true, locals: fn.locals, body };
}

/** Of 1, and of √½: how far a number's bits are above those of √½ counts the powers of two between them. */
const [ONE_BITS, ROOT_HALF_BITS] = [0x3f800000, 0x3f3504f3];

/** −x of whole numbers: all bits turned, plus one. */
const negated = (x: Code): Code => v128.addInt(v128.not(x), splatInt(1));

/** ln x = n·ln 2 + 2·atanh((m − 1)/(m + 1)), n whole and m from √½ to √2. −∞ of 0, ∞ of ∞, NaN of what is below 0. */
function logarithm(): WasmFunction {
  const fn = createFunction(1);
  const [n, m, s, square] = Array.from({ length: 4 }, () => fn.local('v128'));
  const steps = v128.shiftRight(v128.addInt(get(X), splatInt(ONE_BITS - ROOT_HALF_BITS)), i32(MANTISSA_BITS));
  const series = mul(get(s), polynomial(get(square), [2, 2 / 3, 2 / 5, 2 / 7, 2 / 9]));
  const body = [
    ...set(n, v128.addInt(steps, splatInt(-EXPONENT_BIAS))),
    ...set(m, v128.addInt(get(X), v128.shiftLeft(negated(get(n)), i32(MANTISSA_BITS)))),
    ...set(n, v128.fromInt(get(n))),
    ...set(s, div(sub(get(m), splat(1)), add(get(m), splat(1)))),
    ...set(square, mul(get(s), get(s))),
    ...select(
      add(mul(get(n), splat(LN2_HIGH)), add(series, mul(get(n), splat(LN2_LOW)))),
      select(splat(-Infinity), select(get(X), splat(NaN), v128.eq(get(X), splat(Infinity))), v128.eq(get(X), splat(0))),
      v128.and(v128.gt(get(X), splat(0)), v128.lt(get(X), splat(Infinity))),
    ),
  ];
  return { ofVector: true, locals: fn.locals, body };
}

/** tanh |x| = (1 − e^(−2|x|)) / (1 + e^(−2|x|)), with the sign of x. */
function hyperbolicTangent(): WasmFunction {
  const fn = createFunction(1);
  const t = fn.local('v128');
  const SIGN = splatInt(1 << 31);
  const body = [
    ...set(t, exp(mul(v128.abs(get(X)), splat(-2)))),
    ...v128.or(div(sub(splat(1), get(t)), add(splat(1), get(t))), v128.and(get(X), SIGN)),
  ];
  return { ofVector: true, locals: fn.locals, body };
}

/** The first functions of every module, in the order of their numbers. */
export const vectorMath = (): readonly WasmFunction[] => [exponential(), logarithm(), hyperbolicTangent()];

export const exp = (x: Code): Code => call(0, x);
export const log = (x: Code): Code => call(1, x);
export const tanh = (x: Code): Code => call(2, x);
/** x·x, of which x is computed once. */
export function square(x: Code, fn: FunctionBuilder): Code {
  const kept = fn.local('v128');
  return mul(tee(kept, x), get(kept));
}
/** 1 / (1 + e^(−x)) */
export const sigmoid = (x: Code): Code => div(splat(1), add(splat(1), exp(v128.neg(x))));
