import { describe, expect, it } from 'vitest';
import { float32, zeros } from '../../src/nd-array.ts';
import { createRng } from '../../src/random.ts';
import { burstLength, withBursts } from '../../src/train/bursts.ts';
import type { ActionSpace, Group, NdArray, Observation, Policy } from '../../src/types.ts';

const LANES = 4;
const ACTIONS: ActionSpace = { kind: 'discrete', n: 5 };

/** Always the first action; counts its calls. */
const still: Policy = {
  name: 'still',
  initial: () => ({ calls: zeros([1]) }),
  act: async (carry) => ({
    action: float32(Float32Array.from({ length: LANES * 5 }, (_, i) => (i % 5 === 0 ? 1 : 0)), [LANES, 5]),
    carry: { calls: float32([carry.calls.data[0] + 1], [1]) }, stats: {},
  }),
};

const seen = (isFirst: readonly number[] = [0, 0, 0, 0]): Observation => ({
  image: zeros([LANES, 1, 1, 3], 'uint8'), previousAction: zeros([LANES, 5]), isFirst: float32(isFirst, [LANES]),
});

/** By lane, the number of the action at every step. */
async function play(policy: Policy, steps: number, from?: { carry: Group<NdArray>; rng: ReturnType<typeof createRng> }) {
  const rng = from?.rng ?? createRng(5);
  let carry = from?.carry ?? policy.initial(LANES);
  const lanes: number[][] = Array.from({ length: LANES }, () => []);
  for (let step = 0; step < steps; step++) {
    const choice = await policy.act(carry, seen(), rng);
    carry = choice.carry;
    lanes.forEach((lane, i) => lane.push(Array.from(choice.action.data.subarray(5 * i, 5 * i + 5)).indexOf(1)));
  }
  return { lanes, carry, rng };
}

describe('bursts of random actions', () => {
  it('last as long as a heavy tail says', () => {
    const rng = createRng(1);
    const lengths = Array.from({ length: 20_000 }, () => burstLength(rng));
    for (const n of [1, 2, 4, 10, 50]) {
      const share = lengths.filter((length) => length >= n).length / lengths.length;
      expect(Math.abs(share - 1 / n)).toBeLessThan(0.012);
    }
    expect(Math.max(...lengths)).toBe(100);
  });

  it('begin as often as they should, and are kept up', async () => {
    const { lanes, carry } = await play(withBursts(still, ACTIONS, 0.1), 4000);
    expect(carry.calls.data[0]).toBe(4000); // the policy sees every step
    const steps = lanes.flat();
    // A burst of 5.2 steps on average after 9 free ones, and a fifth of the bursts look like the policy.
    const burst = 5.187;
    const share = (0.8 * burst) / (burst + 9);
    expect(Math.abs(steps.filter((action) => action !== 0).length / steps.length - share)).toBeLessThan(0.06);
    const repeats = lanes.map((lane) => lane.filter((action, i) => action !== 0 && lane[i + 1] === action).length);
    const others = lanes.map((lane) => lane.filter((action, i) => action !== 0 && lane[i + 1] !== action).length);
    expect(repeats.reduce((a, b) => a + b)).toBeGreaterThan(2 * others.reduce((a, b) => a + b));
  });

  it('end with the episode', async () => {
    const policy = withBursts(still, ACTIONS, 1e-9); // none begins by itself
    const running = {
      ...policy.initial(LANES),
      'burst/left': float32([9, 9, 0, 9], [LANES]),
      'burst/action': float32(Float32Array.from({ length: 20 }, (_, i) => (i % 5 === 3 ? 1 : 0)), [LANES, 5]),
    };
    const { action, carry } = await policy.act(running, seen([0, 1, 0, 0]), createRng(0));
    expect([0, 1, 2, 3].map((lane) => Array.from(action.data.subarray(5 * lane, 5 * lane + 5)).indexOf(1))).toEqual([3, 0, 0, 3]);
    expect([...carry['burst/left'].data]).toEqual([8, 0, 0, 8]);
  });

  it('go on from their carry as if nothing had happened, and chance 0 is the policy itself', async () => {
    const policy = withBursts(still, ACTIONS, 0.3);
    const whole = await play(policy, 40);
    const half = await play(policy, 20);
    const rest = await play(policy, 20, half);
    expect(half.lanes.map((lane, i) => [...lane, ...rest.lanes[i]])).toEqual(whole.lanes);
    expect(withBursts(still, ACTIONS, 0)).toBe(still);
  });
});
