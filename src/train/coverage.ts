/**
 * How much of a world was seen: the number of distinct pictures, by linear counting (Whang et al. 1990). Every picture
 * sets one bit of many; of those that are still clear one can tell how many different ones there were.
 */

/** A picture in a hundred thousand is miscounted by less than one in a hundred; beyond a million they are only guessed. */
const BITS = 2 ** 18;
export const COVERAGE_BYTES = BITS / 8;

export interface Coverage {
  add(picture: Uint8Array): void;
  /** Distinct pictures so far, about. */
  distinct(): number;
  /** Plain data from which to go on. */
  state(): Uint8Array;
}

/** @param from the `state` of an earlier one */
export function createCoverage(from: Uint8Array = new Uint8Array(COVERAGE_BYTES)): Coverage {
  const bits = from.slice();
  let clear = BITS;
  for (const byte of bits) for (let rest = byte; rest > 0; rest &= rest - 1) clear--;
  return {
    add(picture) {
      const at = hash(picture) % BITS;
      const bit = 1 << (at & 7);
      if (bits[at >> 3] & bit) return;
      bits[at >> 3] |= bit;
      clear--;
    },
    // n ≈ −m·ln(share of clear bits)
    distinct: () => Math.round(-BITS * Math.log(Math.max(clear, 1) / BITS)),
    state: () => bits.slice(),
  };
}

/** 32 bits of a picture: FNV-1a over words of four bytes, with the bits mixed in the end (MurmurHash3's finalizer). */
function hash(picture: Uint8Array): number {
  // Words cannot be read from just anywhere.
  const aligned = picture.byteOffset % 4 === 0 ? picture : picture.slice();
  const words = new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2);
  let sum = 0x811c9dc5;
  for (let i = 0; i < words.length; i++) sum = Math.imul(sum ^ words[i], 0x01000193) ^ (sum >>> 15);
  for (let i = words.length * 4; i < aligned.length; i++) sum = Math.imul(sum ^ aligned[i], 0x01000193);
  sum = Math.imul(sum ^ (sum >>> 16), 0x85ebca6b);
  sum = Math.imul(sum ^ (sum >>> 13), 0xc2b2ae35);
  return (sum ^ (sum >>> 16)) >>> 0;
}
