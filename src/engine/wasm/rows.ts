/** Along an axis: sums, means and extremes, softmax, normalisation, running sums, positions. */
import { sizeOf } from '../../nd-array.ts';
import {
  firstLanes, get, i32, lanes, plus, set, splat, storeLane, turned, v128, type Code, type FunctionBuilder,
} from './assembler.ts';
import { around, numbersOf, type Kernel, type KernelCall, type Kernels } from './kernel.ts';
import {
  BYTES, VECTOR_BYTES, alongRow, further, furtherBy, loadAt, loadSplatAt, nest, placeOf, repeat, storeAt, vectorsOf,
  type Place, type Walked,
} from './loops.ts';
import { exp, log, square } from './vector-math.ts';

/** How numbers become one. */
interface Fold {
  readonly neutral: number;
  join(x: Code, y: Code): Code;
}

const SUM: Fold = { neutral: 0, join: v128.add };
const HIGHEST: Fold = { neutral: -Infinity, join: v128.max };
const LOWEST: Fold = { neutral: Infinity, join: v128.min };

/** Walk over the rows of arrays side by side, each as far as it says; gives the places where their rows begin. */
function eachRow(
  fn: FunctionBuilder,
  rows: number,
  arrays: readonly { readonly address: number; readonly step: number }[],
  body: (places: readonly Place[]) => Code,
): Code {
  const walked = arrays.map(({ address, step }): Walked => ({ operand: { address }, strides: [step] }));
  return nest(fn, [rows], walked, (places) => body(places.map(placeOf)));
}

/** Fold a row of `count` numbers, each after `map`, into all lanes of a local. */
function foldRow(
  fn: FunctionBuilder,
  row: Place,
  count: number,
  { neutral, join }: Fold,
  map: (x: Code) => Code = (x) => x,
): { readonly code: Code; readonly result: number } {
  const result = fn.local('v128');
  const include = (x: Code): Code => set(result, join(get(result), x));
  const whole = Math.floor(count / 4);
  const code = [...set(result, splat(neutral))];
  if (whole > 0) code.push(...alongRow(fn, 4 * whole, (at) => include(map(loadAt(at(row))))));
  if (count % 4 !== 0) {
    // What lies behind the row does not count.
    const last = map(loadAt(further(row, whole * VECTOR_BYTES)));
    code.push(...include(v128.select(last, splat(neutral), firstLanes(count % 4))));
  }
  code.push(...include(turned(result, 2)), ...include(turned(result, 1)));
  return { code, result };
}

/** Write `map` of every number of a row. */
function mapRow(fn: FunctionBuilder, from: Place, to: Place, count: number, map: (x: Code) => Code): Code {
  return alongRow(fn, count, (at) => storeAt(at(to), map(loadAt(at(from)))));
}

/** The axes of a reduction: an attribute, or from opset 13 on an input of sums. */
function axesOf({ node: { inputs: [x, given], attributes } }: KernelCall): readonly number[] | undefined {
  const axes = given ? numbersOf(given) : (attributes.axes as readonly number[] | undefined);
  return axes ?? x.shape.map((_, axis) => axis);
}

interface Around {
  /** Of every number, before it is folded. */
  map?(x: Code, fn: FunctionBuilder): Code;
  /** Of the result of `length` numbers. */
  finish?(result: Code, length: number): Code;
}

