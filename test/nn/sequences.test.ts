import { expect, it } from 'vitest';
import { float32 } from '../../src/nd-array.ts';
import { advance, cut, delay, firstSteps, flatten, lastSteps, mergeTime, windows } from '../../src/nn/sequences.ts';
import { evaluate, runBoth } from '../engine/parity.ts';

// Two sequences of four steps; the number tells sequence and step.
const x = { x: float32([10, 11, 12, 13, 20, 21, 22, 23], [2, 4]) };

it('cuts steps out of the middle, from the front and from the back', async () => {
  expect(await evaluate((v) => cut(v.x, 1, 2), x)).toEqual([11, 12, 21, 22]);
  expect(await evaluate((v) => firstSteps(v.x, 1), x)).toEqual([10, 20]);
  expect(await evaluate((v) => lastSteps(v.x, 3), x)).toEqual([11, 12, 13, 21, 22, 23]);
  const deep = { x: float32([1, 2, 3, 4, 5, 6], [1, 3, 2]) };
  expect(await evaluate((v) => cut(v.x, 1, 1), deep)).toEqual([3, 4]);
});

it('delays and advances, with zeros where nothing is known', async () => {
  expect(await evaluate((v) => delay(v.x, 1), x)).toEqual([0, 10, 11, 12, 0, 20, 21, 22]);
  expect(await evaluate((v) => delay(v.x, 3), x)).toEqual([0, 0, 0, 10, 0, 0, 0, 20]);
  expect(await evaluate((v) => delay(v.x, 0), x)).toEqual([...x.x.data]);
  expect(await evaluate((v) => advance(v.x, 1), x)).toEqual([11, 12, 13, 0, 21, 22, 23, 0]);
  expect(await evaluate((v) => advance(v.x, 0), x)).toEqual([...x.x.data]);
});

it('shows each start and the steps behind it', async () => {
  const shown = { first: 1, starts: 2, steps: 1 };
  const { compiled } = await runBoth((v) => ({ out: { value: windows(v.x.x, shown) } }), { x });
  expect(compiled.out.value.shape).toEqual([2, 2, 2]);
  expect([...compiled.out.value.data]).toEqual([11, 12, 12, 13, 21, 22, 22, 23]);
});

it('joins leading axes', async () => {
  const y = float32([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [2, 3, 2]);
  const { compiled } = await runBoth((v) => ({
    out: { flat: flatten(v.x.y, 2), all: flatten(v.x.y, 3), ...mergeTime({ merged: v.x.y }) },
  }), { x: { y } });
  expect(compiled.out.flat.shape).toEqual([6, 2]);
  expect(compiled.out.all.shape).toEqual([12]);
  expect(compiled.out.merged).toEqual(compiled.out.flat);
});
