/**
 * A graph as a WebAssembly module: every node is a function over one memory, where every array has its place. It is for
 * small graphs whose large matrices never change. A library's run costs some microseconds for every node and for
 * crossing into it, which is more than such a graph's arithmetic; here a run is one call.
 */
import { flopsOf } from '../flops.ts';
import type { Graph, Node, Value } from '../graph.ts';
import { sizeOf } from '../../nd-array.ts';
import type { NamedOutput } from '../onnx.ts';
import type { OnnxOp } from '../ops.ts';
import { call, createFunction, writeModule, type WasmFunction } from './assembler.ts';
import { elementwise } from './elementwise.ts';
import { numbersOf, type Kernel } from './kernel.ts';
import { BYTES, PADDING, VECTOR_BYTES, type Operand } from './loops.ts';
import { moving } from './moving.ts';
import { products } from './products.ts';
import { rows } from './rows.ts';
import { vectorMath } from './vector-math.ts';

/** Numbers of an array in memory, from byte `address` on. */
export interface Span {
  readonly name: string;
  readonly address: number;
  readonly length: number;
}

/** Plain data, which can be sent to another thread. */
export interface WasmModel {
  readonly kind: 'wasm';
  readonly code: Uint8Array;
  /** Of 64 KiB. */
  readonly pages: number;
  readonly constants: readonly { readonly address: number; readonly numbers: Float32Array }[];
  readonly inputs: readonly Span[];
  readonly outputs: readonly Span[];
  readonly nodes: number;
  readonly flops: number;
}

/**
 * What each operation is here: a kernel; a view, which is the same numbers under another shape; or refused, so that ONNX
 * Runtime has the whole graph.
 */
const kernels = {
  ...elementwise, ...rows, ...moving, ...products,
  Reshape: 'view', Unsqueeze: 'view',
  Conv: 'refused', ConvTranspose: 'refused',
  Cos: 'refused', Erf: 'refused', Sin: 'refused', ReduceProd: 'refused',
  Gather: 'refused', Pad: 'refused', ScatterND: 'refused', TopK: 'refused',
} as const satisfies Readonly<Record<OnnxOp, Kernel | 'view' | 'refused'>>;

const PAGE_BYTES = 65_536;
/** No more memory than this. */
const MOST_BYTES = 16 * 2 ** 20;
/**
 * Where ONNX Runtime is faster, measured on a machine with wide vectors. Its products take half the time, and its
 * element-wise nodes a third: an element counts as many operations as here, more where it is an exponential. But a run of
 * it costs as much as `CALL` operations, and every node of it as `NODE`.
 */
const [CALL, NODE] = [1.2e6, 45e3];
const [ELEMENT, EXPONENTIAL] = [70, 400];
const EXPONENTIALS: ReadonlySet<OnnxOp> = new Set(['Exp', 'Log', 'Tanh', 'Sigmoid', 'Softmax', 'LogSoftmax']);

/** The module of a graph, or undefined where ONNX Runtime would be faster, or something is needed that no kernel does. */
export function writeWasm(graph: Graph, outputs: readonly NamedOutput[]): WasmModel | undefined {
  const targets = outputs.map(({ name, value }) => ({ name, value: graph.materialize(value) }));
  if (targets.some(({ value }) => value.type !== 'float32')) return undefined;
  const nodes = graph.reachable(targets.map(({ value }) => value));
  const flops = nodes.reduce((sum, node) => sum + flopsOf(node), 0);
  if (flops + elementOperations(nodes) > CALL + NODE * nodes.length) return undefined;
  // Loops run at least once.
  if (nodes.some((node) => [...node.inputs, ...node.outputs].some((value) => sizeOf(value.shape) === 0))) return undefined;
  const memory = createMemory();

  const functions: WasmFunction[] = [...vectorMath()];
  const first = functions.length;
  for (const node of nodes) {
    const kernel = kernels[node.op];
    if (kernel === 'refused') return undefined;
    if (kernel === 'view') {
      memory.share(node.inputs[0], node.outputs[0]);
      continue;
    }
    const fn = createFunction();
    const body = kernel({ node, fn, place: memory.place, operandOf: memory.operandOf, addressOf: memory.addressOf });
    if (body === undefined || memory.bytes() > MOST_BYTES) return undefined;
    functions.push({ ofVector: false, locals: fn.locals, body });
  }
  const spanOf = (name: string, value: Value): Span => ({ name, address: memory.addressOf(value), length: sizeOf(value.shape) });
  const places = targets.map(({ name, value }) => spanOf(name, value));
  const inputs = graph.inputs.filter(memory.has).map((value) => spanOf(value.name, value));
  const steps = functions.slice(first).flatMap((_, i) => call(first + i));
  const pages = Math.ceil(memory.bytes() / PAGE_BYTES) + 1;
  const code = writeModule([...functions, { ofVector: false, locals: [], body: steps }], pages);
  return { kind: 'wasm', code, pages, constants: memory.constants, inputs, outputs: places, nodes: nodes.length, flops };
}

/** What is done to elements, in operations of a product. */
function elementOperations(nodes: readonly Node[]): number {
  return nodes.reduce((sum, node) => {
    if (kernels[node.op] === 'view') return sum;
    return sum + sizeOf(node.outputs[0].shape) * (EXPONENTIALS.has(node.op) ? EXPONENTIAL : ELEMENT);
  }, 0);
}

/** Places for arrays, one behind the other; constants that a kernel asks for are laid down as it asks. */
function createMemory() {
  const addresses = new Map<string, number>();
  const constants: { address: number; numbers: Float32Array }[] = [];
  let end = 0;

  function reserve(length: number): number {
    const address = end;
    end += Math.ceil((length * BYTES) / VECTOR_BYTES) * VECTOR_BYTES + PADDING;
    return address;
  }
  function place(numbers: Float32Array): number {
    const address = reserve(numbers.length);
    constants.push({ address, numbers });
    return address;
  }
  function addressOf(value: Value): number {
    const known = addresses.get(value.name);
    if (known !== undefined) return known;
    const numbers = value.node ? undefined : numbersOf(value);
    const address = numbers ? place(Float32Array.from(numbers)) : reserve(sizeOf(value.shape));
    addresses.set(value.name, address);
    return address;
  }
  return {
    constants, place, addressOf,
    bytes: () => end,
    has: ({ name }: Value): boolean => addresses.has(name),
    operandOf: (value: Value): Operand =>
      value.uniform !== undefined && !value.node ? { uniform: value.uniform } : { address: addressOf(value) },
    share(value: Value, view: Value) {
      addresses.set(view.name, addressOf(value));
    },
  };
}
