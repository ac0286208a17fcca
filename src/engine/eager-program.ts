/** The same program, run operation by operation on one of tfjs's own backends: the oracle for the compiled one. */
import * as tf from '@tensorflow/tfjs';
import type { Groups, NdArray, Noise, TensorSpec } from '../types.ts';
import { MEMORY, mapGroups, sizeOf } from '../nd-array.ts';
import { inputCheck } from './input-check.ts';
import type { NoiseSource, Program, ProgramFunction, ProgramSettings } from './program.ts';

export async function createEagerProgram(
  name: string,
  fn: ProgramFunction,
  inputs: Groups<TensorSpec>,
  { engine, constants }: ProgramSettings,
): Promise<Program> {
  const check = inputCheck(name, inputs);
  return {
    name,
    inputs,
    report: { engine: engine.name, nodes: 0, gflop: 0, traceMs: 0, buildMs: 0, cached: false },
    async run(arrays, rng) {
      check(arrays);
      await useBackend(engine.backend);
      tf.engine().startScope();
      try {
        const outputs = fn(mapGroups({ ...arrays, ...constants }, toTensor), eagerNoise(name, rng));
        return mapGroups(outputs, toArray);
      } finally {
        tf.engine().endScope();
      }
    },
    async dispose() {},
  };
}

async function useBackend(backend: string): Promise<void> {
  if (tf.getBackend() === backend) return;
  // tfjs greets Node users with advice that does not fit here; it does so on the first write.
  if (backend === 'cpu') tf.env().set('IS_NODE', false);
  if (!(await tf.setBackend(backend))) throw new Error(`tfjs has no backend "${backend}"`);
}

function toTensor({ data, shape, dtype }: NdArray): tf.Tensor {
  if (dtype === 'uint8') return tf.tensor(Int32Array.from(data), [...shape], 'int32');
  return tf.tensor(data, [...shape], dtype);
}

function toArray(tensor: tf.Tensor): NdArray {
  const { shape, dtype } = tensor;
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
    throw new Error(`a program returned a ${dtype} tensor; float32, int32 and bool can leave it`);
  }
  return { data: MEMORY[dtype].from(tensor.dataSync()), shape, dtype };
}

function eagerNoise(program: string, rng: NoiseSource | undefined): Noise {
  const draw = (kind: 'fillUniform' | 'fillNormal') => (shape: readonly number[]) => {
    if (!rng) throw new Error(`${program}: the program draws random numbers, so run() needs an rng`);
    const values = new Float32Array(sizeOf(shape));
    rng[kind](values);
    return tf.tensor(values, [...shape]);
  };
  return { uniform: draw('fillUniform'), normal: draw('fillNormal') };
}
