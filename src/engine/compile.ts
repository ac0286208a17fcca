/**
 * compile(): a program written in TensorFlow.js operations becomes something that runs. On the `onnx` engine it is
 * traced once and executed as one ONNX Runtime session, or as WebAssembly where it is small and its parameters are baked
 * in; `tensorflow` and `reference` run the same program eagerly.
 */
import type { EngineChoice, Groups, NdArray, TensorSpec } from '../types.ts';
import { createEagerProgram } from './eager-program.ts';
import type { Program, ProgramFunction } from './program.ts';
import { resolveEngine } from './resolve-engine.ts';
import { openProgram, traceProgram } from './traced-program.ts';

export interface CompileOptions {
  /** As `resolveEngine` gave it; by default what `auto` chooses. */
  readonly engine?: EngineChoice;
  /** Threads of one session. */
  readonly threads?: number;
  /** Groups that never change: baked into the session as weights, and left out of `run`'s inputs. */
  readonly constants?: Groups<NdArray>;
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
