/** Picking by index: gather, scatter-add, one-hot, top-k. */
import { sameShape } from '../../nd-array.ts';
import type { Lowering } from '../lowering.ts';
import type { KernelName } from '../ops.ts';
import { cast } from './elementwise.ts';
import { normalizeAxes } from './reduction.ts';

export const indexing = {
  GatherV2: ({ graph, inputs: { x, indices }, attributes }) => {
    if (Number(attributes.batchDims ?? 0) !== 0) throw new Error('tf.gather with batchDims has no ONNX lowering');
    const [axis] = normalizeAxes(attributes.axis as number, x.shape.length);
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
    return graph.add('Gather', [x, indices], x.type, shape, { axis });
  },
  UnsortedSegmentSum: ({ graph, inputs: { x, segmentIds }, attributes }) => {
    const rows = Number(attributes.numSegments);
    const shape = [rows, ...x.shape.slice(1)];
    if (segmentIds.shape.length !== 1 || !sameShape(segmentIds.shape, x.shape.slice(0, 1))) {
      throw new Error(`expected segment ids [${x.shape[0]}], got [${segmentIds.shape}]`);
    }
    const zeros = graph.uniform(0, x.type, shape);
    const index = graph.add('Unsqueeze', [cast(graph, segmentIds, 'int64'), graph.int64([1])], 'int64', [x.shape[0], 1]);
    return graph.add('ScatterND', [zeros, index, x], x.type, shape, { reduction: 'add' });
  },
  OneHot: ({ graph, inputs: { indices }, attributes }) => {
    const { depth, onValue, offValue, dtype } = attributes as {
      depth: number; onValue: number; offValue: number; dtype: 'float32' | 'int32' | 'bool';
    };
    // ORT's CPU provider has few kinds of OneHot; this one it has.
    const values = graph.constant([offValue, onValue], 'float32', [2]);
    const inputs = [cast(graph, indices, 'int64'), graph.uniform(depth, 'int64', [1]), values];
    return cast(graph, graph.add('OneHot', inputs, 'float32', [...indices.shape, depth], { axis: -1 }), dtype);
  },
  TopK: ({ graph, inputs: { x }, attributes }) => {
    const k = Number(attributes.k);
    const shape = [...x.shape.slice(0, -1), k];
    const [values, indices] = graph.addMany(
      'TopK', [x, graph.int64([k])], [{ type: x.type, shape }, { type: 'int64', shape }],
      { axis: -1, largest: 1, sorted: 1 },
    );
    return [values, cast(graph, indices, 'int32')];
  },
} as const satisfies Readonly<Partial<Record<KernelName, Lowering>>>;
