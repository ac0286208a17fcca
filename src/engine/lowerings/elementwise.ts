/** Element by element: arithmetic, comparisons, logic, casts, selection. */
import { sameShape } from '../../nd-array.ts';
import { DATA_TYPE, broadcastShape, type Graph, type Value, type ValueType } from '../graph.ts';
import type { Lowering } from '../lowering.ts';
import type { ArithmeticOp, ComparisonOp, KernelName, UnaryOp } from '../ops.ts';

/** One node of the same name and type. */
const unary = (op: UnaryOp, fold?: (x: number) => number): Lowering => ({ graph, inputs: { x } }) => {
  if (fold && x.uniform !== undefined) return graph.uniform(fold(x.uniform), x.type, x.shape);
  return graph.add(op, [x], x.type, x.shape);
};

/** A short formula over whole tensors. */
type Formula = (ops: Formulas, x: Value) => Value;
interface Formulas {
  add(a: Value, b: Value): Value;
  sub(a: Value, b: Value): Value;
  mul(a: Value, b: Value): Value;
  div(a: Value, b: Value): Value;
  node(op: UnaryOp, x: Value): Value;
  number(value: number): Value;
}

const formula = (write: Formula): Lowering => ({ graph, inputs: { x } }) => {
  const pair = (op: ArithmeticOp) => (a: Value, b: Value) => binary(graph, op, a, b);
  return write(
    {
      add: pair('Add'),
      sub: pair('Sub'),
      mul: pair('Mul'),
      div: pair('Div'),
      node: (op, value) => graph.add(op, [value], value.type, value.shape),
      number: (value) => graph.uniform(value, x.type, []),
    },
    x,
  );
};

const FOLD: Readonly<Record<ArithmeticOp, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Max: Math.max,
  Min: Math.min,
  Pow: Math.pow,
};

/** Arithmetic with broadcasting; constants are folded and neutral elements vanish. */
export function binary(graph: Graph, op: ArithmeticOp, a: Value, b: Value): Value {
  const shape = broadcastShape([a.shape, b.shape]);
  const [x, y] = [a.uniform, b.uniform];
  const foldable = a.type === 'float32' || op !== 'Div';
  if (x !== undefined && y !== undefined && foldable) return graph.uniform(FOLD[op](x, y), a.type, shape);
  if (op === 'Add' && a.sum && b.sum && sameShape(a.shape, b.shape) && (a.sum.a.length > 0) === (b.sum.a.length > 0)) {
    return graph.rowSum({ a: [...a.sum.a, ...b.sum.a], b: [...a.sum.b, ...b.sum.b] }, a.type, shape);
  }
  const neutral = NEUTRAL[op];
  if (neutral !== undefined && y === neutral) return graph.expand(a, shape);
  if (neutral !== undefined && x === neutral && (op === 'Add' || op === 'Mul')) return graph.expand(b, shape);
  return graph.broadcast(op, [a, b], a.type, shape);
}

/** b where a op b = a. */
const NEUTRAL: Readonly<Partial<Record<ArithmeticOp, number>>> = { Add: 0, Sub: 0, Mul: 1, Div: 1, Pow: 1 };

const arithmetic = (op: ArithmeticOp): Lowering => ({ graph, inputs: { a, b } }) => binary(graph, op, a, b);

const comparison = (op: ComparisonOp): Lowering => ({ graph, inputs: { a, b } }) => compare(graph, op, a, b);

function compare(graph: Graph, op: ComparisonOp, a: Value, b: Value): Value {
  const shape = broadcastShape([a.shape, b.shape]);
  // ORT compares numbers only; a bool is compared as an int.
  const [x, y] = a.type === 'bool' && op !== 'And' && op !== 'Or' ? [a, b].map((v) => cast(graph, v, 'int32')) : [a, b];
  return graph.broadcast(op, [x, y], 'bool', shape);
}

/** Change the type as tfjs does: towards zero for ints, ≠ 0 for bools. */
export function cast(graph: Graph, x: Value, type: ValueType): Value {
  if (x.type === type) return x;
  if (x.uniform !== undefined) {
    const value = type === 'bool' ? Number(x.uniform !== 0) : type === 'int32' ? Math.trunc(x.uniform) : x.uniform;
    return graph.uniform(value, type, x.shape);
  }
  // A byte that was widened to an int on its way in can go straight to where it is going.
  return graph.add('Cast', [bytesBehind(graph, x) ?? x], type, x.shape, { to: DATA_TYPE[type] });
}

/** The bytes that were widened to x, in its shape. */
function bytesBehind(graph: Graph, x: Value): Value | undefined {
  const made = x.node?.op === 'Reshape' ? x.node.inputs[0].node : x.node;
  const bytes = made?.op === 'Cast' ? made.inputs[0] : undefined;
  if (bytes?.type !== 'uint8') return undefined;
  return sameShape(bytes.shape, x.shape) ? bytes : graph.add('Reshape', [bytes, graph.int64(x.shape)], 'uint8', x.shape);
}