const reduction = (fold: Fold, { map, finish }: Around = {}): Kernel => (call) => {
  const { node, fn, addressOf } = call;
  const [x] = node.inputs;
  const axes = axesOf(call);
  if (axes === undefined || axes.some((axis, i) => i > 0 && axis !== axes[i - 1] + 1)) return undefined;
  const [outer, length, inner] = around(x.shape, axes[0], axes[axes.length - 1] + 1);
  const [from, to] = [addressOf(x), addressOf(node.outputs[0])];
  const finished = (result: Code): Code => (finish ? finish(result, length) : result);
  const mapped = (value: Code): Code => (map ? map(value, fn) : value);
  if (inner === 1) {
    return eachRow(fn, outer, [{ address: from, step: length }, { address: to, step: 1 }], ([row, out]) => {
      const { code, result } = foldRow(fn, row, length, fold, mapped);
      return [...code, ...set(result, finished(get(result))), ...storeLane(out.base, out.offset, result)];
    });
  }
  const [total, down] = [fn.local('v128'), fn.local('i32')];
  return eachRow(fn, outer, [{ address: from, step: length * inner }, { address: to, step: inner }], ([block, out]) =>
    alongRow(fn, inner, (at) => {
      const { base, offset } = at(block);
      return [
        ...set(total, splat(fold.neutral)),
        ...set(down, base),
        ...repeat(fn, length, 1, () => [
          ...set(total, fold.join(get(total), mapped(loadAt({ base: get(down), offset })))),
          ...set(down, plus(get(down), i32(inner * BYTES))),
        ]),
        ...storeAt(at(out), finished(get(total))),
      ];
    }));
};

/** Rows of the last axis, of an array in and one out. */
function lastAxis({ node: { inputs: [x], outputs: [output] }, addressOf }: KernelCall) {
  const [rows, count] = around(x.shape, x.shape.length - 1);
  return { rows, count, arrays: [{ address: addressOf(x), step: count }, { address: addressOf(output), step: count }] };
}

/** e^(x − max) / Σ e^(x − max) */
const softmax: Kernel = (call) => {
  const { fn } = call;
  const { rows, count, arrays } = lastAxis(call);
  return eachRow(fn, rows, arrays, ([from, to]) => {
    const highest = foldRow(fn, from, count, HIGHEST);
    const total = foldRow(fn, to, count, SUM);
    return [
      ...highest.code,
      ...mapRow(fn, from, to, count, (x) => exp(v128.sub(x, get(highest.result)))),
      ...total.code,
      ...mapRow(fn, to, to, count, (x) => v128.div(x, get(total.result))),
    ];
  });
};

/** x − max − ln Σ e^(x − max) */
const logSoftmax: Kernel = (call) => {
  const { fn } = call;
  const { rows, count, arrays } = lastAxis(call);
  return eachRow(fn, rows, arrays, ([from, to]) => {
    const highest = foldRow(fn, from, count, HIGHEST);
    const total = foldRow(fn, from, count, SUM, (x) => exp(v128.sub(x, get(highest.result))));
    const norm = total.result;
    return [
      ...highest.code, ...total.code,
      ...set(norm, v128.add(get(highest.result), log(get(norm)))),
      ...mapRow(fn, from, to, count, (x) => v128.sub(x, get(norm))),
    ];
  });
};

/** x / √(mean x² + ε) · scale, and that inverse root. */
const rmsNorm: Kernel = (call) => {
  const { node: { inputs: [, scale], outputs: [, inverse], attributes }, fn, addressOf } = call;
  const { rows, count, arrays } = lastAxis(call);
  const { float: epsilon } = attributes.epsilon as { readonly float: number };
  const scales: Place = { base: i32(0), offset: addressOf(scale) };
  return eachRow(fn, rows, [...arrays, { address: addressOf(inverse), step: 1 }], ([from, to, out]) => {
    const { code, result } = foldRow(fn, from, count, SUM, (x) => square(x, fn));
    const mean = v128.div(get(result), splat(count));
    return [
      ...code,
      ...set(result, v128.div(splat(1), v128.sqrt(v128.add(mean, splat(epsilon))))),
      ...storeLane(out.base, out.offset, result),
      ...alongRow(fn, count, (at) =>
        storeAt(at(to), v128.mul(v128.mul(loadAt(at(from)), get(result)), loadAt(at(scales))))),
    ];
  });
};

