/**
 * WebAssembly, instruction by instruction (specification 2.0 with 128-bit vectors): an expression is the bytes that leave
 * its value on the stack, so expressions nest by being given to one another.
 */

/** Instructions. */
export type Code = readonly number[];

export type LocalType = 'i32' | 'v128';
const TYPE = { i32: 0x7f, v128: 0x7b } as const satisfies Record<LocalType, number>;

/** LEB128 of a number that is not negative. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

/** LEB128 of a signed number of 32 bits. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

const vector = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];

// ---------------------------------------------------------------- whole numbers and control

export const i32 = (value: number): Code => [0x41, ...signed(value)];
export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];
/** The value, which the local keeps as well. */
export const tee = (local: number, value: Code): Code => [...value, 0x22, ...unsigned(local)];
export const plus = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
export const call = (fn: number, ...values: readonly Code[]): Code => [...values.flat(), 0x10, ...unsigned(fn)];

/** `body` once, and again for as long as `condition` is not 0 after it. */
export const repeatWhile = (body: Code, condition: Code): Code => [0x03, 0x40, ...body, ...condition, 0x0d, 0, 0x0b];
export const below = (a: Code, b: Code): Code => [...a, ...b, 0x49];

// ---------------------------------------------------------------- vectors of four float32

type Unary = (x: Code) => Code;
type Binary = (x: Code, y: Code) => Code;
const unary = (opcode: number): Unary => (x) => [...x, ...vector(opcode)];
const binary = (opcode: number): Binary => (x, y) => [...x, ...y, ...vector(opcode)];

/** Comparisons give all bits or none, a lane. */
export const v128 = {
  abs: unary(0xe0), neg: unary(0xe1), sqrt: unary(0xe3), ceil: unary(0x67), floor: unary(0x68), trunc: unary(0x69),
  /** To the nearest whole number, of two the even one. */
  nearest: unary(0x6a),
  add: binary(0xe4), sub: binary(0xe5), mul: binary(0xe6), div: binary(0xe7), min: binary(0xe8), max: binary(0xe9),
  eq: binary(0x41), ne: binary(0x42), lt: binary(0x43), gt: binary(0x44), le: binary(0x45), ge: binary(0x46),
  not: unary(0x4d), and: binary(0x4e), or: binary(0x50),
  /** Bits of `x` where `mask` has them, else those of `y`. */
  select: (x: Code, y: Code, mask: Code): Code => [...x, ...y, ...mask, ...vector(0x52)],
  /** As whole numbers of 32 bits. */
  addInt: binary(0xae), shiftLeft: binary(0xab), shiftRight: binary(0xad),
  toInt: unary(0xf8), fromInt: unary(0xfa),
} as const;

const bitsOf = (value: number): readonly number[] => [...new Uint8Array(Float32Array.of(value).buffer)];

/** Four numbers. */
export const lanes = (values: readonly number[]): Code => [...vector(0x0c), ...values.flatMap(bitsOf)];
/** One number in all lanes. */
export const splat = (value: number): Code => lanes([value, value, value, value]);
/** The same 32 bits in all lanes. */
export const splatInt = (bits: number): Code => {
  const bytes = [...new Uint8Array(Int32Array.of(bits).buffer)];
  return [...vector(0x0c), ...bytes, ...bytes, ...bytes, ...bytes];
};
/** All bits of the first `count` lanes. */
export const firstLanes = (count: number): Code =>
  [...vector(0x0c), ...Array.from({ length: 16 }, (_, byte) => (byte < 4 * count ? 0xff : 0))];

/** Lanes turned by `by` places: lane i is what lane i + by was. */
export function turned(local: number, by: number): Code {
  const order = Array.from({ length: 16 }, (_, byte) => (byte + 4 * by) % 16);
  return [...get(local), ...get(local), ...vector(0x0d), ...order];
}

// ---------------------------------------------------------------- memory

/** Four numbers from byte `address + offset` on. */
export const load = (address: Code, offset: number): Code => [...address, ...vector(0x00), 0, ...unsigned(offset)];
/** One number, in all lanes. */
export const loadSplat = (address: Code, offset: number): Code => [...address, ...vector(0x09), 0, ...unsigned(offset)];
export const store = (address: Code, offset: number, value: Code): Code =>
  [...address, ...value, ...vector(0x0b), 0, ...unsigned(offset)];
/** One lane of a local. */
export const storeLane = (address: Code, offset: number, local: number, lane = 0): Code =>
  [...address, ...get(local), ...vector(0x5a), 0, ...unsigned(offset), lane];

// ---------------------------------------------------------------- functions and modules

/** A function under construction: its parameters and locals by number. */
export interface FunctionBuilder {
  local(type: LocalType): number;
  /** Locals that no parameter is, in order. */
  readonly locals: readonly LocalType[];
}

export function createFunction(parameters = 0): FunctionBuilder {
  const locals: LocalType[] = [];
  return {
    locals,
    local(type) {
      locals.push(type);
      return parameters + locals.length - 1;
    },
  };
}

export interface WasmFunction {
  /** Takes a vector and gives one; else takes and gives nothing. */
  readonly ofVector: boolean;
  readonly locals: readonly LocalType[];
  readonly body: Code;
}

/** A module that imports `memory.memory` and exports the last of `functions` as `run`. */
export function writeModule(functions: readonly WasmFunction[], pages: number): Uint8Array<ArrayBuffer> {
  const name = (text: string) => [text.length, ...Buffer.from(text)];
  const section = (id: number, content: Code) => [id, ...unsigned(content.length), ...content];
  const list = (items: readonly Code[]) => [...unsigned(items.length), ...items.flat()];
  const bodies = functions.map(({ locals, body }) => {
    const code = [...list(locals.map((type) => [1, TYPE[type]])), ...body, 0x0b];
    return [...unsigned(code.length), ...code];
  });
  return Uint8Array.from([
    0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, list([[0x60, 0, 0], [0x60, 1, TYPE.v128, 1, TYPE.v128]])),
    ...section(2, list([[...name('memory'), ...name('memory'), 0x02, 0x00, ...unsigned(pages)]])),
    ...section(3, list(functions.map(({ ofVector }) => [Number(ofVector)]))),
    ...section(7, list([[...name('run'), 0x00, ...unsigned(functions.length - 1)]])),
    ...section(10, list(bodies)),
  ]);
}
