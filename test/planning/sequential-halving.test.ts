import { describe, expect, it } from 'vitest';
import { sequenceOfConsideredVisits } from '../../src/planning/sequential-halving.ts';

describe('sequenceOfConsideredVisits', () => {
  it.each([
    // Two phases of 8 / 2 simulations: once each of 4, then twice each of 2.
    [4, 8, [0, 0, 0, 0, 1, 1, 2, 2]],
    [4, 16, [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]],
    // 5 is halved to 2; three phases, and what is left goes to the last two.
    [5, 12, [0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4]],
    [3, 7, [0, 0, 0, 1, 1, 2, 2]],
    // Fewer simulations than actions.
    [8, 3, [0, 0, 0]],
    [1, 4, [0, 1, 2, 3]],
    [0, 2, [0, 1]],
  ])('%i actions, %i simulations', (actions, simulations, sequence) => {
    expect([...sequenceOfConsideredVisits(actions, simulations)]).toEqual(sequence);
  });
});
