import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { float32, uint8, zeros } from '../../src/nd-array.ts';
import { boundedNormal, categorical } from '../../src/nn/distributions.ts';
import { initParameters } from '../../src/nn/parameters.ts';
import actor from '../../src/policies/actor.ts';
import { createRng } from '../../src/random.ts';
import type { ActionSpace, Agent, Distribution } from '../../src/types.ts';
import { plannedAgent, reflexAgent } from '../contracts/small-agents.ts';
import { onnx } from '../engine/parity.ts';

const LANES = 400;
/** Five standard deviations of a share of one half. */
const ROUGHLY = (5 * 0.5) / Math.sqrt(LANES);
const CHANCES = [0.2, 0.5, 0.3];
const DISCRETE: ActionSpace = { kind: 'discrete', n: 3 };
const CONTINUOUS: ActionSpace = { kind: 'continuous', low: [-5, -5, -5], high: [5, 5, 5] };

/** What an agent takes in as many worlds, of three actions or of three numbers, whose policy is the same everywhere. */
async function taken(agent: Agent, actions: ActionSpace, { explore, greedy = true }: { explore: boolean; greedy?: boolean }) {
  const policy = await actor.create({
    agent, actions, explore, params: initParameters(agent.parameters, createRng(0)), lanes: LANES, actionSize: 3, engine: onnx,
    imageShape: [4, 4, 3],
  }, { behavior: { greedy } });
  expect(policy.name).toBe('actor');
  const observation = {
    image: uint8(new Uint8Array(LANES * 48), [LANES, 4, 4, 3]), previousAction: zeros([LANES, 3]),
    isFirst: float32(new Float32Array(LANES).fill(1), [LANES]),
  };
  const { action } = await policy.act(policy.initial(LANES), observation, createRng(1));
  await policy.dispose();
  return [0, 1, 2].map((i) => [...action.data].filter((_, index) => index % 3 === i));
}

const saying = (policy: (rows: number) => Distribution): Agent => ({
  ...reflexAgent(3), prediction: { parameters: {}, predict: (_, features) => ({ policy: policy(features.shape[0]) }) },
});
const choosing = saying((rows) => categorical(tf.tile(tf.log(tf.tensor2d([CHANCES])), [rows, 1])));
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value) / values.length;

describe('the actor', () => {
  it('takes the most probable action at evaluation', async () => {
    expect((await taken(choosing, DISCRETE, { explore: false })).map(mean)).toEqual([0, 1, 0]);
  });

  it.each([
    { explore: true }, { explore: true, greedy: false }, { explore: false, greedy: false },
  ])('draws where it is told %o', async (how) => {
    const shares = (await taken(choosing, DISCRETE, how)).map(mean);
    shares.forEach((share, action) => expect(Math.abs(share - CHANCES[action])).toBeLessThan(ROUGHLY));
    expect(shares.reduce((sum, share) => sum + share)).toBeCloseTo(1, 5);
  });

  it('is the explorer, where there is one, while it learns, and the one that learned the task at evaluation', async () => {
    const { prediction: explorer } = saying((rows) => categorical(tf.tile(tf.tensor2d([[0, 0, 50]]), [rows, 1])));
    const curious = { ...choosing, ...(explorer ? { explorer } : {}) };
    expect((await taken(curious, DISCRETE, { explore: true })).map(mean)).toEqual([0, 0, 1]);
    expect((await taken(curious, DISCRETE, { explore: false })).map(mean)).toEqual([0, 1, 0]);
  });

  it('takes no continuous action beyond its bounds', async () => {
    // Means 1 − 2·10⁻⁴, 0 and their opposite; deviations of one.
    const walking = saying((rows) => boundedNormal(
      tf.tile(tf.tensor2d([[5, 0, -5]]), [rows, 1]), tf.zeros([rows, 3]), { minStd: 1, maxStd: 1 },
    ));
    const [high, middle, low] = await taken(walking, CONTINUOUS, { explore: true });
    const share = (values: readonly number[], bound: number) => values.filter((value) => value === bound).length / LANES;
    // Half of what is drawn around a bound lies beyond it; of what is drawn around zero 16 % on either side.
    expect(Math.abs(share(high, 1) - 0.5)).toBeLessThan(ROUGHLY);
    expect(Math.abs(share(low, -1) - 0.5)).toBeLessThan(ROUGHLY);
    for (const bound of [-1, 1]) expect(Math.abs(share(middle, bound) - 0.159)).toBeLessThan(ROUGHLY);
    for (const value of [...high, ...middle, ...low]) expect(Math.abs(value)).toBeLessThanOrEqual(1);
    const [mode] = await taken(walking, CONTINUOUS, { explore: false });
    for (const value of mode) expect(value).toBeCloseTo(Math.tanh(5), 5);
  });

  it('needs an agent that predicts', async () => {
    const reason = 'actor does what an agent predicts, and this one has no prediction';
    expect(actor.refuses(DISCRETE, plannedAgent(3))).toBe(reason);
    expect(actor.refuses(DISCRETE, choosing)).toBeUndefined();
    expect(actor.refuses(DISCRETE)).toBeUndefined();
    await expect(taken(plannedAgent(3), DISCRETE, { explore: true })).rejects.toThrow(reason);
  });
});
