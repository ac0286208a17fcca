import { describe, expect, it } from 'vitest';
import { createRng, restoreRng, threefry2x32 } from '../src/random.ts';

describe('threefry2x32', () => {
  // Known answers published with Random123 (kat_vectors: threefry 2x32, 20 rounds).
  it.each([
    [0, 0, 0, 0, 0x6b200159, 0x99ba4efe],
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x1cb996fc, 0xbb002be7],
    [0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3, 0xc4923a9c, 0x483df7a0],
  ])('key (%i, %i), counter (%i, %i)', (k0, k1, c0, c1, x0, x1) => {
    const out = new Uint32Array(2);
    threefry2x32(k0, k1, c0, c1, out);
    expect([...out]).toEqual([x0, x1]);
  });
});

describe('streams', () => {
  it('are the same for the same seed and differ between seeds and labels', () => {
    const draw = (seed: number, label: string | number) => createRng(seed).split(label).uniform();
    expect(draw(1, 'a')).toBe(draw(1, 'a'));
    expect(new Set([draw(1, 'a'), draw(1, 'b'), draw(2, 'a'), draw(1, 1), draw(1, '1')]).size).toBe(5);
  });

  it('are others for all numbers, however many episodes there are', () => {
    const root = createRng(0);
    const keyOf = (label: number) => root.split(label).state().key.join();
    // What fell together once, and its neighbours on both sides of where numbers begin to stand for themselves.
    const numbers = [1_062_789, 1_279_192, 999_999, 1_000_000, 2 ** 31, 2 ** 32, 2 ** 32 + 1_000_000, 2 ** 52, Number.MAX_SAFE_INTEGER];
    expect(new Set(numbers.map(keyOf)).size).toBe(numbers.length);
    for (let n = 0; n < 1_000_000; n += 99_991) expect(keyOf(n)).not.toBe(keyOf(n + 1_000_000));
  });

  it('of a million labels are a million streams', () => {
    // Of one length only the hash tells them apart, so the counters of all of one length must be unlike.
    const fnv = (text: string): number => {
      let hash = 0x811c9dc5;
      for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
      return hash >>> 0;
    };
    for (let digits = 1; digits <= 6; digits++) {
      const seen = new Set<number>();
      const [from, to] = [digits === 1 ? 0 : 10 ** (digits - 1), 10 ** digits];
      for (let n = from; n < to; n++) seen.add(fnv(`#${n}`));
      expect(seen.size).toBe(to - from);
    }
  });

  it('split without regard to what was drawn', () => {
    const parent = createRng(7);
    const before = parent.split('child').uniform();
    parent.fillNormal(new Float32Array(13));
    expect(parent.split('child').uniform()).toBe(before);
  });

  it('continue exactly from their state, and looking at the state changes nothing', () => {
    const watched = createRng(3);
    const unwatched = createRng(3);
    for (let i = 0; i < 101; i++) {
      const value = unwatched.uniform();
      expect(restoreRng(watched.state()).uniform()).toBe(value);
      expect(watched.uniform()).toBe(value);
    }
  });

  it('have the moments of their distributions', () => {
    const rng = createRng(11);
    const uniforms = new Float32Array(100_000);
    const normals = new Float32Array(100_001);
    rng.fillUniform(uniforms);
    rng.fillNormal(normals);
    const moment = (values: Float32Array, power: number) =>
      values.reduce((sum, value) => sum + value ** power, 0) / values.length;
    // Bounds are five standard errors.
    expect(moment(uniforms, 1)).toBeCloseTo(0.5, 2);
    expect(moment(uniforms, 2)).toBeCloseTo(1 / 3, 2);
    expect(Math.abs(moment(normals, 1))).toBeLessThan(0.016);
    expect(Math.abs(moment(normals, 2) - 1)).toBeLessThan(0.023);
    expect(Math.min(...uniforms)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...uniforms)).toBeLessThan(1);
  });

  it('give every integer its share', () => {
    const rng = createRng(5);
    const counts = [0, 0, 0];
    for (let i = 0; i < 30_000; i++) counts[rng.int(3)]++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(410);
    expect(() => rng.int(0)).toThrow('expected an integer n ≥ 1, got 0');
  });
});
