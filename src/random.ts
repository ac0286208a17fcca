/**
 * Random numbers: Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
 * 1, 2, 3", SC 2011). Counter-based, so a stream's whole state is (key, counter) and streams can be split by name.
 */
import type { Rng, RngState } from './types.ts';

const PARITY = 0x1bd11bda;
const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const;

/** Encrypt the counter (c0, c1) under the key (k0, k1); the two words are written to `out`. */
export function threefry2x32(k0: number, k1: number, c0: number, c1: number, out: Uint32Array): void {
  const k2 = PARITY ^ k0 ^ k1;
  let x0 = (c0 + k0) | 0;
  let x1 = (c1 + k1) | 0;
  for (let group = 0; group < 5; group++) {
    for (let round = 0; round < 4; round++) {
      const rotation = ROTATIONS[((group & 1) << 2) + round];
      x0 = (x0 + x1) | 0;
      x1 = ((x1 << rotation) | (x1 >>> (32 - rotation))) ^ x0;
    }
    const next = group + 1; // inject the key, rotated by one word a group
    x0 = (x0 + (next % 3 === 0 ? k0 : next % 3 === 1 ? k1 : k2)) | 0;
    x1 = (x1 + (next % 3 === 0 ? k1 : next % 3 === 1 ? k2 : k0) + next) | 0;
  }
  out[0] = x0;
  out[1] = x1;
}

/** 2^-24: the top 24 bits of a word become a float32 in [0, 1) exactly. */
const UNIT = 2 ** -24;

/** Below it no two numbers have the same hash (random.test.ts); from it on they stand for themselves. */
const EXACT_FROM = 1_000_000;

const isExact = (label: string | number): label is number => typeof label === 'number' && Number.isSafeInteger(label) && label >= EXACT_FROM;

/** A counter for a label: FNV-1a of its characters, and its length. Numbers and strings must not meet. */
function hashed(label: string | number): readonly [number, number] {
  const text = typeof label === 'number' ? `#${label}` : label;
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return [hash, 0xffffffff - text.length];
}

class Threefry implements Rng {
  readonly #key: readonly [number, number];
  /** Words drawn so far; word w is half w & 1 of block w >> 1, so any position can be returned to. */
  #counter: number;
  readonly #block = new Uint32Array(2);
  /** The block that `#block` holds, or -1. */
  #cached = -1;

  constructor(state: RngState) {
    this.#key = state.key;
    this.#counter = state.counter;
  }

  #word(): number {
    const position = this.#counter++;
    const block = Math.floor(position / 2);
    if (block !== this.#cached) {
      threefry2x32(this.#key[0], this.#key[1], block >>> 0, Math.floor(block / 2 ** 32), this.#block);
      this.#cached = block;
    }
    return this.#block[position % 2];
  }

  uniform(): number {
    return (this.#word() >>> 8) * UNIT;
  }

  /** Box and Muller (1958), the cosine branch. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  int(n: number): number {
    if (!Number.isInteger(n) || n < 1) throw new RangeError(`expected an integer n ≥ 1, got ${n}`);
    return Math.floor(this.uniform() * n);
  }

  split(label: string | number): Rng {
    const child = new Uint32Array(2);
    const [c0, c1] = isExact(label) ? [label >>> 0, 0x80000000 + Math.floor(label / 2 ** 32)] : hashed(label);
    // Counters of draws stay far below 2^53, so the upper half of the counter space is free for splitting.
    threefry2x32(this.#key[0], this.#key[1], c0, c1, child);
    return new Threefry({ key: [child[0], child[1]], counter: 0 });
  }

  fillUniform(out: Float32Array): void {
    for (let i = 0; i < out.length; i++) out[i] = (this.#word() >>> 8) * UNIT;
  }

  /** Both branches of Box and Muller. */
  fillNormal(out: Float32Array): void {
    for (let i = 0; i < out.length; i += 2) {
      const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
      const angle = 2 * Math.PI * this.uniform();
      out[i] = radius * Math.cos(angle);
      if (i + 1 < out.length) out[i + 1] = radius * Math.sin(angle);
    }
  }

  state(): RngState {
    return { key: this.#key, counter: this.#counter };
  }
}

/** The root stream of a run. `seed` is any integer; its low 53 bits count. */
export function createRng(seed: number): Rng {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`expected an integer seed, got ${seed}`);
  return new Threefry({ key: [seed | 0, Math.floor(seed / 2 ** 32) | 0], counter: 0 });
}

/** Continue a stream from what `state()` gave. */
export function restoreRng(state: RngState): Rng {
  return new Threefry(state);
}
