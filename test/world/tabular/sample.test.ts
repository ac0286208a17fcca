import { describe, expect, it } from 'vitest';
import { createRng } from '../../../src/random.ts';
import { sampleOutcome } from '../../../src/world/tabular/sample.ts';

describe('sampleOutcome', () => {
  const outcomes = [0.2, 0.7, 0.1].map((probability, state) => {
    return { probability, state, reward: state, terminated: true };
  });

  it('draws each outcome by its probability', () => {
    const rng = createRng(0);
    const counts = [0, 0, 0];
    for (let i = 0; i < 10_000; i++) counts[sampleOutcome(outcomes, rng).state]++;
    // 5 standard deviations of √(n p (1 − p)): 40, 46 and 30.
    expect(Math.abs(counts[0] - 2000)).toBeLessThan(200);
    expect(Math.abs(counts[1] - 7000)).toBeLessThan(230);
    expect(Math.abs(counts[2] - 1000)).toBeLessThan(150);
  });

  it('gives a transition without its probability, and draws nothing where there is no choice', () => {
    const rng = createRng(0);
    expect(sampleOutcome([{ ...outcomes[1], probability: 1 }], rng)).toEqual({ state: 1, reward: 1, terminated: true });
    expect(rng.state().counter).toBe(0);
  });
});
