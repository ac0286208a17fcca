import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/random.ts';
import { COVERAGE_BYTES, createCoverage } from '../../src/train/coverage.ts';

const pictureOf = (index: number): Uint8Array => {
  const rng = createRng(1).split(index);
  return Uint8Array.from({ length: 50 }, () => rng.int(256));
};

describe('coverage', () => {
  it('counts each picture once', () => {
    const coverage = createCoverage();
    for (let round = 0; round < 3; round++) for (let i = 0; i < 40; i++) coverage.add(pictureOf(i));
    expect(coverage.distinct()).toBe(40);
  });

  it('tells pictures apart that differ in one byte, wherever they lie in memory', () => {
    const coverage = createCoverage();
    const memory = new Uint8Array(64);
    coverage.add(memory.subarray(1, 52));
    coverage.add(memory.slice(1, 52));
    expect(coverage.distinct()).toBe(1);
    for (let at = 1; at < 52; at++) {
      memory[at] = 1;
      coverage.add(memory.subarray(1, 52));
      memory[at] = 0;
    }
    expect(coverage.distinct()).toBe(52);
  });

  it('is close to the truth for many', () => {
    const coverage = createCoverage();
    const picture = new Uint8Array(16);
    const view = new DataView(picture.buffer);
    for (let i = 0; i < 100_000; i++) {
      view.setUint32(4, i);
      coverage.add(picture);
    }
    expect(Math.abs(coverage.distinct() / 100_000 - 1)).toBeLessThan(0.01);
  });

  it('goes on from where it stood', () => {
    const [whole, first] = [createCoverage(), createCoverage()];
    for (let i = 0; i < 60; i++) {
      whole.add(pictureOf(i));
      if (i < 30) first.add(pictureOf(i));
    }
    expect(first.state().length).toBe(COVERAGE_BYTES);
    const second = createCoverage(first.state());
    for (let i = 20; i < 60; i++) second.add(pictureOf(i));
    expect(second.state()).toEqual(whole.state());
    expect(second.distinct()).toBe(whole.distinct());
  });
});
