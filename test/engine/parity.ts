/** Runs one program on the compiled engine and on the reference engine, and measures how far apart they are. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { compile } from '../../src/engine/compile.ts';
import { valueAndGradients } from '../../src/engine/gradients.ts';
import type { ProgramFunction } from '../../src/engine/program.ts';
import { float32, int32, mapGroups, specsOf, sizeOf } from '../../src/nd-array.ts';
import { resolveEngine } from '../../src/engine/resolve-engine.ts';
import { createRng } from '../../src/random.ts';
import type { Groups, NdArray, Noise } from '../../src/types.ts';

export const onnx = await resolveEngine('onnx');
export const reference = await resolveEngine('reference');
/** ONNX Runtime, but WebAssembly for what that can do. */
export const auto = await resolveEngine('auto');

export async function runBoth(
  fn: ProgramFunction,
  inputs: Groups<NdArray>,
  seed = 0,
): Promise<{ compiled: Groups<NdArray>; expected: Groups<NdArray> }> {
  const specs = specsOf(inputs);
  const compiled = await compile('compiled', fn, specs, { engine: onnx });
  const eager = await compile('eager', fn, specs, { engine: reference });
  const result = {
    compiled: await compiled.run(inputs, createRng(seed)),
    expected: await eager.run(inputs, createRng(seed)),
  };
  await compiled.dispose();
  return result;
}

/** Largest difference over the largest number: 0 where both are all zeros. */
export function relativeError(actual: NdArray, expected: NdArray): number {
  if (String(actual.shape) !== String(expected.shape) || actual.dtype !== expected.dtype) return Infinity;
  let [difference, scale] = [0, 0];
  for (let i = 0; i < expected.data.length; i++) {
    const gap = Math.abs(actual.data[i] - expected.data[i]);
    if (Number.isNaN(actual.data[i]) !== Number.isNaN(expected.data[i])) return Infinity;
    if (gap > difference) difference = gap;
    if (Math.abs(expected.data[i]) > scale) scale = Math.abs(expected.data[i]);
  }
  return difference === 0 ? 0 : difference / Math.max(scale, 1e-30);
}

export function worstError(actual: Groups<NdArray>, expected: Groups<NdArray>): { error: number; name: string } {
  let worst = { error: 0, name: 'none' };
  mapGroups(expected, (array, name) => {
    const [group, ...key] = name.split('/');
    const error = relativeError(actual[group][key.join('/')], array);
    if (error > worst.error) worst = { error, name };
  });
  return worst;
}

export interface Arguments {
  readonly [name: string]: NdArray;
}

/** Normal numbers from a stream of their own. */
export function normals(shape: readonly number[], seed = 1): NdArray {
  const values = new Float32Array(sizeOf(shape));
  createRng(seed).fillNormal(values);
  return float32(values, shape);
}

export function uniforms(shape: readonly number[], low: number, high: number, seed = 2): NdArray {
  const values = new Float32Array(sizeOf(shape));
  createRng(seed).fillUniform(values);
  return float32(values.map((value) => low + (high - low) * value), shape);
}

export const integers = (shape: readonly number[], n: number, seed = 3): NdArray =>
  int32(Int32Array.from(uniforms(shape, 0, n, seed).data, Math.floor), shape);

/** The program's value, and the gradient of a random projection of it for every float input. */
export function withGradients(fn: (inputs: Record<string, Tensor>) => Tensor): ProgramFunction {
  return ({ x }) => {
    const floats = Object.fromEntries(Object.entries(x).filter(([, tensor]) => tensor.dtype === 'float32'));
    const { extras, gradients } = valueAndGradients(floats, () => {
      const value = fn(x);
      // A fixed projection that is neither constant nor symmetric.
      const weights = tf.cos(tf.reshape(tf.cumsum(tf.fill([value.size], 1.3)), value.shape));
      return { total: tf.sum(tf.mul(value.toFloat(), weights)), extras: { out: { value } } };
    });
    return { out: extras.out, gradients };
  };
}

/** What a program gives on both engines, which must agree; for tests that know the numbers. */
export async function evaluate(
  fn: (x: Record<string, Tensor>, noise: Noise) => Tensor,
  inputs: Arguments = {},
  seed = 0,
): Promise<number[]> {
  const program: ProgramFunction = ({ x }, noise) => ({ out: { value: fn(x, noise) } });
  const { compiled, expected } = await runBoth(program, { x: inputs }, seed);
  const { error } = worstError(compiled, expected);
  if (error > 1e-4) throw new Error(`the engines differ by ${error}`);
  return [...compiled.out.value.data];
}

/** Noise that is not random: every request is answered with these numbers. */
export function fixedNoise(values: readonly number[]): Noise {
  const draw = (shape: readonly number[]) => tf.tensor([...values], [...shape]);
  return { uniform: draw, normal: draw };
}
