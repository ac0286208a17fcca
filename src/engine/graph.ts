/**
 * A graph of ONNX nodes under construction. Equal nodes are made once, constants stay symbolic for as long as they can
 * (a tensor of equal values is one number), and what no output needs is never written.
 */
import { sameShape, sizeOf } from '../nd-array.ts';
import type { OnnxOp } from './ops.ts';

/** The types that values have, with the numbers that ONNX has for them: TensorProto.DataType. */
export const DATA_TYPE = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9 } as const;
export type ValueType = keyof typeof DATA_TYPE;

export interface Value {
  readonly name: string;
  readonly type: ValueType;
  readonly shape: readonly number[];
  /** The number that every element equals, where that is known. */
  readonly uniform?: number;
  /** The elements, where they are known. */
  readonly constant?: ArrayLike<number>;
  /** What this value repeats by broadcasting; whoever broadcasts anyway can use that instead. */
  readonly expands?: Value;
  /** A sum that is not yet written down, because more may be added to it. */
  readonly sum?: RowSum;
  readonly node?: Node;
}

/**
 * Σᵢ aᵢᵀ·bᵢ, or Σᵢ Σ_rows bᵢ where there are no `a`: how the gradients of a layer that is applied at every time step add
 * up. Written down as one product (one sum) over the rows of all steps together.
 */
export interface RowSum {
  readonly a: readonly Value[];
  readonly b: readonly Value[];
}

export type Attribute = number | string | readonly number[] | { readonly float: number };

export interface Node {
  readonly op: OnnxOp;
  readonly domain: string;
  readonly inputs: readonly Value[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  outputs: readonly Value[];
}

interface OutputSpec {
  readonly type: ValueType;
  readonly shape: readonly number[];
}

/** Sums over so many rows at least go by way of rows that are about so wide. */
const [TALL, WIDE] = [16, 4096];
/** Constants up to this many elements are stored whole; larger uniform ones are a scalar and an Expand. */
const SMALL = 64;

export class Graph {
  readonly inputs: Value[] = [];
  /** Which lowerings may be used: `com.microsoft` kernels exist on the CPU provider only. */
  readonly fused: boolean;
  readonly #nodes = new Map<string, Node>();
  readonly #constants = new Map<string, Value>();
  #counter = 0;

  constructor(options: { readonly fused: boolean }) {
    this.fused = options.fused;
  }

  #name(prefix: string): string {
    return `${prefix}${this.#counter++}`;
  }

  input(name: string, type: ValueType, shape: readonly number[]): Value {
    const value: Value = { name, type, shape };
    this.inputs.push(value);
    return value;
  }

