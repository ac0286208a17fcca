import { describe, expect, it } from 'vitest';
import { createNames } from '../../../src/world/draw/names.ts';

describe('names', () => {
  it('are the same for the same contents, and differ where anything does', () => {
    const nameOf = createNames();
    const cells = [{ x: 1, y: 2 }];
    expect(nameOf(cells)).toBe(nameOf(cells));
    expect(nameOf([{ x: 1, y: 2 }])).toBe(nameOf(cells));
    const names = [cells, [{ x: 2, y: 1 }], [], [1], ['1'], 1, '1', true, false, null].map(nameOf);
    expect(new Set(names).size).toBe(names.length);
  });
});
