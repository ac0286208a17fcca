import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { describe, expect, it, vi } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import type { ProgramFunction } from '../../src/engine/program.ts';
import { float32, specsOf } from '../../src/nd-array.ts';
import { openProgram, traceProgram } from '../../src/engine/traced-program.ts';
import { resolveEngine } from '../../src/engine/resolve-engine.ts';
import { createRng } from '../../src/random.ts';
import type { Groups, NdArray } from '../../src/types.ts';
import { cases } from './kernel-cases.ts';
import { auto, normals, onnx, reference, worstError } from './parity.ts';

/** Kernels of which some or all cases are left to ONNX Runtime. */
const LEFT: ReadonlySet<string> = new Set([
  'Cos', 'Erf', 'Sin', 'Prod', 'PadV2', 'GatherV2', 'UnsortedSegmentSum', 'TopK', 'BatchMatMul',
  'Conv2D Conv2DBackpropInput Conv2DBackpropFilter', 'Pow', 'Cumsum', 'ArgMax', 'Sum',
]);

/** Run where WebAssembly may be used, and on the reference engine; says which engine it was. */
async function runWasm(fn: ProgramFunction, inputs: Groups<NdArray>, constants: Groups<NdArray> = {}) {
  const program = await compile('wasm', fn, specsOf(inputs), { engine: auto, constants });
  const eager = await compile('eager', fn, specsOf(inputs), { engine: reference, constants });
  // Twice, because what a run leaves in memory must not matter to the next.
  await program.run(inputs, createRng(1));
  const [actual, expected] = [await program.run(inputs, createRng(2)), await eager.run(inputs, createRng(2))];
  return { engine: program.report.engine, worst: worstError(actual, expected) };
}