/** A sum that grows along the row, before or after it was written. */
const runningSum: Kernel = (call) => {
  const { node: { inputs: [x, given], attributes }, fn } = call;
  const axis = numbersOf(given)?.[0];
  if (axis === undefined || (axis + x.shape.length) % x.shape.length !== x.shape.length - 1) return undefined;
  if (attributes.reverse === 1) return undefined;
  const { rows, count, arrays } = lastAxis(call);
  const [sum, term] = [fn.local('v128'), fn.local('v128')];
  return eachRow(fn, rows, arrays, ([from, to]) => [
    ...set(sum, splat(0)),
    ...repeat(fn, count, BYTES, (bytes) => {
      const { base, offset } = furtherBy(to, bytes);
      const write = storeLane(base, offset, sum);
      const grow = set(sum, v128.add(get(sum), get(term)));
      const order = attributes.exclusive === 1 ? [...write, ...grow] : [...grow, ...write];
      return [...set(term, loadSplatAt(furtherBy(from, bytes))), ...order];
    }),
  ]);
};

/** The first position of a row's extreme. */
const position = (better: (x: Code, y: Code) => Code, worst: number): Kernel => (call) => {
  const { node: { inputs: [x], outputs: [output], attributes }, fn, addressOf } = call;
  const [outer, length, inner] = around(x.shape, attributes.axis as number);
  if (inner !== 1) return undefined;
  const [best, at, now, where, mask] = Array.from({ length: 5 }, () => fn.local('v128'));
  const arrays = [{ address: addressOf(x), step: length }, { address: addressOf(output), step: 1 }];
  return eachRow(fn, outer, arrays, ([row, to]) => [
    ...set(best, splat(worst)), ...set(at, splat(0)), ...set(where, splat(0)),
    ...repeat(fn, length, BYTES, (bytes) => [
      ...set(now, loadSplatAt(furtherBy(row, bytes))),
      ...set(mask, better(get(now), get(best))),
      ...set(best, v128.select(get(now), get(best), get(mask))),
      ...set(at, v128.select(get(where), get(at), get(mask))),
      ...set(where, v128.add(get(where), splat(1))),
    ]),
    ...storeLane(to.base, to.offset, at),
  ]);
};

/** [off, on] by whether a column is the index of its row. */
const oneHot: Kernel = ({ node: { inputs: [indices, , values], outputs: [output] }, fn, addressOf }) => {
  const [off, on] = numbersOf(values) ?? [];
  const depth = output.shape[output.shape.length - 1];
  if (off === undefined || on === undefined) return undefined;
  const [index, columns] = [fn.local('v128'), fn.local('v128')];
  const rows = sizeOf(indices.shape);
  const arrays = [{ address: addressOf(indices), step: 1 }, { address: addressOf(output), step: depth }];
  return eachRow(fn, rows, arrays, ([from, to]) => [
    ...set(index, loadSplatAt(from)),
    ...set(columns, lanes([0, 1, 2, 3])),
    ...repeat(fn, vectorsOf(depth), VECTOR_BYTES, (bytes) => [
      ...storeAt(furtherBy(to, bytes), v128.select(splat(on), splat(off), v128.eq(get(columns), get(index)))),
      ...set(columns, v128.add(get(columns), splat(4))),
    ]),
  ]);
};

export const rows = {
  ReduceSum: reduction(SUM), ReduceSumSquare: reduction(SUM, { map: square }),
  ReduceMean: reduction(SUM, { finish: (sum, length) => v128.div(sum, splat(length)) }),
  ReduceMax: reduction(HIGHEST), ReduceMin: reduction(LOWEST),
  Softmax: softmax, LogSoftmax: logSoftmax, SimplifiedLayerNormalization: rmsNorm, CumSum: runningSum,
  ArgMax: position(v128.gt, -Infinity), ArgMin: position(v128.lt, Infinity), OneHot: oneHot,
} as const satisfies Kernels;
