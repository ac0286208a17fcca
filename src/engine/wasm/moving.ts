/** Numbers that only change places: cut, joined, repeated, transposed. */
import { set, storeLane, type Code, type FunctionBuilder } from './assembler.ts';
import { around, numbersOf, type Kernel, type Kernels } from './kernel.ts';
import {
  BYTES, alongRow, broadcastStrides, denseStrides, further, loadOperand, loadSplatAt, merged, nest, placeOf, storeAt,
  type Place, type Walked,
} from './loops.ts';

/** Fill a dense array of these sides from a walk over another one. */
function copy(fn: FunctionBuilder, sides: readonly number[], from: Walked, to: number): Code {
  const plan = merged(sides, [from, { operand: { address: to }, strides: denseStrides(sides) }]);
  const [source] = plan.walked;
  const count = plan.sides[plan.sides.length - 1];
  const stride = source.strides[plan.sides.length - 1];
  if ('uniform' in source.operand || stride === 0 || stride === 1) {
    return nest(fn, plan.sides.slice(0, -1), plan.walked, ([read, write]) => copyRow(fn, source, read, placeOf(write), count));
  }
  const number = fn.local('v128');
  return nest(fn, plan.sides, plan.walked, ([read, write]) => {
    const { base, offset } = placeOf(write);
    return [...set(number, loadSplatAt(placeOf(read))), ...storeLane(base, offset, number)];
  });
}

/** Copy a row of `count` numbers that lie side by side or are one. */
const copyRow = (fn: FunctionBuilder, source: Walked, read: Place | undefined, write: Place, count: number): Code =>
  alongRow(fn, count, (at) => storeAt(at(write), loadOperand(source, read, at)));

/** `address` moved on by so many numbers. */
const from = (operand: Walked['operand'], numbers: number): Walked['operand'] =>
  'address' in operand ? { address: operand.address + numbers * BYTES } : operand;

const expand: Kernel = ({ node: { inputs: [x], outputs: [output] }, fn, operandOf, addressOf }) =>
  copy(fn, output.shape, { operand: operandOf(x), strides: broadcastStrides(x.shape, output.shape) }, addressOf(output));

/** Every axis as two: the repetitions, and what is repeated. */
const tile: Kernel = ({ node: { inputs: [x], outputs: [output] }, fn, operandOf, addressOf }) => {
  const dense = denseStrides(x.shape);
  const sides = x.shape.flatMap((side, axis) => [output.shape[axis] / side, side]);
  return copy(fn, sides, { operand: operandOf(x), strides: dense.flatMap((stride) => [0, stride]) }, addressOf(output));
};

const transpose: Kernel = ({ node: { inputs: [x], outputs: [output], attributes }, fn, operandOf, addressOf }) => {
  const dense = denseStrides(x.shape);
  const strides = (attributes.perm as readonly number[]).map((axis) => dense[axis]);
  return copy(fn, output.shape, { operand: operandOf(x), strides }, addressOf(output));
};

const slice: Kernel = ({ node: { inputs: [x, ...given], outputs: [output] }, fn, operandOf, addressOf }) => {
  const [starts, , axes, steps] = given.map(numbersOf);
  if (!starts || !axes) return undefined;
  const strides = denseStrides(x.shape);
  let start = 0;
  axes.forEach((axis, i) => {
    const begin = starts[i] < 0 ? starts[i] + x.shape[axis] : starts[i];
    start += begin * strides[axis];
    strides[axis] *= steps?.[i] ?? 1;
  });
  return copy(fn, output.shape, { operand: from(operandOf(x), start), strides }, addressOf(output));
};

const split: Kernel = ({ node: { inputs: [x], outputs, attributes }, fn, operandOf, addressOf }) => {
  const axis = attributes.axis as number;
  const strides = denseStrides(x.shape);
  let start = 0;
  return outputs.flatMap((output) => {
    const code = copy(fn, output.shape, { operand: from(operandOf(x), start), strides }, addressOf(output));
    start += output.shape[axis] * strides[axis];
    return code;
  });
};

/** Row by row, since a piece's last store may run into the next piece. */
const concat: Kernel = ({ node: { inputs, outputs: [output], attributes }, fn, operandOf, addressOf }) => {
  const axis = attributes.axis as number;
  const [outer, , inner] = around(output.shape, axis);
  const lengths = inputs.map(({ shape }) => shape[axis] * inner);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const pieces = inputs.map((value, i): Walked => ({ operand: operandOf(value), strides: [lengths[i], 1] }));
  const target: Walked = { operand: { address: addressOf(output) }, strides: [total, 1] };
  return nest(fn, [outer], [...pieces, target], (places) => {
    let to = placeOf(places[pieces.length]);
    return pieces.flatMap((piece, i) => {
      const code = copyRow(fn, piece, places[i], to, lengths[i]);
      to = further(to, lengths[i] * BYTES);
      return code;
    });
  });
};

export const moving = {
  Expand: expand, Tile: tile, Transpose: transpose, Slice: slice, Split: split, Concat: concat,
} as const satisfies Kernels;
