/**
 * How much of a world was seen: the number of distinct pictures, by linear counting (Whang et al. 1990). Every picture
 * sets one bit of many; of those that are still clear one can tell how many different ones there were.
 */
import { pictureHash } from '../picture-hash.ts';

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
      const at = pictureHash(picture) % BITS;
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
