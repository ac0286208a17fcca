/** What a kernel is: the WebAssembly of one node of a graph. */
import type { Node, Value } from '../graph.ts';
import type { OnnxOp } from '../ops.ts';
import { sizeOf } from '../../nd-array.ts';
import type { Code, FunctionBuilder } from './assembler.ts';
import type { Operand } from './loops.ts';

export interface KernelCall {
  readonly node: Node;
  /** The function that is being written. */
  readonly fn: FunctionBuilder;
  /** Where a value's numbers are, whatever their type, as float32. */
  operandOf(value: Value): Operand;
  /** As `operandOf`, where they have to be in memory. */
  addressOf(value: Value): number;
  /** Lay down numbers beside those of the graph. */
  place(numbers: Float32Array): number;
}

/** The node's code, or undefined where the kernel does not go as far. */
export type Kernel = (call: KernelCall) => Code | undefined;

/** The kernels of some operations. */
export type Kernels = Readonly<Partial<Record<OnnxOp, Kernel>>>;

/** The elements of a value that is known, or undefined. */
export function numbersOf({ constant, uniform, shape }: Value): number[] | undefined {
  if (constant !== undefined) return Array.from(constant);
  return uniform === undefined ? undefined : new Array<number>(sizeOf(shape)).fill(uniform);
}

/** A shape around one axis, or around several that are neighbours: what is before, along and after. */
export function around(shape: readonly number[], first: number, end = first + 1): readonly [number, number, number] {
  return [sizeOf(shape.slice(0, first)), sizeOf(shape.slice(first, end)), sizeOf(shape.slice(end))];
}
