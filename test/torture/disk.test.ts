import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/random.ts';
import { canMount, fullDisks } from './disk.ts';

describe.skipIf(!canMount())('a disk that is full', () => {
  it('at the start or after a while leaves a run that goes on as if nothing had happened', async () => {
    const { identical, faults } = await fullDisks(2, createRng(0).split('disk'));
    expect(faults).toEqual([]);
    expect(identical).toBe(2);
  }, 600_000);
});
