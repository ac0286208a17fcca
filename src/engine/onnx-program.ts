/** A program traced into a graph and run as one ONNX Runtime session. */
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import type { DType, Groups, NdArray, Noise, Rng, TensorSpec } from '../types.ts';
import { stopwatch } from '../clock.ts';
import type { CompileReport, Program, ProgramFunction } from './compile.ts';
import { Graph, type Value } from './graph.ts';
import { checkInputs, mapGroups, sizeOf } from './nd-array.ts';
import { writeModel, type NamedOutput } from './onnx.ts';
import type { EngineChoice } from './resolve-engine.ts';
import { createSession } from './session.ts';
import { tensorOf, trace, valueOf } from './trace-backend.ts';
import { elementwise } from './lowerings/elementwise.ts';

export interface ProgramSettings {
  readonly engine: EngineChoice;
  readonly threads: number;
  readonly constants: Groups<NdArray>;
}

interface NoiseInput {
  readonly name: string;
  readonly kind: 'fillUniform' | 'fillNormal';
  readonly array: NdArray & { readonly data: Float32Array };
}

export async function createOnnxProgram(
  name: string,
  fn: ProgramFunction,
  inputs: Groups<TensorSpec>,
  { engine, threads, constants }: ProgramSettings,
): Promise<Program> {
  const ort = await import('onnxruntime-node');
  const elapsedMs = stopwatch();
  const { graph, outputs, noise } = traceProgram(fn, inputs, constants, engine.provider === 'cpu');
  const { bytes, nodes, flops } = writeModel(graph, outputs);
  const traceMs = elapsedMs();
  const { session, cached } = await createSession(bytes, { provider: engine.provider, threads });
  const buildMs = elapsedMs() - traceMs;

  const feed = (array: NdArray): OrtTensor => new ort.Tensor(array.dtype, array.data, array.shape);
  // What the graph does not use is not among the session's inputs.
  const used = new Set(session.inputNames);

  return {
    name,
    inputs,
    report: { engine: engine.name, nodes, gflop: flops / 1e9, traceMs, buildMs, cached },
    async run(arrays, rng) {
      checkInputs(name, inputs, arrays);
      const feeds: Record<string, OrtTensor> = {};
      for (const [group, members] of Object.entries(inputs)) {
        for (const key of Object.keys(members)) {
          const input = `${group}/${key}`;
          if (used.has(input)) feeds[input] = feed(arrays[group][key]);
        }
      }
      for (const { name: input, array } of drawNoise(name, noise, rng)) if (used.has(input)) feeds[input] = feed(array);
      return collect(outputs, await session.run(feeds));
    },
    dispose: () => session.release(),
  };
}

/** What a program would be as a graph, without building it. */
export function inspect(fn: ProgramFunction, inputs: Groups<TensorSpec>): Pick<CompileReport, 'nodes' | 'gflop'> {
  const { graph, outputs } = traceProgram(fn, inputs, {}, true);
  const { nodes, flops } = writeModel(graph, outputs);
  return { nodes, gflop: flops / 1e9 };
}

function traceProgram(fn: ProgramFunction, inputs: Groups<TensorSpec>, constants: Groups<NdArray>, fused: boolean) {
  const graph = new Graph({ fused });
  const noise: NoiseInput[] = [];
  const outputs = trace(graph, (): NamedOutput[] => {
    const variable = mapGroups(inputs, ({ shape, dtype }, name) => enter(graph, graph.input(name, dtype, shape)));
    const baked = mapGroups(constants, ({ data, shape, dtype }, name) =>
      enter(graph, graph.weight(name, data, dtype, shape)),
    );
    const results = fn({ ...variable, ...baked }, tracedNoise(graph, noise));
    return Object.entries(results).flatMap(([group, members]) =>
      Object.entries(members).map(([key, tensor]) => ({ name: `out/${group}/${key}`, value: valueOf(tensor) })),
    );
  });
  return { graph, outputs, noise };
}

/** Bytes are ints to a program. */
function enter(graph: Graph, value: Value) {
  const known = value.type === 'uint8'
    ? elementwise.Cast({ graph, inputs: { x: value }, list: [value], attributes: { dtype: 'int32' } })
    : value;
  return tensorOf(known);
}

function tracedNoise(graph: Graph, noise: NoiseInput[]): Noise {
  const draw = (kind: NoiseInput['kind']) => (shape: readonly number[]) => {
    const name = `noise/${noise.length}`;
    noise.push({ name, kind, array: { data: new Float32Array(sizeOf(shape)), shape, dtype: 'float32' } });
    return tensorOf(graph.input(name, 'float32', shape));
  };
  return { uniform: draw('fillUniform'), normal: draw('fillNormal') };
}

/** Every request draws, used or not, so that a stream does not depend on what an optimiser could leave out. */
function drawNoise(program: string, noise: readonly NoiseInput[], rng: Rng | undefined): readonly NoiseInput[] {
  if (noise.length > 0 && !rng) throw new Error(`${program}: the program draws random numbers, so run() needs an rng`);
  for (const { kind, array } of noise) rng?.[kind](array.data);
  return noise;
}

function collect(outputs: readonly NamedOutput[], results: InferenceSession.OnnxValueMapType): Groups<NdArray> {
  const groups: Record<string, Record<string, NdArray>> = {};
  for (const { name, value } of outputs) {
    const [, group, ...path] = name.split('/');
    (groups[group] ??= {})[path.join('/')] = toArray(results[name] as OrtTensor, value);
  }
  return groups;
}

function toArray({ data }: OrtTensor, { type, shape }: Value): NdArray {
  const dtype: DType = type === 'int64' ? 'int32' : type;
  if (data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint8Array) return { data, shape, dtype };
  throw new Error(`ONNX Runtime returned ${typeof data} for ${dtype} [${shape}]`);
}

