/** A search that threads share, with a model whose numbers are known. */
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import type { SearchVariant } from '../../src/acting/load-policy.ts';
import { divide, shareSearch } from '../../src/acting/shared-search.ts';
import { searchWith, type Roots, type SearchPlan } from '../../src/acting/program-search.ts';
import { normalArray } from '../../src/nd-array.ts';
import { openProgram, traceProgram } from '../../src/engine/traced-program.ts';
import gumbel from '../../src/policies/gumbel.ts';
import { createRng } from '../../src/random.ts';
import ownSearch from '../data/own-search.ts';
import { auto, onnx } from '../engine/parity.ts';
import { valuesOf } from './values-of.ts';

const PART = 3;
const PARTS = 2;
const ROOTS = PART * PARTS;
const ACTIONS = 3;

const planOf = (policy: SearchVariant, simulations: number): SearchPlan => ({
  file: policy.search.file, roots: ROOTS, actionSize: ACTIONS, explore: true,
  options: valuesOf(policy, { search: { simulations } }),
});
const plan = planOf(gumbel, 12);

/** The latent is one number that actions shift; the reward is its sine. */
const program = traceProgram('recurrent', ({ latent, input }) => {
  const at = tf.add(latent.at, tf.sum(tf.mul(input.action, [[1, 2, 4]]), 1, true));
  const output = {
    reward: tf.sin(at), value: tf.cos(at), discount: tf.fill([PART], 0.9), priorLogits: tf.sin(tf.mul(at, [[1, 2, 3]])),
  };
  return { latent: { at }, output };
}, {
  latent: { at: { shape: [PART, 1], dtype: 'float32' } }, input: { action: { shape: [PART, ACTIONS], dtype: 'float32' } },
}, { engine: onnx, constants: {} });

const rng = createRng(3);
const roots: Roots = {
  latent: { at: normalArray([ROOTS, 1], rng) },
  root: { priorLogits: normalArray([ROOTS, ACTIONS], rng), value: normalArray([ROOTS], rng) },
};
const part = (index: number): Roots => {
  const rows = (array: { data: ArrayLike<number> }, width: number) => ({
    data: Float32Array.from(array.data).slice(index * PART * width, (index + 1) * PART * width),
    shape: width === 1 ? [PART] : [PART, width], dtype: 'float32' as const,
  });
  return {
    latent: { at: { ...rows(roots.latent.at, 1), shape: [PART, 1] } },
    root: { priorLogits: rows(roots.root.priorLogits, ACTIONS), value: rows(roots.root.value, 1) },
  };
};

const searches: readonly (readonly [string, SearchVariant])[] = [['a listed', gumbel], ["a user's own", ownSearch]];

it.each(searches)('gives every root what %s search of its part alone finds, call after call', async (_, policy) => {
  const whole = planOf(policy, 12);
  const shared = await shareSearch({ parts: PARTS, program }, policy.search, whole);
  const alone = searchWith(await openProgram(program), policy.search, { ...whole, roots: PART });
  const illegal = Uint8Array.from({ length: ROOTS * ACTIONS }, (_, i) => (i % 4 === 0 ? 1 : 0));
  const [stream, twin] = [createRng(7), createRng(7)];
  for (let call = 0; call < 2; call++) {
    const { action, targets } = await shared.run({}, roots, stream, illegal);
    expect(action.shape).toEqual([ROOTS, ACTIONS]);
    expect([targets.searchPolicy.shape, targets.searchValue.shape]).toEqual([[ROOTS, ACTIONS], [ROOTS]]);
    const streams = twin.split(twin.int(2 ** 31));
    const expected = [];
    for (let index = 0; index < PARTS; index++) {
      const mask = illegal.slice(index * PART * ACTIONS, (index + 1) * PART * ACTIONS);
      expected.push(await alone.run({}, part(index), streams.split(index), mask));
    }
    expect([...action.data]).toEqual(expected.flatMap((each) => [...each.action.data]));
    expect([...targets.searchPolicy.data]).toEqual(expected.flatMap((each) => [...each.targets.searchPolicy.data]));
    expect([...targets.searchValue.data]).toEqual(expected.flatMap((each) => [...each.targets.searchValue.data]));
  }
  await Promise.all([shared.dispose(), alone.dispose()]);
});

it('says what went wrong, and goes on', async () => {
  const shared = await shareSearch({ parts: PARTS, program }, gumbel.search, plan);
  const wrong = { ...roots, root: { priorLogits: roots.root.priorLogits } };
  await expect(shared.run({}, wrong, createRng(0))).rejects.toThrow('expected float32 value');
  const { action } = await shared.run({}, roots, createRng(0));
  expect(action.shape).toEqual([ROOTS, ACTIONS]);
  await shared.dispose();
});

it('divides roots equally, and only where there are enough of them', () => {
  const parts = (roots: number, threads: number, { engine = onnx, simulations = 50 } = {}) => {
    const trace = (rows: number) => traceProgram('rows', ({ x }) => ({ y: x }), { x: { x: { shape: [rows], dtype: 'float32' } } }, { engine, constants: {} });
    const division = divide({ roots, options: planOf(gumbel, simulations).options }, threads, trace);
    expect(division.program.inputs.x.x.shape).toEqual([roots / division.parts]);
    return division.parts;
  };
  expect([parts(64, 2), parts(32, 2), parts(31, 2), parts(8, 2), parts(1, 2), parts(64, 1)]).toEqual([2, 2, 1, 1, 1, 1]);
  expect([parts(64, 4), parts(48, 4), parts(50, 3)]).toEqual([4, 3, 2]);
  // A call of a small program costs less, so fewer roots are worth a thread, unless there is little to do for each.
  expect([parts(8, 2, { engine: auto }), parts(6, 2, { engine: auto }), parts(8, 2, { engine: auto, simulations: 8 })]).toEqual([2, 1, 1]);
});
