import { mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import { stopGradient, valueAndGradients } from '../../src/engine/gradients.ts';
import type { ProgramFunction } from '../../src/engine/program.ts';
import { float32, specsOf, uint8 } from '../../src/nd-array.ts';
import { inspect } from '../../src/engine/traced-model.ts';
import { resolveEngine } from '../../src/engine/resolve-engine.ts';
import { MissingKernelError } from '../../src/engine/trace-backend.ts';
import { createRng } from '../../src/random.ts';
import { evaluate, normals, onnx, reference, runBoth, worstError } from './parity.ts';

const x = { x: { a: float32([1, 2, 3], [3]) } };

describe('errors', () => {
  it('a missing kernel is named, with the operation that asked for it', async () => {
    const program: ProgramFunction = (v) => ({ out: { y: tf.asinh(v.x.a) } });
    const failed = compile('p', program, specsOf(x), { engine: onnx });
    await expect(failed).rejects.toBeInstanceOf(MissingKernelError);
    await expect(failed).rejects.toThrow(/^kernel Asinh, asked for by tf\.asinh, has no ONNX lowering/);
  });

  it('a read inside a program says that there are no numbers yet', async () => {
    const program: ProgramFunction = (v) => ({ out: { y: tf.scalar(v.x.a.dataSync()[0]) } });
    await expect(compile('p', program, specsOf(x), { engine: onnx })).rejects.toThrow(
      'a value of shape [3] was read (data, dataSync, array, print …) inside a traced program',
    );
  });

  it.each([['onnx', onnx], ['reference', reference]])('a wrong input is named with both shapes (%s)', async (_, engine) => {
    const program = await compile('p', (v) => ({ out: { y: tf.neg(v.x.a) } }), specsOf(x), { engine });
    await expect(program.run({ x: { a: float32([1, 2], [2]) } })).rejects.toThrow(
      'p: input x/a expected float32 [3], got float32 [2]',
    );
    await expect(program.run({ x: { a: uint8([1, 2, 3], [3]) } })).rejects.toThrow('expected float32 [3], got uint8 [3]');
    await expect(program.run({ x: {} })).rejects.toThrow('p: input x/a is missing, expected float32 [3]');
  });

  it('a tensor from outside is refused, and noise needs a stream', async () => {
    tf.env().set('IS_NODE', false); // tfjs greets Node users on the first write
    await tf.setBackend('cpu');
    const outside = tf.scalar(1);
    await expect(compile('p', (v) => ({ out: { y: tf.add(v.x.a, outside) } }), specsOf(x), { engine: onnx }))
      .rejects.toThrow('a tensor made outside the traced program');
    const noisy = await compile('p', (_, noise) => ({ out: { y: noise.uniform([2]) } }), {}, { engine: onnx });
    await expect(noisy.run({})).rejects.toThrow('p: the program draws random numbers, so run() needs an rng');
  });

  it('an engine that is not there says what to do', async () => {
    await expect(resolveEngine('onnx', 'abacus')).rejects.toThrow('ONNX Runtime has no provider "abacus"');
    // Where the native library is installed this engine exists, and there is nothing to refuse.
    const found = await resolveEngine('tensorflow').catch((error: Error) => error.message);
    if (typeof found === 'string') expect(found).toContain('npm rebuild @tensorflow/tfjs-node-gpu --ignore-scripts=false');
    expect((await resolveEngine('auto')).reason).toBe('onnx (cpu): fastest on a CPU of those installed');
  });
});

describe('programs', () => {
  it('give the same numbers run after run, on one thread and on two', async () => {
    const inputs = { x: { a: normals([64, 96]), b: normals([96, 128], 3) } };
    const matMul: ProgramFunction = (v, noise) => ({ out: { y: tf.add(tf.matMul(v.x.a as tf.Tensor2D, v.x.b as tf.Tensor2D), noise.normal([64, 128])) } });
    for (const threads of [1, 2]) {
      const program = await compile('p', matMul, specsOf(inputs), { engine: onnx, threads });
      const [first, again, other] = [await program.run(inputs, createRng(1)), await program.run(inputs, createRng(1)), await program.run(inputs, createRng(2))];
      expect(again.out.y.data).toEqual(first.out.y.data);
      expect(other.out.y.data).not.toEqual(first.out.y.data);
    }
  });

  it('draw the same noise on every engine', async () => {
    const { compiled, expected } = await runBoth((_, noise) => ({ out: { u: noise.uniform([5]), n: noise.normal([3]) } }), {}, 9);
    expect(compiled).toEqual(expected);
  });

  it('take bytes, bake in constants, and return inputs, constants and one value twice', async () => {
    const program = await compile('p', ({ x: { a }, weights: { w } }) => {
      const y = tf.mul(tf.cast(a, 'float32'), w);
      return { out: { y, same: y, a, three: tf.fill([2, 100], 3) } };
    }, { x: { a: { shape: [3], dtype: 'uint8' } } }, { engine: onnx, constants: { weights: { w: float32([1, 10, 100], [3]) } } });
    const { out } = await program.run({ x: { a: uint8([1, 2, 255], [3]) } });
    expect([...out.y.data]).toEqual([1, 20, 25500]);
    expect([...out.same.data]).toEqual([1, 20, 25500]);
    expect(out.a).toEqual({ data: Int32Array.of(1, 2, 255), shape: [3], dtype: 'int32' });
    expect(out.three.shape).toEqual([2, 100]);
    expect(new Set(out.three.data)).toEqual(new Set([3]));
  });

  it('stopGradient keeps the value and stops the gradient', async () => {
    const { compiled, expected } = await runBoth((v) => {
      const { total, gradients } = valueAndGradients({ a: v.x.a }, () => ({
        total: tf.sum(tf.mul(v.x.a, stopGradient(tf.square(v.x.a)))), extras: {},
      }));
      return { out: { total, gradient: gradients.a } };
    }, x);
    expect([...compiled.out.gradient.data]).toEqual([1, 4, 9]);
    expect(compiled.out.total.data[0]).toBe(36);
    expect(expected.out.gradient.data).toEqual(compiled.out.gradient.data);
  });

  it('a parameter that the loss does not need has a gradient of zeros', async () => {
    const { compiled } = await runBoth((v) => {
      const { gradients } = valueAndGradients({ a: v.x.a, idle: v.x.idle }, () => ({ total: tf.sum(v.x.a), extras: {} }));
      return { out: gradients };
    }, { x: { ...x.x, idle: float32([7, 7], [2]) } });
    expect([...compiled.out.idle.data]).toEqual([0, 0]);
  });

  it('eager runs leave no tensors behind', async () => {
    const program = await compile('p', (v) => {
      const { total, extras } = valueAndGradients({ a: v.x.a }, () => ({ total: tf.sum(tf.exp(v.x.a)), extras: { more: { e: tf.exp(v.x.a) } } }));
      return { out: { total, ...extras.more } };
    }, specsOf(x), { engine: reference });
    await program.run(x);
    const before = tf.memory().numTensors;
    await program.run(x);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('graphs', () => {
  const nodes = (fn: ProgramFunction) => inspect(fn, specsOf(x)).nodes;

  it('compute equal things once, and leave out what is neutral or unused', () => {
    expect(nodes(({ x: { a } }) => ({ out: { y: tf.add(tf.exp(a), tf.exp(a)) } }))).toBe(2);
    expect(nodes(({ x: { a } }) => ({ out: { y: tf.add(tf.mul(a, tf.onesLike(a)), 0) } }))).toBe(0);
    expect(nodes(({ x: { a } }) => {
      tf.exp(a);
      return { out: { y: tf.neg(a) } };
    })).toBe(1);
  });

  it('broadcast by themselves instead of expanding', () => {
    expect(nodes(({ x: { a } }) => ({ out: { y: tf.mul(tf.ones([50, 3]), a) } }))).toBe(1);
    expect(nodes(({ x: { a } }) => ({ out: { y: tf.add(tf.tile(tf.reshape(a, [1, 3]), [50, 1]), tf.fill([50, 3], 2)) } })))
      .toBeLessThanOrEqual(3);
  });

  it('cast bytes once, whatever their shape', () => {
    const bytes = { x: { a: uint8([0, 1, 255, 7], [2, 2]) } };
    const { nodes: count } = inspect(({ x: { a } }) => ({ out: { y: tf.cast(tf.reshape(a, [4]), 'float32') } }), specsOf(bytes));
    expect(count).toBe(2); // both of the bytes themselves
  });

  it.each([[1024, 96], [4096, 3], [1000, 7], [48, 5]])('sum %i rows of %i numbers', async (rows, width) => {
    const { compiled, expected } = await runBoth(({ x: { a } }) => ({ out: { y: tf.sum(a, 0) } }), { x: { a: normals([rows, width]) } });
    const worst = worstError(compiled, expected);
    expect(worst.error).toBeLessThan(1e-5);
    expect(compiled.out.y.shape).toEqual([width]);
  });

  it('count their arithmetic', () => {
    const inputs = { x: { a: normals([4, 3]), b: normals([5, 3], 2) } };
    const { gflop } = inspect(({ x: v }) => ({ out: { y: tf.matMul(v.a as tf.Tensor2D, v.b as tf.Tensor2D, false, true) } }), specsOf(inputs));
    expect(gflop * 1e9).toBeCloseTo(2 * 4 * 3 * 5, 6);
  });
});

describe('the cache', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'dreamtree-cache-'));
    process.env.DREAMTREE_CACHE = folder;
  });
  afterEach(() => {
    delete process.env.DREAMTREE_CACHE;
    rmSync(folder, { recursive: true });
  });

  /** A graph that is large enough to be kept. */
  const long: ProgramFunction = ({ x: { a } }) => {
    let y = a;
    for (let i = 0; i < 900; i++) y = tf.tanh(tf.add(y, i / 1000));
    return { out: { y } };
  };

  it('keeps optimised models, gives the same numbers, and mends a damaged file', async () => {
    const run = async () => {
      const program = await compile('long', long, specsOf(x), { engine: onnx });
      const { out } = await program.run(x);
      await program.dispose();
      return { cached: program.report.cached, y: out.y.data };
    };
    const cold = await run();
    const warm = await run();
    expect([cold.cached, warm.cached]).toEqual([false, true]);
    expect(warm.y).toEqual(cold.y);
    const [file] = readdirSync(folder);
    truncateSync(path.join(folder, file), 1000);
    expect(await run()).toEqual(cold);
    expect((await run()).cached).toBe(true);
    expect(readdirSync(folder)).toEqual([file]);
  });
});

it('evaluate finds engines that disagree', async () => {
  // The check of the checks: a program that is not pure gives two results.
  let calls = 0;
  await expect(evaluate(({ a }) => tf.mul(a, ++calls), { a: float32([1], [1]) })).rejects.toThrow('the engines differ');
});
