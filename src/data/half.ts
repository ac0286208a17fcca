/**
 * IEEE 754 half precision: float32 arrays to and from 16 bits, for stored latents and for shipped checkpoints.
 * Rounds to nearest, ties to even; keeps subnormals, infinities and NaN. Everything from 65520 up becomes infinity.
 */

/** Adding and subtracting 1.5 · 2^52 rounds a small double to an integer, ties to even. */
const ROUND = 1.5 * 2 ** 52;

/** Every half as float32, by its bits. */
const VALUES = tabulate();

function tabulate(): Float32Array {
  const values = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 31) values[bits] = fraction ? NaN : sign * Infinity;
    else if (exponent === 0) values[bits] = sign * fraction * 2 ** -24;
    else values[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return values;
}

/** The bits of `source` rounded to half precision. `out`, where given, has the length of `source`. */
export function toHalf(source: Float32Array, out: Uint16Array = new Uint16Array(source.length)): Uint16Array {
  if (out.length !== source.length) throw new RangeError(`expected out of length ${source.length}, got ${out.length}`);
  const words = new Uint32Array(source.buffer, source.byteOffset, source.length);
  for (let i = 0; i < words.length; i++) {
    const sign = (words[i] >>> 16) & 0x8000;
    const magnitude = words[i] & 0x7fffffff;
    let half: number;
    if (magnitude > 0x7f800000) half = 0x7e00; // NaN
    else if (magnitude >= 0x47800000) half = 0x7c00; // 2^16 and above
    else if (magnitude < 0x38800000) half = Math.abs(source[i]) * 2 ** 24 + ROUND - ROUND; // below 2^-14: subnormal
    else half = (magnitude - 0x38000000 + 0x0fff + ((magnitude >>> 13) & 1)) >>> 13; // may carry into the exponent
    out[i] = sign | half;
  }
  return out;
}

/** The halves of `source` as float32, exactly. `out`, where given, has the length of `source`. */
export function fromHalf(source: Uint16Array, out: Float32Array = new Float32Array(source.length)): Float32Array {
  if (out.length !== source.length) throw new RangeError(`expected out of length ${source.length}, got ${out.length}`);
  for (let i = 0; i < source.length; i++) out[i] = VALUES[source[i]];
  return out;
}
