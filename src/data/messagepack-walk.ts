/**
 * MessagePack from somebody else, looked through before a decoder sees it. The decoder knows extensions by which a few
 * hundred bytes stand for gigabytes, or for each other in circles; only what checkpoints are written with gets through.
 */

/** Deeper than plain data may be (plain.ts), with the file's own records around it. */
const MAX_DEPTH = 64;

/** Lists and records, each of which takes a hundred times the byte that it stands in; thousands of worlds in flight take a tenth. */
const MOST_CONTAINERS = 2_000_000;

/** Extensions that are let through: undefined, −0, and typed arrays of the kinds in `ARRAY_KINDS`. */
const UNDEFINED = 0;
export const NEGATIVE_ZERO = 1;
const TYPED_ARRAY = 0x74;
/** Int8 to Float64, in the order of the format; not the two of big integers. */
const ARRAY_KINDS = 9;

/**
 * @throws Error where the bytes are not one whole value, or hold what a checkpoint never does
 */
export function walkMessagePack(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let containers = 0;
  /** Values that are still to come, of every value that is open. */
  const open: number[] = [1];

  const take = (count: number): number => {
    if (count > bytes.length - at) throw new Error(`it ends within a value at byte ${at}`);
    const from = at;
    at += count;
    return from;
  };
  const length = (size: 1 | 2 | 4): number => {
    const from = take(size);
    return size === 1 ? view.getUint8(from) : size === 2 ? view.getUint16(from) : view.getUint32(from);
  };
  const enter = (values: number): void => {
    // Each takes a byte at least.
    if (values > bytes.length - at) throw new Error(`${values} values are announced at byte ${at}, where ${bytes.length - at} bytes are left`);
    if (open.length >= MAX_DEPTH) throw new Error(`it is nested more than ${MAX_DEPTH} deep`);
    if (++containers > MOST_CONTAINERS) throw new Error(`it holds more than ${MOST_CONTAINERS} lists and records`);
    open.push(values);
  };
  const extension = (size: number): void => {
    const type = view.getInt8(take(1));
    const from = take(size);
    const known = type === UNDEFINED || type === NEGATIVE_ZERO ? size === 1
      : type === TYPED_ARRAY && size >= 1 && bytes[from] < ARRAY_KINDS;
    if (!known) throw new Error(`it holds an extension of type ${type} at byte ${from}`);
  };

  while (open.length > 0) {
    if (open[open.length - 1] === 0) {
      open.pop();
      continue;
    }
    open[open.length - 1]--;
    const token = view.getUint8(take(1));
    if (token <= 0x7f || token >= 0xe0) continue; // small integers
    else if (token <= 0x8f) enter(2 * (token & 0x0f));
    else if (token <= 0x9f) enter(token & 0x0f);
    else if (token <= 0xbf) take(token & 0x1f);
    else if (token === 0xc0 || token === 0xc2 || token === 0xc3) continue; // nil, false, true
    else if (token === 0xc4 || token === 0xd9) take(length(1));
    else if (token === 0xc5 || token === 0xda) take(length(2));
    else if (token === 0xc6 || token === 0xdb) take(length(4));
    else if (token === 0xc7) extension(length(1));
    else if (token === 0xc8) extension(length(2));
    else if (token === 0xc9) extension(length(4));
    else if (token === 0xca || token === 0xce || token === 0xd2) take(4);
    else if (token === 0xcb || token === 0xcf || token === 0xd3) take(8);
    else if (token === 0xcc || token === 0xd0) take(1);
    else if (token === 0xcd || token === 0xd1) take(2);
    else if (token >= 0xd4 && token <= 0xd8) extension(2 ** (token - 0xd4));
    else if (token === 0xdc) enter(length(2));
    else if (token === 0xdd) enter(length(4));
    else if (token === 0xde) enter(2 * length(2));
    else if (token === 0xdf) enter(2 * length(4));
    else throw new Error(`no value begins at byte ${at - 1}`);
  }
  if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes follow its end`);
}
