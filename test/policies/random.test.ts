import { describe, expect, it } from 'vitest';
import random, { randomPolicy } from '../../src/policies/random.ts';
import type { ActingSetting } from '../../src/acting/policy-variant.ts';
import { createRng } from '../../src/random.ts';
import type { ActionSpace } from '../../src/types.ts';
import { createObservationBuffer } from '../../src/world/episode.ts';
import { counterWorld } from '../world/counter-world.ts';

const lanes = 500;

async function actions(space: ActionSpace, length: number): Promise<Float32Array> {
  const { observation } = createObservationBuffer({ ...counterWorld, actions: space }, lanes, 1);
  const { action } = await randomPolicy(space).act({}, observation, createRng(2));
  expect([action.shape, action.dtype]).toEqual([[lanes, length], 'float32']);
  return new Float32Array(action.data);
}

describe('randomPolicy', () => {
  it('takes discrete actions alike, one-hot', async () => {
    const data = await actions({ kind: 'discrete', n: 2 }, 2);
    let first = 0;
    for (let lane = 0; lane < lanes; lane++) {
      expect([...data.subarray(2 * lane, 2 * lane + 2)].sort()).toEqual([0, 1]);
      first += data[2 * lane];
    }
    expect(Math.abs(first - 250)).toBeLessThan(56); // 5 standard deviations
  });

  it('takes legal actions only, alike', async () => {
    const world = { ...counterWorld, actions: { kind: 'discrete', n: 3 } as const, legal: () => [true, false, true] };
    const { observation, show } = createObservationBuffer(world, lanes, 1);
    for (let lane = 0; lane < lanes; lane++) show(lane, world.reset(createRng(0)), new Uint8Array(3));
    const { action } = await randomPolicy(world.actions).act({}, observation, createRng(2));
    const counts = [0, 1, 2].map((a) => action.data.filter((value, i) => value === 1 && i % 3 === a).length);
    expect([counts[1], counts[0] + counts[2]]).toEqual([0, lanes]);
    expect(Math.abs(counts[0] - 250)).toBeLessThan(56); // 5 standard deviations
  });

  it('takes continuous actions over the whole of [-1, 1]', async () => {
    const data = await actions({ kind: 'continuous', low: [5], high: [7] }, 1);
    expect(Math.min(...data)).toBeGreaterThanOrEqual(-1);
    expect(Math.min(...data)).toBeLessThan(-0.97);
    expect(Math.max(...data)).toBeLessThanOrEqual(1);
    expect(Math.max(...data)).toBeGreaterThan(0.97);
  });

  it('remembers nothing and says what it is, also as a policy that runs', async () => {
    const actions: ActionSpace = { kind: 'discrete', n: 2 };
    // It asks for nothing else of whoever acts.
    const running = await random.create({ actions } as ActingSetting, {});
    running.update({});
    await running.dispose();
    for (const policy of [randomPolicy(actions), running]) {
      expect(policy.name).toBe('random');
      expect(policy.initial(lanes)).toEqual({});
    }
    expect(random.refuses(actions)).toBeUndefined();
  });
});
