import { describe, expect, it } from 'vitest';
import { mapGroup, zeros } from '../../src/nd-array.ts';
import { blockGru } from '../../src/nn/block-gru.ts';
import { parametersOf } from '../../src/nn/layers.ts';
import type { NdArray, ParamArrays } from '../../src/types.ts';
import { normals, runBoth, worstError } from '../engine/parity.ts';

const [DETER, HIDDEN, BLOCKS, LAYERS] = [4, 2, 2, 3];
const SLICE = DETER / BLOCKS;

/** The only place that knows how the recurrence is made. */
const gruOf = () => blockGru('gru', { deter: DETER, hidden: HIDDEN, blocks: BLOCKS, layers: LAYERS });

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** One step of one row, number by number. */
function stepOf(params: ParamArrays, deter: readonly number[], input: readonly number[], action: readonly number[]): number[] {
  const of = (name: string) => [...params[`gru/${name}`].data];
  /** x · kernel [inputs, outputs] */
  const times = (x: readonly number[], kernel: readonly number[], outputs: number) =>
    numbers(outputs).map((j) => sum(x.map((value, i) => value * kernel[i * outputs + j])));
  /** Each slice of x through its own matrix. */
  const inBlocks = (x: readonly number[], name: string, height: number) => numbers(BLOCKS).flatMap((block) => {
    const size = SLICE * height;
    const kernel = of(`${name}/kernel`).slice(block * size, (block + 1) * size);
    return times(x.slice(block * SLICE, (block + 1) * SLICE), kernel, height);
  }).map((value, i) => value + of(`${name}/bias`)[i]);
  const normAct = (x: readonly number[], name: string) => {
    const root = Math.sqrt(sum(x.map((value) => value ** 2)) / x.length);
    return x.map((value, i) => (value / root) * of(`${name}/scale`)[i]).map((value) => value * sigmoid(value));
  };
  const fromInput = times(input, of('input/kernel'), DETER);
  const fromAction = times(action, of('action/kernel'), DETER);
  let x = normAct(inBlocks(deter, 'deter', SLICE).map((value, i) => value + fromInput[i] + fromAction[i]), 'norm');
  for (const more of ['more0', 'more1']) x = normAct(inBlocks(x, more, SLICE), `${more}/norm`);
  const gates = inBlocks(x, 'gates', 3 * SLICE);
  // Of every block: reset, candidate and update of its slice, side by side.
  const gate = (which: number, i: number) => gates[Math.floor(i / SLICE) * 3 * SLICE + which * SLICE + (i % SLICE)];
  return deter.map((before, i) => {
    const update = sigmoid(gate(2, i) - 1);
    return update * Math.tanh(sigmoid(gate(0, i)) * gate(1, i)) + (1 - update) * before;
  });
}

describe('the block-diagonal GRU', () => {
  it('steps as its formula says, number by number', async () => {
    const params = mapGroup(parametersOf(gruOf().layers), ({ shape }, name): NdArray => normals(shape, name.length));
    const x = { deter: normals([3, DETER], 2), input: normals([3, 2 * HIDDEN], 3), embedded: normals([3, HIDDEN], 4) };
    const { compiled, expected } = await runBoth(({ params: p, x: v }) => {
      const gru = gruOf();
      return { out: { deter: gru.step(p, v.deter, v.input, gru.action(p, v.embedded)) } };
    }, { params, x });
    expect(worstError(compiled, expected).error).toBeLessThan(1e-5);
    const row = ({ data }: NdArray, i: number) => [...data].slice(i * (data.length / 3), (i + 1) * (data.length / 3));
    numbers(3).forEach((i) => {
      const known = stepOf(params, row(x.deter, i), row(x.input, i), row(x.embedded, i));
      row(compiled.out.deter, i).forEach((value, j) => expect(value).toBeCloseTo(known[j], 4));
    });
  });

  it('has blocks for all but what comes from outside, and begins as if its first layer had one matrix', () => {
    const parameters = parametersOf(gruOf().layers);
    // Every number that is added up there has the variance of a layer of 3 · hidden + deter / blocks = 8 inputs.
    const first = [['input', [4, 4], 4], ['action', [2, 4], 2], ['deter', [2, 2, 2], 2]] as const;
    for (const [part, shape, fanIn] of first) {
      const { init, shape: found } = parameters[`gru/${part}/kernel`];
      expect(found).toEqual(shape);
      expect(init).toMatchObject({ fanIn });
      if (typeof init === 'object') expect(init.scale ** 2 / init.fanIn, part).toBeCloseTo(1 / 8, 10);
    }
    expect(mapGroup(parameters, ({ shape }) => shape)).toMatchObject({
      'gru/deter/bias': [4], 'gru/norm/scale': [4], 'gru/more0/kernel': [2, 2, 2], 'gru/more1/kernel': [2, 2, 2],
      'gru/more1/norm/scale': [4], 'gru/gates/kernel': [2, 2, 6], 'gru/gates/bias': [12],
    });
    expect(Object.keys(parameters).filter((name) => /(input|action)\/bias|more2/.test(name))).toEqual([]);
  });

  it('keeps a state where nothing is new to it, but for a share of σ(−1)', async () => {
    const blank = mapGroup(parametersOf(gruOf().layers), ({ shape }): NdArray => zeros(shape));
    const x = { deter: normals([1, DETER], 2), input: normals([1, 2 * HIDDEN], 3), action: normals([1, DETER], 4) };
    const { compiled } = await runBoth(({ params, x: v }) => (
      { out: { deter: gruOf().step(params, v.deter, v.input, v.action) } }
    ), { params: blank, x });
    // Candidates are tanh(½ · 0): what is left is 1 − σ(−1) = 0.731059 of before.
    compiled.out.deter.data.forEach((value, i) => expect(value).toBeCloseTo(0.731059 * x.deter.data[i], 5));
  });
});