export const elementwise = {
  Abs: unary('Abs'),
  Ceil: unary('Ceil'),
  Cos: unary('Cos'),
  Erf: unary('Erf'),
  Exp: unary('Exp', Math.exp),
  Floor: unary('Floor'),
  Log: unary('Log', Math.log),
  LogicalNot: unary('Not'),
  Neg: unary('Neg', (x) => -x),
  Reciprocal: unary('Reciprocal'),
  Relu: unary('Relu'),
  Round: unary('Round'),
  Sigmoid: unary('Sigmoid'),
  Sign: unary('Sign'),
  Sin: unary('Sin'),
  Softplus: ({ graph, inputs: { x } }) => softplus(graph, x),
  Sqrt: unary('Sqrt', Math.sqrt),
  Tanh: unary('Tanh'),
  Expm1: formula((f, x) => f.sub(f.node('Exp', x), f.number(1))),
  Log1p: formula((f, x) => f.node('Log', f.add(x, f.number(1)))),
  Rsqrt: formula((f, x) => f.node('Reciprocal', f.node('Sqrt', x))),
  Square: formula((f, x) => f.mul(x, x)),
  Add: arithmetic('Add'),
  Sub: arithmetic('Sub'),
  Multiply: arithmetic('Mul'),
  RealDiv: arithmetic('Div'),
  Maximum: arithmetic('Max'),
  Minimum: arithmetic('Min'),
  Pow: arithmetic('Pow'),
  SquaredDifference: ({ graph, inputs: { a, b } }) => {
    const difference = binary(graph, 'Sub', a, b);
    return binary(graph, 'Mul', difference, difference);
  },
  AddN: ({ graph, list }) => list.reduce((sum, value) => binary(graph, 'Add', sum, value)),
  FloorDiv: ({ graph, inputs: { a, b } }) => {
    const quotient = binary(graph, 'Div', cast(graph, a, 'float32'), cast(graph, b, 'float32'));
    return cast(graph, graph.add('Floor', [quotient], 'float32', quotient.shape), a.type);
  },
  Equal: comparison('Equal'),
  NotEqual: (call) => {
    const equal = comparison('Equal')(call) as Value;
    return call.graph.add('Not', [equal], 'bool', equal.shape);
  },
  Greater: comparison('Greater'),
  GreaterEqual: comparison('GreaterOrEqual'),
  Less: comparison('Less'),
  LessEqual: comparison('LessOrEqual'),
  LogicalAnd: comparison('And'),
  LogicalOr: comparison('Or'),
  Step: ({ graph, inputs: { x }, attributes }) => {
    const positive = compare(graph, 'Greater', x, graph.uniform(0, x.type, []));
    const values = [1, Number(attributes.alpha ?? 0)].map((value) => graph.uniform(value, x.type, []));
    return graph.broadcast('Where', [positive, ...values], x.type, x.shape);
  },
  Select: ({ graph, inputs: { condition, t, e } }) => {
    const rank = t.shape.length;
    // A condition of rank one chooses among rows.
    const rows = condition.shape.length === 1 && rank > 1;
    const chosen = rows ? graph.add('Reshape', [condition, graph.int64([...condition.shape, ...ones(rank - 1)])],
      'bool', [...condition.shape, ...ones(rank - 1)]) : condition;
    return graph.broadcast('Where', [chosen, t, e], t.type, t.shape);
  },
  ClipByValue: ({ graph, inputs: { x }, attributes }) => {
    const bounds = [attributes.clipValueMin, attributes.clipValueMax].map((v) => graph.uniform(Number(v), x.type, []));
    return graph.add('Clip', [x, ...bounds], x.type, x.shape);
  },
  Cast: ({ graph, inputs: { x }, attributes }) => cast(graph, x, attributes.dtype as ValueType),
  Identity: ({ inputs: { x } }) => x,
  ZerosLike: ({ graph, inputs: { x } }) => graph.uniform(0, x.type, x.shape),
  OnesLike: ({ graph, inputs: { x } }) => graph.uniform(1, x.type, x.shape),
  Fill: ({ graph, attributes }) => {
    const { shape, value, dtype } = attributes as { shape: number[]; value: number; dtype?: ValueType };
    return graph.uniform(value, dtype ?? 'float32', shape);
  },
} as const satisfies Readonly<Partial<Record<KernelName, Lowering>>>;

/** max(x, 0) + log(1 + exp(−|x|)): does not overflow, and is exact for large x. */
function softplus(graph: Graph, x: Value): Value {
  const node = (op: UnaryOp, value: Value) => graph.add(op, [value], value.type, value.shape);
  const tail = node('Exp', node('Neg', node('Abs', x)));
  const log = node('Log', binary(graph, 'Add', tail, graph.uniform(1, x.type, [])));
  return binary(graph, 'Add', node('Relu', x), log);
}

const ones = (count: number): number[] => new Array<number>(count).fill(1);
