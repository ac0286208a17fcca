/**
 * compile(): a program written in TensorFlow.js operations becomes something that runs. On the `onnx` engine it is
 * traced once and executed as one ONNX Runtime session, or as WebAssembly where it is small and its parameters are baked
 * in; `tensorflow` and `reference` run the same program eagerly.
 */
import type { Tensor } from '@tensorflow/tfjs';
import type { EngineChoice, Groups, NdArray, Noise, Rng, TensorSpec } from '../types.ts';
import { createEagerProgram } from './eager-program.ts';
import { resolveEngine } from './resolve-engine.ts';
import { openProgram, traceProgram } from './traced-program.ts';

/** What a program does: named groups of tensors in, named groups of tensors out. Must be pure. */
export type ProgramFunction = (inputs: Groups<Tensor>, noise: Noise) => Groups<Tensor>;

export interface CompileOptions {
  /** As `resolveEngine` gave it; by default what `auto` chooses. */
  readonly engine?: EngineChoice;
  /** Threads of one session. */
  readonly threads?: number;
  /** Groups that never change: baked into the session as weights, and left out of `run`'s inputs. */
  readonly constants?: Groups<NdArray>;
}

/** What compiling cost. Zeros where the engine compiles nothing. */
export interface CompileReport {
  readonly engine: string;
  readonly nodes: number;
  /** Arithmetic of one run: matrix products and convolutions, in 10⁹ floating-point operations. */
  readonly gflop: number;
  readonly traceMs: number;
  /** Creating the session, which optimises the graph unless it came from the cache. */
  readonly buildMs: number;
  readonly cached: boolean;
}

export interface Program {
  readonly name: string;
  readonly inputs: Groups<TensorSpec>;
  readonly report: CompileReport;
  /**
   * Run once. Random numbers are drawn from `rng`, which may be left out where the program asks for none.
   * @throws Error naming the input and both shapes, where an input is missing or of another shape or dtype.
   */
  run(inputs: Groups<NdArray>, rng?: Rng): Promise<Groups<NdArray>>;
  dispose(): Promise<void>;
}

/** @throws MissingKernelError, or an Error that names the program and what is wrong in it. */
export async function compile(
  name: string,
  fn: ProgramFunction,
  inputs: Groups<TensorSpec>,
  options: CompileOptions = {},
): Promise<Program> {
  const engine = options.engine ?? (await resolveEngine());
  const settings = { threads: options.threads ?? 1, constants: options.constants ?? {}, engine };
  return engine.name === 'onnx'
    ? openProgram(traceProgram(name, fn, inputs, settings), { threads: settings.threads })
    : createEagerProgram(name, fn, inputs, settings);
}
