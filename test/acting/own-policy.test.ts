/** A user's own policy, which plans one step ahead. */
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { loadPolicy } from '../../src/acting/load-policy.ts';
import { float32, uint8, zeros } from '../../src/nd-array.ts';
import { initParameters } from '../../src/nn/parameters.ts';
import { createRng } from '../../src/random.ts';
import type { Dynamics } from '../../src/types.ts';
import { ensembleAgent, reflexAgent } from '../contracts/small-agents.ts';
import { onnx, uniforms } from '../engine/parity.ts';

const LANES = 2;
const ACTIONS = 3;
const SIDE = 4;
const FILE = fileURLToPath(new URL('../data/one-step.ts', import.meta.url));

const observation = {
  image: uint8(Uint8Array.from(uniforms([LANES, SIDE, SIDE, 3], 0, 256, 1).data), [LANES, SIDE, SIDE, 3]),
  previousAction: zeros([LANES, ACTIONS]),
  isFirst: float32([1, 1], [LANES]),
};

/** An agent that knows that `action` earns 50 more. */
function agentThatLikes(action: number) {
  const agent = ensembleAgent(ACTIONS);
  const { dynamics } = agent;
  if (!dynamics) throw new Error('expected dynamics');
  const taken: Dynamics = {
    ...dynamics,
    latentShapes: { ...dynamics.latentShapes, taken: [] },
    imagine: (params, latent, chosen) => ({
      ...dynamics.imagine(params, latent, chosen), taken: tf.squeeze(tf.slice(chosen, [0, action], [-1, 1]), [1]),
    }),
    outcome(params, latent) {
      const { reward, ...rest } = dynamics.outcome(params, latent);
      return { ...rest, reward: { ...reward, predict: () => tf.add(reward.predict(), tf.mul(latent.taken, 50)) } };
    },
  };
  return { ...agent, dynamics: taken };
}

async function act(agent: ReturnType<typeof ensembleAgent>, legal?: ReturnType<typeof float32>) {
  const variant = await loadPolicy(FILE);
  const actions = { kind: 'discrete', n: ACTIONS } as const;
  expect(variant.refuses(actions, agent)).toBeUndefined();
  const policy = await variant.create({
    agent, actions, params: initParameters(agent.parameters, createRng(0)), lanes: LANES, imageShape: [SIDE, SIDE, 3],
    actionSize: ACTIONS, explore: false, engine: onnx,
  }, {});
  const { action } = await policy.act(policy.initial(LANES), { ...observation, ...(legal ? { legal } : {}) }, createRng(1));
  await policy.dispose();
  return [...action.data];
}

it.each([0, 1, 2])('takes action %i, which promises most', async (action) => {
  const oneHot = [0, 1, 2].map((each) => Number(each === action));
  expect(await act(agentThatLikes(action))).toEqual([...oneHot, ...oneHot]);
});

it('takes legal actions alone', async () => {
  const agent = { ...agentThatLikes(0), targetShapes: { legal: [ACTIONS] } };
  expect(await act(agent, float32([1, 1, 1, 0, 0, 1], [LANES, ACTIONS]))).toEqual([1, 0, 0, 0, 0, 1]);
});

it('refuses what it cannot do', async () => {
  const variant = await loadPolicy(FILE);
  expect(variant.refuses({ kind: 'continuous', low: [-1], high: [1] })).toBe('one-step tries every action, and these are continuous');
  expect(variant.refuses({ kind: 'discrete', n: 3 }, reflexAgent(3))).toBe('one-step needs an agent that imagines and predicts');
});
