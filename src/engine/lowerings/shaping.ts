/** Moving numbers about: reshape, transpose, concatenate, cut, pad, repeat. */
import { sameShape, sizeOf } from '../../nd-array.ts';
import type { Graph, Value } from '../graph.ts';
import type { Lowering } from '../lowering.ts';
import type { KernelName } from '../ops.ts';
import { normalizeAxes } from './reduction.ts';

export function reshape(graph: Graph, x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x;
  if (x.uniform !== undefined) return graph.uniform(x.uniform, x.type, shape);
  if (x.constant !== undefined && !x.node) return graph.constant(x.constant, x.type, shape);
  // A reshape of a reshape needs only the last.
  const source = x.node?.op === 'Reshape' ? x.node.inputs[0] : x;
  if (sameShape(source.shape, shape)) return source;
  return graph.add('Reshape', [source, graph.int64(shape)], x.type, shape);
}

export function transpose(graph: Graph, x: Value, perm: readonly number[]): Value {
  const shape = perm.map((axis) => x.shape[axis]);
  if (perm.every((axis, i) => axis === i)) return x;
  if (x.uniform !== undefined) return graph.uniform(x.uniform, x.type, shape);
  // Moving only axes of length one moves nothing.
  const moved = perm.filter((axis) => x.shape[axis] !== 1);
  if (moved.every((axis, i) => i === 0 || axis > moved[i - 1])) return reshape(graph, x, shape);
  return graph.add('Transpose', [x], x.type, shape, { perm });
}

export function concat(graph: Graph, list: readonly Value[], axis: number): Value {
  const present = list.filter((value) => value.shape[axis] !== 0);
  if (present.length === 1) return present[0];
  const length = present.reduce((sum, value) => sum + value.shape[axis], 0);
  const shape = list[0].shape.map((side, i) => (i === axis ? length : side));
  return graph.add('Concat', present, list[0].type, shape, { axis });
}

export function slice(graph: Graph, x: Value, begin: readonly number[], size: readonly number[]): Value {
  const shape = x.shape.map((side, axis) => (size[axis] === -1 || size[axis] === undefined ? side - (begin[axis] ?? 0) : size[axis]));
  if (sameShape(shape, x.shape)) return x;
  if (x.uniform !== undefined) return graph.uniform(x.uniform, x.type, shape);
  const axes = shape.flatMap((side, axis) => (side === x.shape[axis] ? [] : [axis]));
  const starts = axes.map((axis) => begin[axis] ?? 0);
  const ends = axes.map((axis, i) => starts[i] + shape[axis]);
  return graph.add('Slice', [x, graph.int64(starts), graph.int64(ends), graph.int64(axes)], x.type, shape);
}

const fill = (value: number | readonly number[], rank: number): readonly number[] =>
  typeof value === 'number' ? [value, ...new Array<number>(rank - 1).fill(0)] : value;

export const shaping = {
  Reshape: ({ graph, inputs: { x }, attributes }) => {
    const wanted = attributes.shape as number[];
    const known = wanted.reduce((product, side) => (side === -1 ? product : product * side), 1);
    return reshape(graph, x, wanted.map((side) => (side === -1 ? sizeOf(x.shape) / known : side)));
  },
  ExpandDims: ({ graph, inputs: { input }, attributes }) => {
    const dim = Number(attributes.dim);
    const axis = dim < 0 ? dim + input.shape.length + 1 : dim;
    return reshape(graph, input, [...input.shape.slice(0, axis), 1, ...input.shape.slice(axis)]);
  },
  Transpose: ({ graph, inputs: { x }, attributes }) => transpose(graph, x, attributes.perm as number[]),
  Concat: ({ graph, list, attributes }) =>
    concat(graph, list, normalizeAxes(attributes.axis as number, list[0].shape.length)[0]),
  Pack: ({ graph, list, attributes }) => {
    const [axis] = normalizeAxes(attributes.axis as number, list[0].shape.length + 1);
    const shape = [...list[0].shape.slice(0, axis), 1, ...list[0].shape.slice(axis)];
    return concat(graph, list.map((value) => reshape(graph, value, shape)), axis);
  },
  Unpack: ({ graph, inputs: { value }, attributes }) => {
    const [axis] = normalizeAxes(attributes.axis as number, value.shape.length);
    const shape = value.shape.filter((_, i) => i !== axis);
    return split(graph, value, new Array<number>(value.shape[axis]).fill(1), axis)
      .map((part) => reshape(graph, part, shape));
  },
  SplitV: ({ graph, inputs: { x }, attributes }) => {
    const [axis] = normalizeAxes(attributes.axis as number, x.shape.length);
    const wanted = attributes.numOrSizeSplits as number | number[];
    const sizes = typeof wanted === 'number' ? new Array<number>(wanted).fill(x.shape[axis] / wanted) : [...wanted];
    const open = sizes.indexOf(-1);
    if (open >= 0) sizes[open] = x.shape[axis] - sizes.reduce((sum, side) => sum + side, 1);
    return split(graph, x, sizes, axis);
  },
  Slice: ({ graph, inputs: { x }, attributes }) => {
    const rank = x.shape.length;
    const size = attributes.size as number | number[];
    const sizes = typeof size === 'number' ? [size, ...new Array<number>(rank - 1).fill(-1)] : size;
    return slice(graph, x, fill(attributes.begin as number | number[], rank), sizes);
  },
  PadV2: ({ graph, inputs: { x }, attributes }) => {
    const paddings = attributes.paddings as [number, number][];
    const shape = x.shape.map((side, i) => side + paddings[i][0] + paddings[i][1]);
    if (sameShape(shape, x.shape)) return x;
    const pads = [...paddings.map((pair) => pair[0]), ...paddings.map((pair) => pair[1])];
    const value = graph.uniform(Number(attributes.constantValue ?? 0), x.type, []);
    return graph.add('Pad', [x, graph.int64(pads), value], x.type, shape, { mode: 'constant' });
  },
  Tile: ({ graph, inputs: { x }, attributes }) => {
    const reps = attributes.reps as number[];
    const shape = x.shape.map((side, i) => side * reps[i]);
    if (x.shape.every((side, i) => side === 1 || reps[i] === 1)) return graph.expand(x, shape);
    return graph.add('Tile', [x, graph.int64(reps)], x.type, shape);
  },
  Reverse: ({ graph, inputs: { x }, attributes }) => {
    const axes = normalizeAxes(attributes.dims as number[], x.shape.length);
    if (axes.length === 0) return x;
    const all = (value: number) => graph.int64(new Array<number>(axes.length).fill(value));
    // The slice runs from the last element down to one before the first.
    return graph.add('Slice', [x, all(-1), all(-(2 ** 31)), graph.int64(axes), all(-1)], x.type, x.shape);
  },
} as const satisfies Readonly<Partial<Record<KernelName, Lowering>>>;

function split(graph: Graph, x: Value, sizes: readonly number[], axis: number): readonly Value[] {
  if (sizes.length === 1) return [x];
  const shapes = sizes.map((size) => x.shape.map((side, i) => (i === axis ? size : side)));
  if (x.uniform !== undefined) return shapes.map((shape) => graph.uniform(x.uniform ?? 0, x.type, shape));
  const outputs = shapes.map((shape) => ({ type: x.type, shape }));
  return graph.addMany('Split', [x, graph.int64(sizes)], outputs, { axis });
}
