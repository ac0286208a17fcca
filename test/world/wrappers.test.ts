import { describe, expect, it } from 'vitest';
import catchWorld from '../../envs/catch.ts';
import { createRng } from '../../src/random.ts';
import type { Environment } from '../../src/types.ts';
import { checkEnvironment } from '../../src/world/contract.ts';
import { limitLevels, limitTime, repeatActions, stickActions, wrapEnvironment } from '../../src/world/wrappers.ts';

/** Walks from 0 to its end at 5; the reward is ten times the place it leaves, plus the action. */
const line: Environment<number> = {
  name: 'line',
  description: 'Walks.',
  actions: { kind: 'discrete', n: 3 },
  maxSteps: 100,
  reset: () => 0,
  step: (place, action) => ({ state: place + 1, reward: 10 * place + Number(action), terminated: place + 1 === 5 }),
  draw() {},
  expert: (place) => place % 3,
  reference: { random: 105, expert: 110 },
};

/** The rewards of these actions, one after the other. */
function rewardsOf<S>(world: Environment<S>, actions: readonly number[], seed = 0): number[] {
  const rng = createRng(seed);
  let state = world.reset(rng);
  return actions.map((action) => {
    const next = world.step(state, action, rng);
    state = next.state;
    return next.reward;
  });
}

const none = { actionRepeat: 1, stickyActions: 0, timeLimit: 0 };

describe('wrapEnvironment', () => {
  it('leaves a world alone where nothing is asked for', () => {
    const world = line as Environment;
    expect(wrapEnvironment(world, none)).toBe(world);
  });

  it('repeats outside of sticking outside of the time limit', () => {
    const world = wrapEnvironment(line as Environment, { actionRepeat: 2, stickyActions: 1, timeLimit: 3 });
    expect(world.maxSteps).toBe(2);
    // Places 0 and 1 with action 1, place 2 with action 1 again because it sticks, and there the time limit is.
    expect(rewardsOf(world, [1, 2])).toEqual([0 + 1 + (10 + 1), 20 + 1]);
  });

  it('remembers what was seen, outside of everything else', () => {
    const world = wrapEnvironment(line as Environment, { ...none, actionRepeat: 2, frameStack: 2 });
    const { state } = world.step(world.reset(createRng(0)), 0, createRng(0));
    expect(state).toEqual({ states: [{ inner: 0, steps: 0 }, { inner: 2, steps: 2 }] });
  });

  it('keeps what looks at the state, and drops what was measured without it', () => {
    const world = wrapEnvironment(line as Environment, { actionRepeat: 2, stickyActions: 0.5, timeLimit: 0 });
    const { state } = world.step(world.reset(createRng(0)), 0, createRng(0));
    expect([world.name, world.expert?.(state)]).toEqual(['line', 2]);
    expect([world.legal, world.reference]).toEqual([undefined, undefined]);
  });

  it('gives worlds that keep the contract', async () => {
    const world = wrapEnvironment(catchWorld as Environment, { actionRepeat: 2, stickyActions: 0.25, timeLimit: 7 });
    const findings = await checkEnvironment(world, { size: 16, rng: createRng(0) });
    expect(findings.filter(({ ok }) => !ok)).toEqual([]);
  });
});

describe('limitTime', () => {
  it('changes when the driver cuts, and nothing else', () => {
    const world = limitTime(line, 4);
    expect(world.maxSteps).toBe(4);
    expect(rewardsOf(world, [1, 2, 0])).toEqual([1, 12, 20]);
  });
});

describe('limitLevels', () => {
  it('lets episodes begin in so many ways, the same ones for every seed, and all of them', () => {
    const world = limitLevels<number>({ ...line, reset: (rng) => rng.int(1e6) }, 3);
    const begun = (seed: number): number[] => {
      const rng = createRng(seed);
      return Array.from({ length: 40 }, () => world.reset(rng));
    };
    const levels = new Set(begun(0));
    expect(levels.size).toBe(3);
    expect(new Set(begun(1))).toEqual(levels);
    expect(begun(1)).not.toEqual(begun(0));
    expect(world.step(0, 1, createRng(0))).toEqual(line.step(0, 1, createRng(0)));
    expect(world.reference).toBeUndefined();
  });
});

describe('repeatActions', () => {
  it('adds up the rewards, and stops where the world ends', () => {
    const world = repeatActions(line, 3);
    expect(world.maxSteps).toBe(34);
    const rng = createRng(0);
    const first = world.step(world.reset(rng), 1, rng);
    expect(first).toEqual({ state: { inner: 3, steps: 3 }, reward: 1 + 11 + 21, terminated: false });
    const second = world.step(first.state, 2, rng);
    expect(second).toEqual({ state: { inner: 5, steps: 5 }, reward: 32 + 42, terminated: true });
  });

  it('stops at the time limit of the world, which is not a termination', () => {
    const world = repeatActions({ ...line, maxSteps: 4 }, 3);
    expect(world.maxSteps).toBe(2);
    const second = world.step({ inner: 3, steps: 3 }, 1, createRng(0));
    expect(second).toEqual({ state: { inner: 4, steps: 4 }, reward: 31, terminated: false });
  });

  it('stops where the action is not legal any more', () => {
    const world = repeatActions({ ...line, legal: (place: number) => [true, true, place < 2] }, 4);
    expect(world.step({ inner: 0, steps: 0 }, 2, createRng(0)).reward).toBe(2 + 12);
    expect(world.legal?.({ inner: 2, steps: 2 })).toEqual([true, true, false]);
  });
});

describe('stickActions', () => {
  it('applies the first action for ever at probability 1, and what is chosen at 0', () => {
    expect(rewardsOf(stickActions(line, 1), [1, 2, 0])).toEqual([1, 11, 21]);
    expect(rewardsOf(stickActions(line, 0), [1, 2, 0])).toEqual([1, 12, 20]);
  });

  it('sticks as often as it is told', () => {
    const step: typeof line.step = (place, action) => ({ state: place, reward: Number(action), terminated: false });
    const echo = { ...line, step };
    const applied = rewardsOf(stickActions(echo, 0.25), Array.from({ length: 4000 }, (_, t) => t), 3);
    const sticks = applied.filter((action, t) => t > 0 && action === applied[t - 1]);
    expect(Math.abs(sticks.length / 3999 - 0.25)).toBeLessThan(0.035); // 5 standard errors
  });

  it('takes what was chosen where the last action is not legal any more', () => {
    const world = stickActions({ ...line, legal: (place: number) => [true, true, place < 1] }, 1);
    expect(rewardsOf(world, [2, 1, 0])).toEqual([2, 11, 21]);
  });
});
