/** A program traced into the bytes of an ONNX model, with what it takes and gives by name. */
import type { DType, Group, Groups, NdArray, Noise, Rng, TensorSpec } from '../types.ts';
import type { CompileReport, ProgramFunction } from './compile.ts';
import { Graph, type Value, type ValueType } from './graph.ts';
import { mapGroups, sizeOf } from './nd-array.ts';
import { writeModel, type Model } from './onnx.ts';
import { tensorOf, trace, valueOf } from './trace-backend.ts';
import { elementwise } from './lowerings/elementwise.ts';

/** Random numbers that a program asks for: an input that is drawn for every run. */
export interface NoiseInput {
  readonly name: string;
  readonly kind: 'fillUniform' | 'fillNormal';
  readonly shape: readonly number[];
}

/** Plain data, which can be sent to another thread. */
export interface TracedModel extends Model {
  readonly outputs: readonly Place<TensorSpec>[];
  readonly noise: readonly NoiseInput[];
}

/** @param fused whether kernels may be used that the CPU provider alone has */
export function traceModel(
  fn: ProgramFunction,
  inputs: Groups<TensorSpec>,
  { constants, fused }: { readonly constants: Groups<NdArray>; readonly fused: boolean },
): TracedModel {
  const graph = new Graph({ fused });
  const noise: NoiseInput[] = [];
  const outputs = trace(graph, () => {
    const variable = mapGroups(inputs, ({ shape, dtype }, name) => enter(graph, graph.input(name, dtype, shape)));
    const baked = mapGroups(constants, ({ data, shape, dtype }, name) =>
      enter(graph, graph.weight(name, data, dtype, shape)),
    );
    const results = fn({ ...variable, ...baked }, tracedNoise(graph, noise));
    // An input may leave as it came, so outputs have names of their own.
    return placesOf(results).map(({ name, value, ...place }) => ({ ...place, name: `out/${name}`, value: valueOf(value) }));
  });
  return {
    ...writeModel(graph, outputs),
    outputs: outputs.map(({ name, group, key, value: { shape, type } }) => ({ name, group, key, value: { shape, dtype: dtypeOf(type) } })),
    noise,
  };
}

const dtypeOf = (type: ValueType): DType => (type === 'int64' ? 'int32' : type);

/** What a program would be as a graph, without building it. */
export function inspect(fn: ProgramFunction, inputs: Groups<TensorSpec>): Pick<CompileReport, 'nodes' | 'gflop'> {
  const { nodes, flops } = traceModel(fn, inputs, { constants: {}, fused: true });
  return { nodes, gflop: flops / 1e9 };
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
    noise.push({ name, kind, shape });
    return tensorOf(graph.input(name, 'float32', shape));
  };
  return { uniform: draw('fillUniform'), normal: draw('fillNormal') };
}

/**
 * Draws the noise of one run after the other, into the same memory. Every request draws, used or not, so that a stream
 * does not depend on what an optimiser could leave out.
 */
export function noiseDrawer(program: string, noise: readonly NoiseInput[]): (rng: Rng | undefined) => Group<NdArray> {
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
