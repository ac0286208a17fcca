/** Products with matrices that never change, which lie in memory as the loops want them. */
import {
  below, get, i32, load, loadSplat, plus, repeatWhile, set, splat, store, storeLane, tee, v128, type Code,
  type FunctionBuilder,
} from './assembler.ts';
import { sizeOf } from '../../nd-array.ts';
import { numbersOf, type Kernel, type KernelCall, type Kernels } from './kernel.ts';
import { BYTES, VECTOR_BYTES, vectorsOf } from './loops.ts';

/** Rows and vectors of columns that one pass over a matrix sums up: as many as the registers of the machine hold. */
interface Tile {
  readonly rows: number;
  readonly vectors: number;
}

/** The fastest of those tried, of eight sums each: more do not stay in registers, fewer wait for one another. */
const tileFor = (rows: number): Tile => (rows % 4 === 0 || rows % 4 === 3 ? { rows: 4, vectors: 2 } : { rows: 2, vectors: 4 });

/** x [rows, inner] · matrix [inner, columns], all dense. */
interface Product {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly x: number;
  readonly out: number;
  readonly matrix: Float32Array;
}

/** Every tile of rows has code of its own. */
const MOST_ROWS = 64;

/** Panel by panel, so that a panel is still near when the next rows need it. */
function multiply({ fn, place }: Pick<KernelCall, 'fn' | 'place'>, product: Product): Code {
  const { rows, inner, columns } = product;
  const tile = tileFor(rows);
  const packed = place(pack(product, tile));
  const locals = tileLocals(fn, tile);
  const { panel, column } = locals;

  /** All rows of one panel, of whose columns `wanted` are there. */
  const allRows = (vectors: number, wanted: number): Code => {
    const code: number[] = [];
    for (let first = 0; first < rows; first += tile.rows) {
      code.push(...tileOf(product, locals, { first, rows: Math.min(tile.rows, rows - first), vectors, wanted }));
    }
    return code;
  };

  const width = 4 * tile.vectors;
  const whole = Math.floor(columns / width);
  const left = columns - whole * width;
  const next = tee(column, plus(get(column), i32(width * BYTES)));
  return [
    ...set(panel, i32(packed)),
    ...set(column, i32(0)),
    ...(whole > 0
      ? repeatWhile(
        [...allRows(tile.vectors, width), ...set(panel, plus(get(panel), i32(inner * width * BYTES)))],
        below(next, i32(whole * width * BYTES)),
      )
      : []),
    ...(left > 0 ? allRows(vectorsOf(left), left) : []),
  ];
}

/** Panels of `tile.vectors` vectors of columns, each row by row; the last is narrower, and filled up with zeros. */
function pack({ matrix, inner, columns }: Product, tile: Tile): Float32Array {
  const all = vectorsOf(columns);
  const packed = new Float32Array(4 * all * inner);
  let at = 0;
  for (let panel = 0; panel < all; panel += tile.vectors) {
    const width = 4 * Math.min(tile.vectors, all - panel);
    for (let row = 0; row < inner; row++) {
      const from = row * columns + 4 * panel;
      packed.set(matrix.subarray(from, Math.min(from + width, (row + 1) * columns)), at);
      at += width;
    }
  }
  return packed;
}

function tileLocals(fn: FunctionBuilder, { rows, vectors }: Tile) {
  const many = (count: number) => Array.from({ length: count }, () => fn.local('v128'));
  return {
    /** Where the panel begins, and how far from the first column of `out` its columns are, in bytes. */
    panel: fn.local('i32'), column: fn.local('i32'),
    /** The row of the panel, and the number of x that it is for. */
    weights: fn.local('i32'), element: fn.local('i32'),
    sums: Array.from({ length: rows }, () => many(vectors)),
    weight: many(vectors),
    factor: fn.local('v128'),
  };
}

/** Some rows of x times one panel. */
function tileOf(
  { inner, columns, x, out }: Product,
  { panel, column, weights, element, sums, weight, factor }: ReturnType<typeof tileLocals>,
  { first, rows, vectors, wanted }: Tile & { readonly first: number; readonly wanted: number },
): Code {
  const used = sums.slice(0, rows).map((row) => row.slice(0, vectors));
  const begin = x + first * inner * BYTES;
  const step = weight.slice(0, vectors).flatMap((local, v) => set(local, load(get(weights), v * VECTOR_BYTES)));
  used.forEach((row, r) => {
    step.push(...set(factor, loadSplat(get(element), r * inner * BYTES)));
    row.forEach((sum, v) => step.push(...set(sum, v128.add(get(sum), v128.mul(get(factor), get(weight[v]))))));
  });
  step.push(...set(weights, plus(get(weights), i32(vectors * VECTOR_BYTES))));
  return [
    ...used.flat().flatMap((sum) => set(sum, splat(0))),
    ...set(weights, get(panel)),
    ...set(element, i32(begin)),
    ...repeatWhile(step, below(tee(element, plus(get(element), i32(BYTES))), i32(begin + inner * BYTES))),
    ...used.flatMap((row, r) => row.flatMap((sum, v) => {
      const offset = out + (first + r) * columns * BYTES + v * VECTOR_BYTES;
      const left = wanted - 4 * v;
      if (left >= 4) return store(get(column), offset, get(sum));
      // A store of four would spoil what is there already of the next row.
      return Array.from({ length: left }, (_, lane) => storeLane(get(column), offset + lane * BYTES, sum, lane)).flat();
    })),
  ];
}

/** [columns, inner] as [inner, columns]. */
const transposed = (matrix: Float32Array, inner: number, columns: number): Float32Array =>
  matrix.map((_, i) => matrix[(i % columns) * inner + Math.floor(i / columns)]);

/** a […, M, K] times a constant b [K, N], or as many of them as a has matrices; b may be transposed. */
const matMul: Kernel = (call) => {
  const { node: { inputs: [a, b, c], outputs: [output], attributes } } = call;
  const known = numbersOf(b);
  if (known === undefined || c !== undefined || attributes.transA === 1) return undefined;
  const [inner] = a.shape.slice(-1);
  const [columns] = output.shape.slice(-1);
  const matrices = Float32Array.from(known);
  const size = inner * columns;
  const count = matrices.length / size;
  const batch = sizeOf(output.shape.slice(0, -2));
  const sameBatch = sizeOf(a.shape.slice(0, -2)) === batch;
  if (!sameBatch || (count !== 1 && count !== batch)) return undefined;
  const rows = (batch * output.shape[output.shape.length - 2]) / count;
  if (rows > MOST_ROWS) return undefined;
  const [x, out] = [call.addressOf(a), call.addressOf(output)];
  return Array.from({ length: count }, (_, i) => {
    const matrix = matrices.subarray(i * size, (i + 1) * size);
    return multiply(call, {
      rows, inner, columns,
      x: x + i * rows * inner * BYTES,
      out: out + i * rows * columns * BYTES,
      matrix: attributes.transB === 1 ? transposed(matrix, inner, columns) : matrix,
    });
  }).flat();
};

export const products = { MatMul: matMul, Gemm: matMul, FusedMatMul: matMul } as const satisfies Kernels;
