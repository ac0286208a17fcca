/** What a program is: as it is written, in TensorFlow.js operations, and as it is run once it is compiled. */
import type { Tensor } from '@tensorflow/tfjs';
import type { EngineChoice, Groups, NdArray, Noise, Rng, TensorSpec } from '../types.ts';

/** What a program does: named groups of tensors in, named groups of tensors out. Must be pure. */
export type ProgramFunction = (inputs: Groups<Tensor>, noise: Noise) => Groups<Tensor>;

export interface ProgramSettings {
  readonly engine: EngineChoice;
  readonly threads: number;
  readonly constants: Groups<NdArray>;
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

/** What noise is drawn from. */
export type NoiseSource = Pick<Rng, 'fillUniform' | 'fillNormal'>;

export interface Program {
  readonly name: string;
  readonly inputs: Groups<TensorSpec>;
  readonly report: CompileReport;
  /**
   * Run once. Random numbers are drawn from `rng`, which may be left out where the program asks for none.
   * @throws Error naming the input and both shapes, where an input is missing or of another shape or dtype.
   */
  run(inputs: Groups<NdArray>, rng?: NoiseSource): Promise<Groups<NdArray>>;
  dispose(): Promise<void>;
}
