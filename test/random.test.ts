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
