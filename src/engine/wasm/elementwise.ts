/**
 * Element by element, with broadcasting. Whole numbers and truth values are float32 as well: exact up to 2²⁴, 0 and 1.
 */
import { get, splat, tee, v128, type Code, type FunctionBuilder } from './assembler.ts';
import { numbersOf, type Kernel, type Kernels } from './kernel.ts';
import { alongRow, broadcastStrides, denseStrides, loadOperand, merged, nest, placeOf, storeAt, type Walked } from './loops.ts';
import { exp, log, sigmoid, square, tanh } from './vector-math.ts';

/** From vectors to a vector; an argument that is needed twice is kept in a local. */
type Formula = (vectors: readonly Code[], fn: FunctionBuilder) => Code;

/** The kernel that computes a formula for every element. */
const byFormula = (formula: Formula): Kernel => ({ node, fn, operandOf, addressOf }) => {
  const [output] = node.outputs;
  const { sides, walked } = merged(output.shape, [
    ...node.inputs.map((value): Walked => ({ operand: operandOf(value), strides: broadcastStrides(value.shape, output.shape) })),
    { operand: { address: addressOf(output) }, strides: denseStrides(output.shape) },
  ]);
  const count = sides[sides.length - 1];
  return nest(fn, sides.slice(0, -1), walked, (places) => alongRow(fn, count, (at) => {
    const vectors = node.inputs.map((_, i) => loadOperand(walked[i], places[i], at));
    return storeAt(at(placeOf(places[node.inputs.length])), formula(vectors, fn));
  }));
};

const unary = (formula: (x: Code) => Code): Kernel => byFormula(([x]) => formula(x));
const binary = (formula: (x: Code, y: Code) => Code): Kernel => byFormula(([x, y]) => formula(x, y));

const ONE = splat(1);
const ZERO = splat(0);
/** All bits or none, as 1 or 0. */
const truth = (mask: Code): Code => v128.and(mask, ONE);
const isTrue = (x: Code): Code => v128.ne(x, ZERO);
const comparison = (compare: (x: Code, y: Code) => Code): Kernel => binary((x, y) => truth(compare(x, y)));

/** A kernel for float32 alone. */
const ofFloats = (kernel: Kernel): Kernel => (call) =>
  call.node.inputs.every(({ type }) => type === 'float32') ? kernel(call) : undefined;

const cast: Kernel = (call) => {
  const [{ type: from }] = call.node.inputs;
  const [{ type: to }] = call.node.outputs;
  if (to === 'bool') return unary((x) => truth(isTrue(x)))(call);
  if (from === 'float32' && to !== 'float32') return unary(v128.trunc)(call);
  return unary((x) => x)(call);
};

/** The square; other powers are left alone. */
const power: Kernel = (call) => {
  const exponents = numbersOf(call.node.inputs[1]);
  return exponents?.every((exponent) => exponent === 2) ? byFormula(([x], fn) => square(x, fn))(call) : undefined;
};

export const elementwise = {
  Abs: unary(v128.abs), Neg: unary(v128.neg), Floor: unary(v128.floor), Ceil: unary(v128.ceil), Round: unary(v128.nearest),
  Sqrt: unary(v128.sqrt), Exp: unary(exp), Log: unary(log), Tanh: unary(tanh), Sigmoid: unary(sigmoid),
  Relu: unary((x) => v128.max(x, ZERO)),
  Reciprocal: unary((x) => v128.div(ONE, x)),
  Not: unary((x) => truth(v128.eq(x, ZERO))),
  Sign: byFormula(([x], fn) => {
    const kept = fn.local('v128');
    return v128.sub(truth(v128.gt(tee(kept, x), ZERO)), truth(v128.lt(get(kept), ZERO)));
  }),
  Add: binary(v128.add), Sub: binary(v128.sub), Mul: binary(v128.mul), Div: ofFloats(binary(v128.div)),
  Max: binary(v128.max), Min: binary(v128.min), Pow: power,
  Equal: comparison(v128.eq), Greater: comparison(v128.gt), GreaterOrEqual: comparison(v128.ge),
  Less: comparison(v128.lt), LessOrEqual: comparison(v128.le),
  And: binary(v128.and), Or: binary(v128.or),
  Where: byFormula(([condition, x, y]) => v128.select(x, y, isTrue(condition))),
  Clip: byFormula(([x, low, high]) => v128.min(v128.max(x, low), high)),
  Cast: cast,
} as const satisfies Kernels;
