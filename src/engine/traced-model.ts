/** A program traced into a model that can be run, with what it takes and gives by name. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { DType, Group, Groups, NdArray, Noise, TensorSpec } from '../types.ts';
import { Graph, type Value, type ValueType } from './graph.ts';
import { mapGroups, sizeOf } from '../nd-array.ts';
import { writeModel, type NamedOutput, type OnnxModel } from './onnx.ts';
import type { CompileReport, NoiseSource, ProgramFunction } from './program.ts';
import { tensorOf, trace, valueOf } from './trace-backend.ts';
import { cast } from './lowerings/elementwise.ts';
import { writeWasm, type WasmModel } from './wasm/write-wasm.ts';

/** Random numbers that a program asks for: an input that is drawn for every run. */
export interface NoiseInput {
  readonly name: string;
  readonly kind: 'fillUniform' | 'fillNormal';
  readonly shape: readonly number[];
}

/** What a program gives, and as which of the session's results. */
export interface Output extends Place<TensorSpec> {
  /** Where it begins in that result, if it shares it with others. */
  readonly offset?: number;
}

/** Plain data, which can be sent to another thread. */
export interface TracedModel {
  readonly model: OnnxModel | WasmModel;
  readonly outputs: readonly Output[];
  readonly noise: readonly NoiseInput[];
}

export interface TraceSettings {
  readonly constants: Groups<NdArray>;
  /** Whether kernels may be used that ONNX Runtime's CPU provider alone has. */
  readonly fused: boolean;
  /** Whether it may become WebAssembly, where that can do it. */
  readonly wasm: boolean;
  /** Whether nodes say to which part of an agent they belong. */
  readonly named?: boolean;
}

export function traceModel(
  fn: ProgramFunction,
  inputs: Groups<TensorSpec>,
  { constants, fused, wasm, named = false }: TraceSettings,
): TracedModel {
  const graph = new Graph({ fused });
  const noise: NoiseInput[] = [];
  const traced = trace(graph, () => {
    const variable = mapGroups(inputs, ({ shape, dtype }, name) => enter(graph, graph.input(name, dtype, shape)));
    const baked = mapGroups(constants, ({ data, shape, dtype }, name) =>
      enter(graph, graph.weight(name, data, dtype, shape)),
    );
    const results = fn({ ...variable, ...baked }, tracedNoise(graph, noise));
    return pack(placesOf(results));
  });
  const model = (wasm ? writeWasm(graph, traced.leaving) : undefined) ?? writeModel(graph, traced.leaving, { named });
  return { model, outputs: traced.outputs, noise };
}

/** Results of one float32 program that have no more numbers than this leave as one array. */
const MOST_PACKED = 2 ** 16;
const PACKED = 'packed';

/**
 * An array of its own costs every output several microseconds a run, which is as much as a whole layer costs a small
 * program. So a small one's outputs leave one behind the other, in one.
 */
function pack(results: readonly Place<Tensor>[]): { leaving: readonly NamedOutput[]; outputs: readonly Output[] } {
  const specs = results.map(({ name, group, key, value }) => {
    const { shape, type } = valueOf(value);
    // An input may leave as it came, so outputs have names of their own.
    return { name: `out/${name}`, group, key, value: { shape, dtype: dtypeOf(type) } };
  });
  const total = specs.reduce((sum, { value: { shape } }) => sum + sizeOf(shape), 0);
  if (specs.length < 2 || total > MOST_PACKED || specs.some(({ value: { dtype } }) => dtype !== 'float32')) {
    return { leaving: results.map(({ value }, i) => ({ name: specs[i].name, value: valueOf(value) })), outputs: specs };
  }
  const packed = tf.concat(results.map(({ value }) => tf.reshape(value, [-1])));
  let end = 0;
  const outputs = specs.map((spec) => {
    const offset = end;
    end += sizeOf(spec.value.shape);
    return { ...spec, name: PACKED, offset };
  });
  return { leaving: [{ name: PACKED, value: valueOf(packed) }], outputs };
}

const dtypeOf = (type: ValueType): DType => (type === 'int64' ? 'int32' : type);

/** What a program would be as a graph, without building it. */
export function inspect(fn: ProgramFunction, inputs: Groups<TensorSpec>): Pick<CompileReport, 'nodes' | 'gflop'> {
  const { model: { nodes, flops } } = traceModel(fn, inputs, { constants: {}, fused: true, wasm: false });
  return { nodes, gflop: flops / 1e9 };
}

/** Bytes are ints to a program. */
function enter(graph: Graph, value: Value) {
  return tensorOf(value.type === 'uint8' ? cast(graph, value, 'int32') : value);
}

function tracedNoise(graph: Graph, noise: NoiseInput[]): Noise {
  const draw = (kind: NoiseInput['kind']) => (shape: readonly number[]) => {
    const name = `noise/${noise.length}`;
    noise.push({ name, kind, shape });
    return tensorOf(graph.input(name, 'float32', shape));
  };
  return { uniform: draw('fillUniform'), normal: draw('fillNormal') };
}

/**
 * Draws the noise of one run after the other, into the same memory. Every request draws, used or not, so that a stream
 * does not depend on what an optimiser could leave out.
 */
export function noiseDrawer(program: string, noise: readonly NoiseInput[]): (rng: NoiseSource | undefined) => Group<NdArray> {
  const drawn = noise.map(({ name, kind, shape }) => {
    const data = new Float32Array(sizeOf(shape));
    return { kind, data, entry: [name, { data, shape, dtype: 'float32' }] as const };
  });
  const arrays: Group<NdArray> = Object.fromEntries(drawn.map(({ entry }) => entry));
  return (rng) => {
    if (drawn.length > 0 && !rng) throw new Error(`${program}: the program draws random numbers, so run() needs an rng`);
    for (const { kind, data } of drawn) rng?.[kind](data);
    return arrays;
  };
}

/** Something in a group, and the name `group/key` that the graph has for it. */
export interface Place<T> {
  readonly name: string;
  readonly group: string;
  readonly key: string;
  readonly value: T;
}

/** Everything that groups hold. */
export const placesOf = <T>(groups: Groups<T>): readonly Place<T>[] =>
  Object.entries(groups).flatMap(([group, members]) =>
    Object.entries(members).map(([key, value]) => ({ name: `${group}/${key}`, group, key, value })),
  );
