/** How much arithmetic a graph is: multiplications and additions of its matrix products and convolutions. */
import { sizeOf } from '../nd-array.ts';
import type { Node } from './graph.ts';

/** Floating-point operations of one node; 0 for everything that is not a product of matrices or a convolution. */
export function flopsOf({ op, inputs, outputs: [output], attributes }: Node): number {
  if (op === 'MatMul' || op === 'Gemm' || op === 'FusedMatMul') {
    const [a] = inputs;
    const inner = attributes.transA === 1 ? a.shape[a.shape.length - 2] : a.shape[a.shape.length - 1];
    return 2 * sizeOf(output.shape) * inner;
  }
  // A filter is [out, in, H, W]; a transposed convolution reads every input once for every element of its filter.
  if (op === 'Conv') return 2 * sizeOf(output.shape) * sizeOf(inputs[1].shape.slice(1));
  if (op === 'ConvTranspose') return 2 * sizeOf(inputs[0].shape) * sizeOf(inputs[1].shape.slice(1));
  return 0;
}
