import { describe, expect, it } from 'vitest';
import { numbersOf } from '../../eval/measures/plan-trust.ts';
import { planOutcomes } from '../../eval/plan-outcomes.ts';
import type { PlanPolicy } from '../../src/acting/plan-policy.ts';
import { float32 } from '../../src/nd-array.ts';
import { createRng } from '../../src/random.ts';
import type { Dynamics, Environment } from '../../src/types.ts';
import { onnx } from '../engine/parity.ts';
import { numberWorld } from '../models/parts/number-world.ts';

describe('the numbers of outcomes', () => {
  it('call a plan catastrophic that promised much and brought little', () => {
    const outcomes = [[1, 5], [2, 6], [3, 7], [4, 8], [5, 9], [6, 4], [7, 1], [8, 9]].map(([expected, received]) => ({ expected, received }));
    // The upper quarter expects 6.25 and more, the lower received 4.75 and less: the plan of 7 alone is in both.
    const { catastrophic, optimism, correlation } = numbersOf(outcomes);
    expect(catastrophic).toBe(1 / 8);
    expect(optimism).toBeCloseTo(36 / 8 - 49 / 8, 9);
    expect(correlation).toBeCloseTo(-2.5 / Math.sqrt(42 * 52.875), 9);
  });

  it('call none so where all receive the same', () => {
    expect(numbersOf([1, 2, 3, 4].map((expected) => ({ expected, received: 0 })))).toEqual({ catastrophic: 0, optimism: 2.5 });
  });
});

/** Moves by the action; arriving at s pays s², and at 3 or more it ends. Pictures are of no matter. */
const world: Environment<number> = {
  name: 'numbers', description: 'A number.', actions: { kind: 'continuous', low: [-1], high: [1] }, maxSteps: 6,
  reset: () => 0,
  step: (state, action) => {
    const next = state + Number((action as readonly number[])[0]);
    return { state: next, reward: next ** 2, terminated: next >= 3 };
  },
  draw() {},
};

/** Plans one step up at each of four moments, from wherever it stands: what its latent says is off by `error`. */
function climber(error: number): PlanPolicy {
  let at = 0;
  const think: PlanPolicy['think'] = async (carry) => {
    const latent = { state: float32([at + error], [1, 1]) };
    at += 1;
    return {
      carry, latent, stats: {}, action: float32([1], [1, 1]),
      decision: { plan: new Float32Array(4).fill(1), memory: new Float32Array(0), asked: 0, refused: 0, fellBack: 0, rounds: [] },
    };
  };
  return { name: 'climber', initial: () => ({}), think, act: think, update() {}, dispose: async () => {} };
}

/** It is as sure as the world: it goes on below 3. */
const dynamics: Dynamics = numberWorld.dynamics;

describe('outcomes of plans', () => {
  const outcomesOf = (error: number, environment: Environment<number> = world) => planOutcomes({
    environment: environment as Environment, size: 8, dynamics, params: {}, engine: onnx, policy: climber(error), episodes: 1, rng: createRng(0),
  });

  it('are what the model sums up, and what the world gives until it ends', async () => {
    // Of 1, 2 and 3, where the world ends; the model goes on to 4.
    expect(await outcomesOf(0)).toEqual([{ expected: 1 + 4 + 9 + 16, received: 1 + 4 + 9 }]);
    const [{ expected, received }] = await outcomesOf(0.5);
    expect(expected).toBeCloseTo(1.5 ** 2 + 2.5 ** 2 + 3.5 ** 2 + 4.5 ** 2, 4);
    expect(received).toBe(14);
  });

  it('are of plans alone that end within the time limit', async () => {
    // Of six steps; at the sixth decision, which is looked at as well, a plan of four would be cut.
    const endless: Environment<number> = { ...world, step: (...args) => ({ ...world.step(...args), terminated: false }) };
    expect(await outcomesOf(0, endless)).toEqual([{ expected: 30, received: 30 }]);
  });
});
