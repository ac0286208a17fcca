/**
 * Matrix products and convolutions. tfjs convolves NHWC, ONNX NCHW: images are transposed on the way in and out.
 * A filter gradient is itself a convolution, of x with dy as the filter: batch and channels change places, and the
 * stride becomes a dilation.
 */
import * as tf from '@tensorflow/tfjs';
import { broadcastShape, type Graph, type Value } from '../graph.ts';
import type { Lowering } from '../lowering.ts';
import type { KernelName } from '../ops.ts';
import { slice, transpose } from './shaping.ts';

type ConvInfo = tf.backend_util.Conv2DInfo;

function convInfo(attributes: Readonly<Record<string, unknown>>, image: readonly number[], filter: readonly number[]): ConvInfo {
  const { strides, pad, dilations, dimRoundingMode, dataFormat } = attributes as {
    strides: number | [number, number]; pad: 'valid' | 'same' | number; dilations?: number | [number, number];
    dimRoundingMode?: 'floor' | 'round' | 'ceil'; dataFormat?: string;
  };
  if (dataFormat && dataFormat !== 'NHWC') throw new Error(`convolutions are NHWC in a traced program, got ${dataFormat}`);
  return tf.backend_util.computeConv2DInfo(
    image as [number, number, number, number], filter as [number, number, number, number],
    strides, dilations ?? 1, pad, dimRoundingMode,
  );
}

const pads = ({ padInfo: { top, left, bottom, right } }: ConvInfo): number[] => [top, left, bottom, right];

const toChannelsFirst = (graph: Graph, x: Value): Value => transpose(graph, x, [0, 3, 1, 2]);
const toChannelsLast = (graph: Graph, x: Value): Value => transpose(graph, x, [0, 2, 3, 1]);
/** Filters [H, W, in, out] as ONNX has them: [out, in, H, W]. */
const filterFirst = (graph: Graph, filter: Value): Value => transpose(graph, filter, [3, 2, 0, 1]);

const permuted = (shape: readonly number[], perm: readonly number[]): number[] => perm.map((axis) => shape[axis]);

export const convolution = {
  BatchMatMul: ({ graph, inputs: { a, b }, attributes }) =>
    matMul(graph, a, b, Boolean(attributes.transposeA), Boolean(attributes.transposeB)),

  Conv2D: ({ graph, inputs: { x, filter }, attributes }) => {
    const info = convInfo(attributes, x.shape, filter.shape);
    const output = permuted(info.outShape, [0, 3, 1, 2]);
    const convolved = graph.add('Conv', [toChannelsFirst(graph, x), filterFirst(graph, filter)], x.type, output, {
      strides: [info.strideHeight, info.strideWidth], pads: pads(info),
      dilations: [info.dilationHeight, info.dilationWidth],
      kernel_shape: [info.filterHeight, info.filterWidth],
    });
    return toChannelsLast(graph, convolved);
  },

  Conv2DBackpropInput: ({ graph, inputs: { dy, filter }, attributes }) => {
    const info = convInfo(attributes, attributes.inputShape as number[], filter.shape);
    const covered = (out: number, stride: number, kernel: number) => (out - 1) * stride + kernel;
    // Rows and columns that no window reached lie at the far edges.
    const spareHeight = info.inHeight + info.padInfo.top + info.padInfo.bottom
      - covered(info.outHeight, info.strideHeight, info.filterHeight);
    const spareWidth = info.inWidth + info.padInfo.left + info.padInfo.right
      - covered(info.outWidth, info.strideWidth, info.filterWidth);
    // ONNX: size = stride·(out − 1) + output_padding + kernel − pads.
    const gradient = graph.add(
      'ConvTranspose', [toChannelsFirst(graph, dy), filterFirst(graph, filter)], dy.type,
      permuted(info.inShape, [0, 3, 1, 2]),
      {
        strides: [info.strideHeight, info.strideWidth], pads: pads(info), output_padding: [spareHeight, spareWidth],
        kernel_shape: [info.filterHeight, info.filterWidth],
      },
    );
    return toChannelsLast(graph, gradient);
  },

  Conv2DBackpropFilter: ({ graph, inputs: { x, dy }, attributes }) => {
    const filterShape = attributes.filterShape as number[];
    const info = convInfo(attributes, x.shape, filterShape);
    const batchLast = (value: Value) => transpose(graph, value, [3, 0, 1, 2]);
    // With the spare edge of x uncut, the result has that many extra rows and columns at its end.
    const size = (side: number, before: number, after: number, out: number, stride: number) =>
      side + before + after - stride * (out - 1);
    const height = size(info.inHeight, info.padInfo.top, info.padInfo.bottom, info.outHeight, info.strideHeight);
    const width = size(info.inWidth, info.padInfo.left, info.padInfo.right, info.outWidth, info.strideWidth);
    const [, , inChannels, outChannels] = filterShape;
    const gradient = graph.add('Conv', [batchLast(x), batchLast(dy)], x.type, [inChannels, outChannels, height, width], {
      strides: [1, 1], dilations: [info.strideHeight, info.strideWidth], pads: pads(info),
      kernel_shape: [info.outHeight, info.outWidth],
    });
    const cut = slice(graph, gradient, [0, 0, 0, 0], [inChannels, outChannels, info.filterHeight, info.filterWidth]);
    return transpose(graph, cut, [2, 3, 0, 1]);
  },
} as const satisfies Readonly<Partial<Record<KernelName, Lowering>>>;

/** a·b over the last two axes, either transposed first. */
export function matMul(graph: Graph, a: Value, b: Value, transposeA: boolean, transposeB: boolean): Value {
  const [rows, inner] = transposeA ? swap(a.shape) : a.shape.slice(-2);
  const [innerB, columns] = transposeB ? swap(b.shape) : b.shape.slice(-2);
  if (inner !== innerB) throw new Error(`matMul: inner sides of [${a.shape}] and [${b.shape}] differ`);
  const batch = broadcastShape([a.shape.slice(0, -2), b.shape.slice(0, -2)]);
  const shape = [...batch, rows, columns];
  if (!transposeA && !transposeB) return graph.add('MatMul', [a, b], a.type, shape);
  // The shape of a weight's gradient.
  if (shape.length === 2 && transposeA && !transposeB) return graph.rowSum({ a: [a], b: [b] }, a.type, shape);
  if (shape.length === 2) {
    return graph.add('Gemm', [a, b], a.type, shape, { transA: Number(transposeA), transB: Number(transposeB) });
  }
  if (graph.fused) {
    const flags = { transA: Number(transposeA), transB: Number(transposeB) };
    return graph.add('FusedMatMul', [a, b], a.type, shape, flags, 'com.microsoft');
  }
  const flip = (value: Value) => {
    const rank = value.shape.length;
    return transpose(graph, value, [...value.shape.keys()].map((i) => (i < rank - 2 ? i : i === rank - 2 ? rank - 1 : rank - 2)));
  };
  return graph.add('MatMul', [transposeA ? flip(a) : a, transposeB ? flip(b) : b], a.type, shape);
}

const swap = (shape: readonly number[]): number[] => [shape[shape.length - 1], shape[shape.length - 2]];
