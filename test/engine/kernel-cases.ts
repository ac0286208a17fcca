/** Programs of one operation each, for the suites that compare engines. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import { stopGradient } from '../../src/engine/gradients.ts';
import { integers, normals, uniforms, type Arguments } from './parity.ts';

export interface Case {
  /** The kernels that this case is there to check. */
  readonly kernels: string;
  readonly inputs: Arguments;
  readonly fn: (x: Record<string, Tensor>) => Tensor;
  /** No gradient is defined. */
  readonly forward?: true;
}

const a = normals([3, 5, 7], 1);
const b = normals([3, 5, 7], 2);
const row = normals([5, 1], 3);
const positive = uniforms([3, 5, 7], 0.1, 4);
const unit = uniforms([4, 9], 0.05, 0.95);

const of = (kernels: string, fn: (x: Tensor) => Tensor, x = a, forward?: true): Case =>
  ({ kernels, inputs: { x }, fn: ({ x: value }) => fn(value), ...(forward ? { forward } : {}) });
const pair = (kernels: string, fn: (x: Tensor, y: Tensor) => Tensor, x = a, y = b, forward?: true): Case =>
  ({ kernels, inputs: { x, y }, fn: (v) => fn(v.x, v.y), ...(forward ? { forward } : {}) });

/** Every kernel that can be traced, once at least. */
export const cases: readonly Case[] = [
  of('Abs', tf.abs), of('Ceil', tf.ceil), of('Cos', tf.cos), of('Erf', tf.erf), of('Exp', tf.exp),
  of('Floor', tf.floor), of('Log', tf.log, positive), of('Log1p', tf.log1p, positive), of('Expm1', tf.expm1),
  of('Neg', tf.neg), of('Reciprocal', tf.reciprocal, positive), of('Relu Step', tf.relu), of('Round', tf.round),
  of('Rsqrt', tf.rsqrt, positive), of('Sigmoid', tf.sigmoid), of('Sign', tf.sign), of('Sin', tf.sin),
  of('Softplus', (x) => tf.softplus(tf.mul(x, 20))), of('Sqrt', tf.sqrt, positive), of('Square', tf.square),
  of('Tanh', tf.tanh), of('Step', (x) => tf.step(x, 0.3), a), of('ClipByValue', (x) => tf.clipByValue(x, -0.5, 0.7)),
  pair('Add', tf.add), pair('Add', tf.add, a, row), pair('Sub', tf.sub, row, a), pair('Multiply', tf.mul, a, row),
  pair('RealDiv', tf.div, a, positive), pair('RealDiv', tf.div, row, positive), pair('Maximum', tf.maximum),
  pair('Minimum', tf.minimum), pair('Minimum', tf.minimum, a, row, true), pair('Pow', tf.pow, positive, b), of('Pow', (x) => tf.pow(x, 3)),
  pair('SquaredDifference', tf.squaredDifference), pair('AddN', (x, y) => tf.addN([x, y, x])),
  pair('FloorDiv', tf.floorDiv, integers([4, 3], 50), divisors(), true),
  pair('Equal', tf.equal, integers([6, 5], 3), integers([6, 5], 3, 4), true),
  pair('NotEqual', tf.notEqual, integers([6, 5], 3), integers([6, 5], 3, 4), true),
  pair('Greater', tf.greater, a, row, true), pair('GreaterEqual', tf.greaterEqual, integers([6], 3), integers([6], 3, 4), true),
  pair('Less', tf.less, a, b, true), pair('LessEqual', tf.lessEqual, integers([6], 3), integers([6], 3, 4), true),
  pair('LogicalAnd LogicalNot', (x, y) => tf.logicalAnd(tf.greater(x, 0), tf.logicalNot(tf.greater(y, 0))), a, b, true),
  pair('LogicalOr', (x, y) => tf.logicalOr(tf.greater(x, 0), tf.greater(y, 0)), a, b, true),
  pair('Select Greater', (x, y) => tf.where(tf.greater(stopGradient(x), stopGradient(y)), tf.mul(x, 2), y)),
  pair('Select', (x, y) => tf.where(tf.greater(stopGradient(y), 0), tf.mul(x, 2), tf.zerosLike(x)), a, row),
  of('Cast', (x) => tf.cast(tf.mul(x, 5), 'int32'), a, true), of('Cast', (x) => tf.cast(tf.cast(x, 'bool'), 'float32'), a, true),
  of('Identity', (x) => tf.clone(x)), of('ZerosLike OnesLike', (x) => tf.add(tf.onesLike(x), tf.zerosLike(x)), a, true),
  of('Fill', (x) => tf.mul(x, tf.fill([3, 5, 7], 0.25))),
  of('Sum', (x) => tf.sum(x)), of('Sum', (x) => tf.sum(x, [0, 2], true)), of('Sum', (x) => tf.sum(tf.greater(x, 0), 1), a, true),
  of('Mean', (x) => tf.mean(x, -1)), of('Mean', (x) => tf.mean(x)), of('Max', (x) => tf.max(x, 1)),
  of('Min', (x) => tf.min(x, 2, true)), of('Prod', (x) => tf.prod(x, 1), positive, true),
  of('All', (x) => tf.all(tf.greater(x, -1), 1), a, true), of('Any', (x) => tf.any(tf.greater(x, 1.5), 2), a, true),
  of('ArgMax', (x) => tf.argMax(x, 1), a, true), of('ArgMin', (x) => tf.argMin(x, -1), a, true),
  of('Cumsum', (x) => tf.cumsum(x, 1), a, true), of('Cumsum', (x) => tf.cumsum(x, 2)), of('Cumsum', (x) => tf.cumsum(x, 2, true, true)),
  of('Softmax', (x) => tf.softmax(x)), of('LogSoftmax', (x) => tf.logSoftmax(x)),
  of('Reshape', (x) => tf.reshape(x, [15, -1])), of('ExpandDims', (x) => tf.expandDims(x, -2)),
  of('Transpose', (x) => tf.transpose(x, [2, 0, 1])), pair('Concat', (x, y) => tf.concat([x, y, x], 1)),
  pair('Pack', (x, y) => tf.stack([x, y], 1)),
  of('Unpack', (x) => tf.unstack(x, 1).reduce((sum, part, i) => tf.add(sum, tf.mul(part, i + 1)))),
  of('SplitV', (x) => { const [p, q] = tf.split(x, [2, 5], 2); return tf.concat([q, tf.square(p)], 2); }),
  of('Slice', (x) => tf.slice(x, [1, 0, 2], [2, -1, 3])), of('PadV2', (x) => tf.pad(x, [[1, 0], [0, 2], [3, 1]], 0)),
  of('Tile', (x) => tf.tile(x, [1, 2, 3])), of('Tile', (x) => tf.tile(x, [4, 1]), normals([1, 6])),
  of('Reverse', (x) => tf.reverse(x, [0, 2])),
  { kernels: 'GatherV2', inputs: { x: a, i: integers([4], 5) }, fn: ({ x, i }) => tf.gather(x, i as tf.Tensor1D, 1) },
  { kernels: 'UnsortedSegmentSum', forward: true, inputs: { x: normals([6, 4]), i: integers([6], 3) },
    fn: ({ x, i }) => tf.unsortedSegmentSum(x, i as tf.Tensor1D, 5) },
  { kernels: 'OneHot', forward: true, inputs: { i: integers([3, 4], 5), x: a }, fn: ({ i }) => tf.oneHot(i, 5) },
  { kernels: 'OneHot', forward: true, inputs: { i: integers([7], 5), x: a }, fn: ({ i }) => tf.oneHot(i, 5, 2, -1, 'int32') },
  of('TopK', (x) => tf.topk(x, 3).values, a, true), of('TopK', (x) => tf.topk(x, 4).indices, a, true),
  pair('BatchMatMul', (x, y) => tf.matMul(x, y), normals([4, 3]), normals([3, 7], 5)),
  pair('BatchMatMul', (x, y) => tf.matMul(x, y, true, true), normals([3, 4]), normals([7, 3], 5)),
  pair('BatchMatMul', (x, y) => tf.matMul(x, y, true), normals([3, 4]), normals([3, 7], 5)),
  pair('BatchMatMul', (x, y) => tf.matMul(x, y), normals([2, 4, 3]), normals([2, 3, 5], 5)),
  pair('BatchMatMul', (x, y) => tf.matMul(x, y, false, true), normals([2, 4, 3]), normals([2, 5, 3], 5)),
  pair('BatchMatMul', (x, y) => tf.matMul(x, y, true, false), normals([2, 3, 4]), normals([2, 3, 5], 5)),
  ...([['same', 1, 3, 9, 7], ['same', 2, 4, 8, 10], ['valid', 2, 3, 9, 8], ['same', 2, 5, 11, 6], ['valid', 4, 4, 8, 8],
    ['same', 3, 3, 10, 7]] as const).map(([pad, stride, kernel, height, width]): Case => ({
    kernels: 'Conv2D Conv2DBackpropInput Conv2DBackpropFilter',
    inputs: { x: normals([2, height, width, 3]), w: normals([kernel, kernel, 3, 5], 6) },
    fn: ({ x, w }) => tf.conv2d(x as Tensor4D, w as Tensor4D, stride, pad),
  })),
  pair('Sqrt Exp Log', (x, y) => tf.log(tf.add(tf.exp(tf.mul(x, y)), tf.sqrt(tf.abs(tf.add(x, 3))))), unit, unit),
];

function divisors() {
  const values = integers([4, 3], 6, 8);
  return { ...values, data: Int32Array.from(values.data, (value) => value + 1) };
}