  /** A constant of known elements. */
  constant(values: ArrayLike<number>, type: ValueType, shape: readonly number[]): Value {
    const first = values[0];
    let uniform = values.length > 0;
    for (let i = 1; uniform && i < values.length; i++) uniform = values[i] === first;
    if (uniform) return this.uniform(first, type, shape);
    return this.#intern(`${type}[${shape}]${Array.prototype.join.call(values, ',')}`, () => ({
      name: this.#name('c'), type, shape, constant: values,
    }));
  }

  /** A constant whose elements are all `value`. */
  uniform(value: number, type: ValueType, shape: readonly number[]): Value {
    const exact = type === 'float32' ? Math.fround(value) : value;
    return this.#intern(`${type}[${shape}]=${Object.is(exact, -0) ? '-0' : exact}`, () => ({
      name: this.#name('c'), type, shape, uniform: exact,
    }));
  }

  int64(values: readonly number[]): Value {
    return this.constant(values, 'int64', [values.length]);
  }

  /** An initialiser that is not compared with others (weights). */
  weight(name: string, values: ArrayLike<number>, type: ValueType, shape: readonly number[]): Value {
    return { name, type, shape, constant: values };
  }

  #intern(key: string, make: () => Value): Value {
    const known = this.#constants.get(key);
    if (known) return known;
    const value = make();
    this.#constants.set(key, value);
    return value;
  }

  /** Append a node with one output. */
  add(
    op: OnnxOp,
    inputs: readonly Value[],
    type: ValueType,
    shape: readonly number[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): Value {
    return this.addMany(op, inputs, [{ type, shape }], attributes, domain)[0];
  }

  /** Append a node with several outputs. */
  addMany(
    op: OnnxOp,
    inputs: readonly Value[],
    outputs: readonly OutputSpec[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): readonly Value[] {
    const full = inputs.map((value) => this.materialize(value));
    return this.#append(op, full, outputs, attributes, domain).outputs;
  }

  /** Append a node that broadcasts its inputs by itself, so that uniform constants may stay scalars. */
  broadcast(op: OnnxOp, inputs: readonly Value[], type: ValueType, shape: readonly number[]): Value {
    const shapes = inputs.map((value) => value.shape);
    const thin = inputs.map((value, i) => {
      const source = value.uniform !== undefined ? this.uniform(value.uniform, value.type, []) : value.expands;
      if (!source) return value;
      const others = shapes.filter((_, j) => j !== i);
      if (!sameShape(broadcastShape([...others, source.shape]), shape)) return value;
      shapes[i] = source.shape;
      return source;
    });
    return this.#append(op, thin.map((value) => this.materialize(value)), [{ type, shape }], {}, '').outputs[0];
  }

  #append(
    op: OnnxOp,
    inputs: readonly Value[],
    outputs: readonly OutputSpec[],
    attributes: Readonly<Record<string, Attribute>>,
    domain: string,
  ): Node {
    const key = `${domain}:${op}(${inputs.map((value) => value.name)})${JSON.stringify(attributes)}`;
    const known = this.#nodes.get(key);
    if (known) return known;
    const node: Node = { op, domain, inputs, attributes, outputs: [] };
    node.outputs = outputs.map(({ type, shape }) => ({ name: this.#name('v'), type, shape, node }));
    this.#nodes.set(key, node);
    return node;
  }

  /** Repeat `value` up to `shape` by broadcasting; free for whoever broadcasts anyway. */
  expand(value: Value, shape: readonly number[]): Value {
    if (sameShape(value.shape, shape)) return value;
    if (value.uniform !== undefined) return this.uniform(value.uniform, value.type, shape);
    const source = value.expands ?? value;
    const expanded = this.add('Expand', [source, this.int64(shape)], value.type, shape);
    return { ...expanded, expands: source };
  }

  /** A sum over rows, to which others of its kind can be added before it is written down. */
  rowSum(sum: RowSum, type: ValueType, shape: readonly number[]): Value {
    return { name: this.#name('s'), type, shape, sum };
  }

  #writeRowSum({ a, b }: RowSum, type: ValueType, shape: readonly number[]): Value {
    const joined = (parts: readonly Value[]) => {
      if (parts.length === 1) return parts[0];
      const rows = parts.reduce((total, part) => total + part.shape[0], 0);
      return this.add('Concat', parts, type, [rows, ...parts[0].shape.slice(1)], { axis: 0 });
    };
    if (a.length > 0) return this.add('Gemm', [joined(a), joined(b)], type, shape, { transA: 1, transB: 0 });
    return this.#sumRows(joined(b), type, shape);
  }

  /** Rows that are short are first added up side by side: ONNX Runtime is several times faster along wide ones. */
  #sumRows(rows: Value, type: ValueType, shape: readonly number[]): Value {
    const sum = (value: Value, to: readonly number[]) => this.add('ReduceSum', [value, this.int64([0])], type, to, { keepdims: 0 });
    const [count, width] = rows.shape;
    let beside = 1;
    while (beside * width < WIDE && count % (2 * beside) === 0) beside *= 2;
    if (rows.shape.length !== 2 || count / beside < TALL) return sum(rows, shape);
    const side = this.add('Reshape', [rows, this.int64([count / beside, beside * width])], type, [count / beside, beside * width]);
    const added = sum(side, [beside * width]);
    return sum(this.add('Reshape', [added, this.int64([beside, width])], type, [beside, width]), shape);
  }

  /** A value that a node can take as input: sums are written down, large uniform constants become an Expand. */
  materialize(value: Value): Value {
    if (value.sum) return this.#writeRowSum(value.sum, value.type, value.shape);
    if (value.uniform === undefined) return value;
    if (sizeOf(value.shape) <= SMALL) return value;
    const one = this.uniform(value.uniform, value.type, []);
    return this.#append('Expand', [one, this.int64(value.shape)], [value], {}, '').outputs[0];
  }

  /** Every node that `outputs` need, in an order in which they can run. */
  reachable(outputs: readonly Value[]): Node[] {
    const needed = new Set<Node>();
    const pending = outputs.flatMap((value) => value.node ?? []);
    for (let node = pending.pop(); node; node = pending.pop()) {
      if (needed.has(node)) continue;
      needed.add(node);
      for (const input of node.inputs) if (input.node) pending.push(input.node);
    }
    return [...this.#nodes.values()].filter((node) => needed.has(node));
  }
}

/** NumPy's broadcasting. @throws Error naming the shapes where they do not fit. */
export function broadcastShape(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    let side = 1;
    for (const shape of shapes) {
      const own = shape[axis - rank + shape.length] ?? 1;
      if (own !== 1 && side !== 1 && own !== side) {
        throw new Error(`shapes ${shapes.map((each) => `[${each}]`).join(' and ')} do not broadcast`);
      }
      if (own !== 1) side = own;
    }
    return side;
  });
}
