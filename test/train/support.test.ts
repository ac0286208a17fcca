/** Supports for worlds whose rewards are larger than the default holds. */
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/random.ts';
import { configure } from '../../src/train/configure.ts';
import { supportOverride } from '../../src/train/support.ts';
import type { Environment } from '../../src/types.ts';
import { rewardRange } from '../../src/world/reward-range.ts';

/** Four steps that pay `pays` each, or nothing, as the action says. */
const levers = (pays: number): Environment<{ t: number }> => ({
  name: 'levers', description: 'Two levers.', actions: { kind: 'discrete', n: 2 }, maxSteps: 4,
  reset: () => ({ t: 0 }),
  step: ({ t }, action) => ({ state: { t: t + 1 }, reward: action === 1 ? pays : 0, terminated: false }),
  draw() {},
});

async function overrideOf(pays: number, agent: string, ...overrides: string[]) {
  const { config } = await configure({ world: 'levers', agent, preset: 'debug', overrides });
  return supportOverride('levers', levers(pays) as Environment, config);
}

describe('the rewards of random play', () => {
  it('are at most a reward, and a sum that begins anew with every episode', () => {
    expect(rewardRange(levers(-900) as Environment, createRng(0))).toEqual({ reward: 900, total: 3600 });
  });
});

describe('the support of heads', () => {
  it('holds twice what random play receives', async () => {
    expect(await overrideOf(900, 'gumbel-muzero')).toBe('model.support=7200');
    expect(await overrideOf(900, 'gumbel-muzero', 'env.actionRepeat=10')).toBe('model.support=18000');
  });

  it('stays where it does, and where an agent has none', async () => {
    expect(await overrideOf(300, 'gumbel-muzero')).toBeUndefined(); // four of them are 1200
    expect(await overrideOf(301, 'gumbel-muzero')).toBe('model.support=2400');
    expect(await overrideOf(900, 'dreamer')).toBeUndefined();
  });

  it('is left alone where the world fails, which training tells of', async () => {
    const { config } = await configure({ world: 'levers', agent: 'muzero', preset: 'debug', overrides: [] });
    const broken = { ...levers(900), step: () => { throw new Error('no lever'); } };
    expect(await supportOverride('levers', broken as Environment, config)).toBeUndefined();
  });
});
