/** Which sequences an agent learns from that learns from a block and nothing else. */
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/random.ts';
import { newestSequences, shuffled } from '../../src/train/newest.ts';

/** A block of one lane whose newest record was `before`; `f` begins an episode, a dot does not, and a space ends a tick. */
const block = (before: number, records: string) => ({
  before: [{ lane: 0, start: before }],
  ticks: records.split(' ').map((tick) => ({
    steps: [[...tick].map((record) => ({ isFirst: record === 'f' }))],
  })),
});
const starts = (...[given, length, blindSteps = 0]: [ReturnType<typeof block>, number, number?]) =>
  newestSequences({ ...given, length, blindSteps }).map(({ start }) => start);

describe('the sequences of a block', () => {
  it('overlap in one step, so that every arrival is in one of them', () => {
    // Arrivals 1 … 6 and 7 … 12 are the later steps of each.
    expect(starts(block(0, '. . . . . . . . . . . .'), 7)).toEqual([0, 6]);
  });

  it('overlap in what a representation needs before', () => {
    expect(starts(block(9, '. . . . . .'), 6, 2)).toEqual([7, 10]);
  });

  it('go back before the block where it does not come out even, and not before the beginning', () => {
    expect(starts(block(5, '. . . . .'), 4)).toEqual([4, 7]);
    expect(starts(block(0, '. . . . .'), 4)).toEqual([0, 2]);
  });

  it('are none of what led nowhere', () => {
    // A tick that ended an episode brings in its end and the next beginning.
    expect(starts(block(0, '. .f . .'), 2)).toEqual([0, 1, 3, 4]);
  });
});

it('draws all in an order of its own, and all again', () => {
  const drawn = shuffled([1, 2, 3, 4, 5, 6], createRng(3));
  const take = () => Array.from({ length: 6 }, () => drawn.next().value);
  const [first, second] = [take(), take()];
  expect([...first].sort()).toEqual([1, 2, 3, 4, 5, 6]);
  expect([...second].sort()).toEqual([1, 2, 3, 4, 5, 6]);
  expect(second).not.toEqual(first);
});
