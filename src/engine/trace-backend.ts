/**
 * A TensorFlow.js backend that computes nothing: every kernel appends nodes to a graph, and a data id stands for a
 * value of that graph. What a kernel appends is written in lowerings/, one table entry a kernel.
 */
import * as tf from '@tensorflow/tfjs';
import type { DataId, DataType, TensorInfo } from '@tensorflow/tfjs';
import { sizeOf } from '../nd-array.ts';
import { Graph, type Value } from './graph.ts';
import { lowerings } from './lowerings/index.ts';
import { registerSumGradients } from './sum-gradients.ts';

const TRACE_BACKEND = 'dreamtree-trace';

/** What tfjs holds a value of the graph by: its data id, to which it is nothing but an object. */
class TracedData {
  readonly value: Value;

  constructor(value: Value) {
    this.value = value;
  }
}

class TraceBackend extends tf.KernelBackend {
  graph: Graph | undefined;

  lookup({ dataId }: TensorInfo): Value {
    if (dataId instanceof TracedData) return dataId.value;
    throw new Error('a tensor made outside the traced program was used in it: pass it as an input, or make it inside');
  }

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: DataType): DataId {
    if (!this.graph) throw new Error('tensors can be made on the tracing backend only while a program is being traced');
    const numbers = values ?? new Float32Array(sizeOf(shape));
    if (Array.isArray(numbers)) throw new Error('strings cannot be used in a traced program');
    return new TracedData(this.graph.constant(numbers, valueType(dtype), shape));
  }

  override readSync(dataId: DataId): tf.backend_util.TypedArray {
    const { shape, uniform, constant } = this.lookup({ dataId, shape: [], dtype: 'float32' });
    if (uniform !== undefined) return new Float32Array(sizeOf(shape)).fill(uniform);
    if (constant !== undefined) return Float32Array.from(constant);
    throw new Error(
      `a value of shape [${shape}] was read (data, dataSync, array, print …) inside a traced program: ` +
        'there are no numbers yet; return the tensor as an output and read it there',
    );
  }

  override async read(dataId: DataId): Promise<tf.backend_util.TypedArray> {
    return this.readSync(dataId);
  }

  override numDataIds(): number {
    return 0;
  }
  override refCount(): number {
    return 1;
  }
  override incRef(): void {}
  override disposeData(): boolean {
    return true;
  }
  override floatPrecision(): 16 | 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7;
  }
  override memory(): { unreliable: boolean; reasons: string[] } {
    return { unreliable: true, reasons: ['tracing holds no numbers'] };
  }
  override timerAvailable(): boolean {
    return false;
  }
  override dispose(): void {}
}

const backend = new TraceBackend();
let registered = false;

function register(): void {
  if (registered) return;
  registered = true;
  registerSumGradients();
  tf.registerBackend(TRACE_BACKEND, () => backend, 0);
  for (const [kernelName, lowering] of Object.entries(lowerings)) {
    tf.registerKernel({
      kernelName,
      backendName: TRACE_BACKEND,
      kernelFunc: ({ inputs, attrs }) => {
        const graph = activeGraph();
        const names = Object.keys(inputs).filter((name) => inputs[name] != null);
        const list = names.map((name) => backend.lookup(inputs[name] as TensorInfo));
        const values = Object.fromEntries(names.map((name, i) => [name, list[i]]));
        const result = lowering({ graph, inputs: values, list, attributes: { ...attrs } });
        return Array.isArray(result) ? result.map(infoOf) : infoOf(result as Value);
      },
    });
  }
}

function activeGraph(): Graph {
  if (!backend.graph) throw new Error('the tracing backend is used only while a program is being traced');
  return backend.graph;
}

function infoOf(value: Value): TensorInfo {
  if (value.type === 'int64' || value.type === 'uint8') throw new Error(`a kernel returned ${value.type}`);
  return { dataId: new TracedData(value), shape: [...value.shape], dtype: value.type };
}

function valueType(dtype: DataType): 'float32' | 'int32' | 'bool' {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new Error(`${dtype} tensors cannot be used in a traced program`);
}

/** The value of the graph that a traced tensor stands for. */
export const valueOf = (tensor: tf.Tensor): Value => backend.lookup(tensor);

/** A tensor that stands for `value`. */
export function tensorOf(value: Value): tf.Tensor {
  return tf.engine().makeTensorFromTensorInfo(infoOf(value));
}

/**
 * Run `program` on the tracing backend, appending what it does to `graph`.
 * @throws Error naming the kernel, where the program needs one that has no lowering.
 */
export function trace<T>(graph: Graph, program: () => T): T {
  register();
  if (backend.graph) throw new Error('a program cannot be traced while another one is');
  const before = tf.getBackend();
  backend.graph = graph;
  try {
    void tf.setBackend(TRACE_BACKEND);
    tf.engine().startScope();
    return program();
  } catch (error) {
    const missing = /Kernel '(\w+)' not registered/.exec(error instanceof Error ? error.message : '');
    if (!missing) throw error;
    throw new MissingKernelError(missing[1], { cause: error });
  } finally {
    tf.engine().endScope();
    backend.graph = undefined;
    if (before) void tf.setBackend(before);
  }
}

export class MissingKernelError extends Error {
  readonly kernel: string;
  constructor(kernel: string, options?: ErrorOptions) {
    const caller = options?.cause instanceof Error ? operationOf(options.cause) : undefined;
    super(
      `kernel ${kernel}${caller ? `, asked for by tf.${caller},` : ''} has no ONNX lowering: ` +
        'write the program with other operations, add the kernel to src/engine/lowerings, or run with --engine reference',
      options,
    );
    this.name = 'MissingKernelError';
    this.kernel = kernel;
  }
}

/** The tfjs operation on the stack: its functions are called `name_` and wrapped as `name__op`. */
function operationOf(error: Error): string | undefined {
  return /at (?:Object\.)?(\w+?)_(?:_op)? \(/.exec(error.stack ?? '')?.[1];
}

/** RMSNorm as one node with the inverse deviation its gradient needs; undefined where it has to be spelled out. */
export function fusedRmsNorm(
  x: tf.Tensor,
  scale: tf.Tensor,
  epsilon: number,
): { value: tf.Tensor; inverse: tf.Tensor } | undefined {
  const { graph } = backend;
  if (!graph?.fused) return undefined;
  const [value, inverse] = graph.addMany(
    'SimplifiedLayerNormalization',
    [backend.lookup(x), backend.lookup(scale)],
    [{ type: 'float32', shape: x.shape }, { type: 'float32', shape: [...x.shape.slice(0, -1), 1] }],
    { axis: -1, epsilon: { float: epsilon }, stash_type: 1 },
  );
  return { value: tensorOf(value), inverse: tensorOf(inverse) };
}
