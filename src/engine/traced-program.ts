/** A program traced into a graph and run as one session: of ONNX Runtime, or of WebAssembly where it is small. */
import type { EngineChoice, Group, Groups, NdArray, TensorSpec } from '../types.ts';
import { stopwatch } from '../clock.ts';
import { inputCheck } from './input-check.ts';
import { sizeOf } from '../nd-array.ts';
import type { Program, ProgramFunction, ProgramSettings } from './program.ts';
import { openSession } from './session.ts';
import { noiseDrawer, placesOf, traceModel, type Output, type TracedModel, type TraceSettings } from './traced-model.ts';
import { openWasmSession } from './wasm/wasm-session.ts';

/** A program as plain data: it can be sent to another thread and opened there, as often as one likes. */
export interface PortableProgram {
  readonly name: string;
  readonly inputs: Groups<TensorSpec>;
  readonly traced: TracedModel;
  readonly engine: EngineChoice;
  readonly traceMs: number;
}

/** @throws MissingKernelError, or an Error that names what is wrong in the program. */
export function traceProgram(
  name: string,
  fn: ProgramFunction,
  inputs: Groups<TensorSpec>,
  { engine, constants, named = false }: Omit<ProgramSettings, 'threads'> & Pick<TraceSettings, 'named'>,
): PortableProgram {
  const elapsedMs = stopwatch();
  const traced = traceModel(fn, inputs, { constants, fused: engine.provider === 'cpu', wasm: engine.wasm, named });
  return { name, inputs, traced, engine, traceMs: elapsedMs() };
}

export interface OpenSettings {
  readonly threads?: number;
  /** What a run gives is only lent, where that saves copies: the next run writes over it. */
  readonly lent?: boolean;
  /** Write what every node took to `<profile>_<time>.json` when it is disposed: in ONNX Runtime, which it slows down. */
  readonly profile?: string;
}

export async function openProgram(
  { name, inputs, traced: { model, outputs, noise }, engine, traceMs }: PortableProgram,
  { threads = 1, lent = false, profile }: OpenSettings = {},
): Promise<Program> {
  const elapsedMs = stopwatch();
  const session = model.kind === 'wasm'
    ? await openWasmSession(model, { lent })
    : await openSession(model.bytes, { provider: engine.provider, threads, ...(profile === undefined ? {} : { profile }) });
  const buildMs = elapsedMs();
  const check = inputCheck(name, inputs);
  const draw = noiseDrawer(name, noise);
  const places = placesOf(inputs);
  let borrowed: Groups<NdArray> | undefined;
  return {
    name,
    inputs,
    report: {
      engine: model.kind, nodes: model.nodes, gflop: model.flops / 1e9, traceMs, buildMs, cached: session.cached,
    },
    async run(arrays, rng) {
      check(arrays);
      const given: Record<string, NdArray> = { ...draw(rng) };
      for (const { name: input, group, key } of places) given[input] = arrays[group][key];
      const results = await session.run(given);
      return session.lends ? (borrowed ??= arrange(results, outputs)) : arrange(results, outputs);
    },
    dispose: () => session.release(),
  };
}

function arrange(results: Group<NdArray['data']>, outputs: readonly Output[]): Groups<NdArray> {
  const groups: Record<string, Record<string, NdArray>> = {};
  for (const { name, group, key, value: { shape, dtype }, offset } of outputs) {
    const all = results[name];
    const data = offset === undefined ? all : all.subarray(offset, offset + sizeOf(shape));
    (groups[group] ??= {})[key] = { data, shape, dtype };
  }
  return groups;
}