describe('WebAssembly kernels equal the reference engine', () => {
  it.each(cases.map((each, i): [string, typeof each] => [`${each.kernels} #${i}`, each]))('%s', async (_, { fn, inputs, kernels }) => {
    // Two values of odd length side by side: a store that runs over would be seen.
    const program: ProgramFunction = ({ x }) => {
      const value = tf.cast(fn(x as Record<string, Tensor>), 'float32');
      return { out: { value, twice: tf.mul(value, 2) } };
    };
    const { engine, worst } = await runWasm(program, { x: inputs });
    expect(worst.error, worst.name).toBeLessThanOrEqual(1e-5);
    if (!LEFT.has(kernels)) expect(engine).toBe('wasm');
  });

  const shapes = [1, 2, 3, 4, 5, 8, 9].flatMap((rows) =>
    [1, 3, 4, 6, 8, 17, 41, 64].map((columns): [number, number, number] => [rows, 5 + rows, columns]));
  it.each(shapes)('[%i, %i] times a constant with %i columns', async (rows, inner, columns) => {
    const program: ProgramFunction = ({ x: { x }, params: { w, t } }) => ({
      out: { plain: tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), transposed: tf.matMul(x as tf.Tensor2D, t as tf.Tensor2D, false, true) },
    });
    const { engine, worst } = await runWasm(
      program, { x: { x: normals([rows, inner]) } }, { params: { w: normals([inner, columns], 7), t: normals([columns, inner], 8) } },
    );
    expect(engine).toBe('wasm');
    expect(worst.error, worst.name).toBeLessThanOrEqual(1e-5);
  });

  it.each([['of one matrix', []], ['of as many matrices', [3]]])('a batch of products %s', async (_, batch) => {
    const { engine, worst } = await runWasm(
      ({ x: { x }, params: { w } }) => ({ out: { y: tf.matMul(x, w), flipped: tf.matMul(tf.transpose(x, [0, 2, 1]), tf.tile(tf.slice(w, 0, -1), [...batch.map(() => 1), 1, 1]), false, false) } }),
      { x: { x: normals([3, 6, 6]) } }, { params: { w: normals([...batch, 6, 7], 5) } },
    );
    expect(engine).toBe('wasm');
    expect(worst.error, worst.name).toBeLessThanOrEqual(1e-5);
  });

  it('gives a row the same numbers however many there are beside it', async () => {
    const program: ProgramFunction = ({ x: { x }, params: { w } }) => ({ out: { y: tf.softmax(tf.tanh(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D))) } });
    const all = [...normals([9, 33]).data];
    const params = { w: normals([33, 21], 4) };
    const outputs = await Promise.all([1, 2, 5, 9].map(async (rows) => {
      const x = float32(all.slice(0, rows * 33), [rows, 33]);
      const { run } = await compile('rows', program, specsOf({ x: { x } }), { engine: auto, constants: { params } });
      return [...(await run({ x: { x } })).out.y.data.slice(0, 21)];
    }));
    for (const output of outputs) expect(output).toEqual(outputs[0]);
  });

  it.each<[string, readonly number[], (x: Tensor) => Tensor]>([
    ['much of which is exponentials', [512, 1024], tf.tanh], ['with nothing in it', [0, 5], (x) => tf.reverse(x)],
    ['with many rows', [65, 2], (x) => tf.matMul(x as tf.Tensor2D, tf.tensor2d([[1], [2]]))],
  ])('leaves to ONNX Runtime a program %s', async (_, shape, fn) => {
    const program = await compile('p', ({ x: { x } }) => ({ out: { y: fn(x) } }), { x: { x: { shape, dtype: 'float32' } } }, { engine: auto });
    expect(program.report.engine).toBe('onnx');
  });

  it('lends its results where that is asked for, and gives them otherwise', async () => {
    const x = (value: number) => ({ x: { a: float32([value], [1]) } });
    const traced = traceProgram('p', ({ x: { a } }) => ({ out: { y: tf.mul(a, 2) } }), specsOf(x(0)), { engine: auto, constants: {} });
    for (const [lent, expected] of [[true, 8], [false, 6]] as const) {
      const program = await openProgram(traced, { lent });
      const { out } = await program.run(x(3));
      expect(out.y.data[0]).toBe(6);
      await program.run(x(4));
      expect(out.y.data[0]).toBe(expected);
    }
  });

  it('is done without where there is no memory for it', async () => {
    vi.spyOn(WebAssembly, 'Memory').mockImplementation(function refuse() {
      throw new RangeError('could not allocate memory');
    });
    expect((await resolveEngine()).wasm).toBe(false);
    vi.restoreAllMocks();
    expect((await resolveEngine()).wasm).toBe(true);
  });

  it('is left alone where ONNX Runtime was asked for', async () => {
    const program = await compile('p', ({ x: { a } }) => ({ out: { y: tf.neg(a) } }), specsOf({ x: { a: normals([2]) } }), { engine: onnx });
    expect(program.report.engine).toBe('onnx');
  });

  it('exp, log, tanh and sigmoid are right to a few parts in ten million, at the edges too', async () => {
    const values = [-Infinity, -1e9, -100, -88, -87, -20, -3, -1, -0.5, -1e-3, -1e-6, 0, 1e-6, 1e-3, 0.3, 0.7071, 0.7072, 1, 1.4142, 2, 10, 80, 88, 88.7, 89, Infinity, NaN];
    const a = float32(values, [values.length]);
    const program = await compile('math', ({ x }) => ({
      out: { exp: tf.exp(x.a), log: tf.log(x.a), tanh: tf.tanh(x.a), sigmoid: tf.sigmoid(x.a) },
    }), specsOf({ x: { a } }), { engine: auto });
    expect(program.report.engine).toBe('wasm');
    const { out } = await program.run({ x: { a } });
    a.data.forEach((x, i) => {
      const close = (actual: number, expected: number) => {
        const single = Math.fround(expected);
        if (!Number.isFinite(single)) expect(actual).toBe(single);
        else expect(Math.abs(actual - expected), `of ${x}`).toBeLessThanOrEqual(2e-7 * Math.abs(expected) + 1e-7);
      };
      close(out.exp.data[i], Math.exp(x));
      close(out.log.data[i], Math.log(x));
      close(out.tanh.data[i], Math.tanh(x));
      close(out.sigmoid.data[i], 1 / (1 + Math.exp(-x)));
    });
  });
});
