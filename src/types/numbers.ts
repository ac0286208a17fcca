/**
 * Two kinds of number, never mixed. `Tensor` (TensorFlow.js) is symbolic or eager and lives only inside a program given
 * to `compile`. `NdArray` is plain memory and is what exists at run time. A `Program` joins them.
 */
import type { Tensor } from '@tensorflow/tfjs';

export type DType = 'float32' | 'int32' | 'uint8' | 'bool';

/** A dense row-major array. `bool` holds 0 and 1 in bytes. */
export interface NdArray {
  readonly data: Float32Array | Int32Array | Uint8Array;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** Named values in named groups, for example `{ params: { 'actor/out/kernel': … }, batch: { image: … } }`. */
export type Group<T> = Readonly<Record<string, T>>;
export type Groups<T> = Readonly<Record<string, Group<T>>>;

/** Parameters are one flat record, named by path: `dynamics/gru/kernel`. Inside a program they are tensors. */
export type Params = Group<Tensor>;
/** The same parameters as memory. */
export type ParamArrays = Group<NdArray>;

/** A parameter before it has numbers: zeros, ones, or normals of variance `scale²/fanIn`. */
export interface ParameterSpec {
  readonly shape: readonly number[];
  readonly init: 'zeros' | 'ones' | { readonly fanIn: number; readonly scale: number };
}

/** Where a stream of random numbers stands; plain data, so that a run can be continued exactly. */
export interface RngState {
  readonly key: readonly [number, number];
  readonly counter: number;
}

/** A seeded, counter-based, splittable stream of random numbers (see random.ts). */
export interface Rng {
  /** A float in [0, 1). */
  uniform(): number;
  /** A standard normal deviate. */
  normal(): number;
  /** An integer in [0, n). */
  int(n: number): number;
  /** A new, independent stream; the same label always gives the same stream, whatever was drawn before. */
  split(label: string | number): Rng;
  /** Fill `out` with uniforms in [0, 1), or with standard normals. */
  fillUniform(out: Float32Array): void;
  fillNormal(out: Float32Array): void;
  state(): RngState;
}

/** Random tensors inside a program. They are inputs of the compiled graph, fed from a counter-based stream. */
export interface Noise {
  /** Uniforms in [0, 1) of the given shape. */
  uniform(shape: readonly number[]): Tensor;
  /** Standard normals of the given shape. */
  normal(shape: readonly number[]): Tensor;
}

/** What runs programs on this machine, and why. Plain data. */
export interface EngineChoice {
  readonly name: 'onnx' | 'tensorflow' | 'reference';
  /** The tfjs backend that eager engines use. */
  readonly backend: string;
  /** ONNX Runtime's execution provider. */
  readonly provider: string;
  /** Small programs whose parameters never change may run as WebAssembly, which is faster for them. */
  readonly wasm: boolean;
  /** One sentence for the person at the terminal. */
  readonly reason: string;
}
