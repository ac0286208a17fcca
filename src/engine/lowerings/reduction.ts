/** Sums, means, extremes and softmax along axes. */
import type { Graph, Value } from '../graph.ts';
import type { Lowering } from '../lowering.ts';
import type { KernelName, ReductionOp } from '../ops.ts';
import { cast } from './elementwise.ts';

type AxisAttribute = number | readonly number[] | undefined | null;

/** Axes counted from the front; all of them where none is given. */
export function normalizeAxes(axis: AxisAttribute, rank: number): number[] {
  const all = axis === undefined || axis === null ? Array.from({ length: rank }, (_, i) => i) : [axis].flat();
  return all.map((each) => (each < 0 ? each + rank : each)).sort((a, b) => a - b);
}

function reducedShape(shape: readonly number[], axes: readonly number[], keepDims: boolean): number[] {
  return shape.flatMap((side, i) => (!axes.includes(i) ? [side] : keepDims ? [1] : []));
}

function reduce(graph: Graph, op: ReductionOp, x: Value, axes: readonly number[], keepDims: boolean): Value {
  const shape = reducedShape(x.shape, axes, keepDims);
  if (axes.length === 0) return x;
  const keepdims = Number(keepDims);
  const { node } = x;
  if (op === 'ReduceSum' && node?.op === 'Mul' && node.inputs[0] === node.inputs[1] && x.type === 'float32') {
    return graph.add('ReduceSumSquare', [node.inputs[0]], x.type, shape, { axes, keepdims });
  }
  // The shape of a bias's gradient.
  if (op === 'ReduceSum' && axes.length === 1 && axes[0] === 0 && !keepDims && x.shape.length === 2) {
    return graph.rowSum({ a: [], b: [x] }, x.type, shape);
  }
  // Opset 17: ReduceSum takes its axes as an input, the others as an attribute.
  if (op === 'ReduceSum') return graph.add(op, [x, graph.int64(axes)], x.type, shape, { keepdims });
  return graph.add(op, [x], x.type, shape, { axes, keepdims });
}

const reduction_ = (op: ReductionOp): Lowering => ({ graph, inputs, list: [first], attributes }) => {
  const x = inputs.x ?? first;
  const axes = normalizeAxes((attributes.axis ?? attributes.reductionIndices) as AxisAttribute, x.shape.length);
  return reduce(graph, op, x, axes, Boolean(attributes.keepDims));
};

const logical = (op: 'ReduceMin' | 'ReduceMax'): Lowering => ({ graph, inputs: { x }, attributes }) => {
  const axes = normalizeAxes(attributes.axis as AxisAttribute, x.shape.length);
  return cast(graph, reduce(graph, op, cast(graph, x, 'int32'), axes, Boolean(attributes.keepDims)), 'bool');
};

const argument = (op: 'ArgMax' | 'ArgMin'): Lowering => ({ graph, inputs: { x }, attributes }) => {
  const [axis] = normalizeAxes(attributes.axis as number, x.shape.length);
  const index = graph.add(op, [x], 'int64', reducedShape(x.shape, [axis], false), { axis, keepdims: 0 });
  return cast(graph, index, 'int32');
};

const cumulative: Lowering = ({ graph, inputs: { x }, attributes }) => {
  const [axis] = normalizeAxes(attributes.axis as number, x.shape.length);
  const flags = { exclusive: Number(Boolean(attributes.exclusive)), reverse: Number(Boolean(attributes.reverse)) };
  return graph.add('CumSum', [x, graph.uniform(axis, 'int64', [])], x.type, x.shape, flags);
};

export const reduction = {
  Sum: (call) => {
    // tfjs counts bools.
    const { graph, inputs: { x } } = call;
    return reduction_('ReduceSum')({ ...call, inputs: { x: x.type === 'bool' ? cast(graph, x, 'int32') : x } });
  },
  Mean: reduction_('ReduceMean'),
  Max: reduction_('ReduceMax'),
  Min: reduction_('ReduceMin'),
  Prod: reduction_('ReduceProd'),
  All: logical('ReduceMin'),
  Any: logical('ReduceMax'),
  ArgMax: argument('ArgMax'),
  ArgMin: argument('ArgMin'),
  Cumsum: cumulative,
  Softmax: ({ graph, inputs: { logits } }) => graph.add('Softmax', [logits], logits.type, logits.shape, { axis: -1 }),
  LogSoftmax: ({ graph, inputs: { logits } }) =>
    graph.add('LogSoftmax', [logits], logits.type, logits.shape, { axis: -1 }),
} as const satisfies Readonly<Partial<Record<KernelName, Lowering>>>;
