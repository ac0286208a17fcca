/** Search over an agent so small that its numbers are known. */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { createLatentSearch, type LatentSearchOptions } from '../../src/acting/latent-search.ts';
import type { SearchVariant } from '../../src/acting/load-policy.ts';
import type { Roots, SearchResult } from '../../src/acting/program-search.ts';
import { float32, zeros } from '../../src/nd-array.ts';
import { boundedNormal, categorical } from '../../src/nn/distributions.ts';
import type { Tree } from '../../src/planning/tree.ts';
import gumbel from '../../src/policies/gumbel.ts';
import puct from '../../src/policies/puct.ts';
import sampled from '../../src/policies/sampled.ts';
import { createRng } from '../../src/random.ts';
import type { ActionSpace, Agent, Distribution, Dynamics, ParamArrays, Prediction, Representation } from '../../src/types.ts';
import { onnx } from '../engine/parity.ts';
import { valuesOf } from './values-of.ts';

const ROOTS = 2;
const DISCRETE: ActionSpace = { kind: 'discrete', n: 3 };
const CONTINUOUS: ActionSpace = { kind: 'continuous', low: [-1], high: [1] };

/** One number for sure. */
const certain = (value: tf.Tensor): Distribution =>
  ({ predict: () => value, sample: () => value, logProb: tf.zerosLike, entropy: () => tf.zerosLike(value) });

function unused(): never {
  throw new Error('search does not need this');
}

/**
 * Every step can be taken again and again, whatever came before: the middle action of three earns `prize`, the others
 * nothing; a continuous one loses the square of its distance from 0.3. What follows counts `future`. Values are 0, and
 * all actions seem equal. `chance` is what the model drew, 0 where it drew nothing.
 */
function tinyAgent({ kind }: ActionSpace): Agent {
  const representation: Representation = {
    parameters: {}, carryShapes: {}, contextShapes: {}, blindSteps: 0, featureSize: 1,
    encode: unused, observe: unused, filter: unused, features: ({ earned }) => earned,
  };
  const dynamics: Dynamics = {
    parameters: { prize: { shape: [1], init: 'ones' }, future: { shape: [1], init: 'ones' } },
    latentShapes: { earned: [1], chance: [1] },
    imagine: ({ prize }, { earned }, action, noise) => ({
      earned: kind === 'discrete'
        ? tf.mul(tf.slice(action, [0, 1], [-1, 1]), prize)
        : tf.neg(tf.square(tf.sub(action, 0.3))),
      chance: noise ? noise.uniform(earned.shape) : tf.zerosLike(earned),
    }),
    outcome: ({ future }, { earned }) => {
      const reward = tf.squeeze(earned, [1]);
      return { reward: certain(reward), discount: certain(tf.mul(tf.onesLike(reward), future)) };
    },
  };
  const prediction: Prediction = {
    parameters: {},
    predict: (_, features) => {
      const [batch]: number[] = features.shape;
      const nothing = (size: number) => tf.zeros([batch, size]);
      const policy = kind === 'discrete' ? categorical(nothing(3)) : boundedNormal(nothing(1), nothing(1));
      return { policy, value: certain(tf.zeros([batch])) };
    },
  };
  return { representation, dynamics, prediction, parameters: dynamics.parameters, stages: [], targetShapes: {} };
}

const params: ParamArrays = { prize: float32([1], [1]), future: float32([0.5], [1]) };

/** Roots like every other latent; of three actions, all seem equal. */
const roots = (sampledActions?: Float32Array): Roots => ({
  latent: { earned: zeros([ROOTS, 1]), chance: zeros([ROOTS, 1]) },
  root: sampledActions
    ? {
      priorLogits: zeros([ROOTS, sampledActions.length / ROOTS]), value: zeros([ROOTS]),
      sampledActions: float32(sampledActions, [ROOTS, sampledActions.length / ROOTS, 1]),
    }
    : { priorLogits: zeros([ROOTS, 3]), value: zeros([ROOTS]) },
});

const policies = { puct, gumbel, sampled };

function searchOf(kind: keyof typeof policies, settings: Record<string, unknown>, changes: Partial<LatentSearchOptions> = {}) {
  const policy: SearchVariant = policies[kind];
  const actions = kind === 'sampled' ? CONTINUOUS : DISCRETE;
  return createLatentSearch({
    agent: tinyAgent(actions), actions, search: policy.search, options: valuesOf(policy, { search: settings }),
    roots: ROOTS, explore: false, engine: onnx, ...changes,
  });
}

function treeOf({ tree }: SearchResult): Tree {
  if (!tree) throw new Error('expected the tree of the search');
  return tree;
}

const chosen = (rows: ArrayLike<number>) =>
  [0, 1].map((root) => Array.from(rows).slice(3 * root, 3 * root + 3).indexOf(1));

describe('search over latents', () => {
  it('finds the best action and says what every action is worth', async () => {
    const search = await searchOf('gumbel', { simulations: 4 });
    const found = await search.run(params, roots(), createRng(0));
    const [{ action, targets }, tree] = [found, treeOf(found)];
    expect(action).toEqual(float32([0, 1, 0, 0, 1, 0], [ROOTS, 3]));
    // Each action once, then the best again, with nothing behind it: (0 + 0 + 1 + 0 + 1) / 5, the root's own 0 first.
    expect(targets.searchValue.shape).toEqual([ROOTS]);
    targets.searchValue.data.forEach((value) => expect(value).toBeCloseTo(0.4, 5));
    // Q of 0, 1, 0 times (50 + 2 visits) · 0.1: weights 1, e^5.2, 1
    const best = Math.exp(5.2) / (2 + Math.exp(5.2));
    expect(targets.searchPolicy.shape).toEqual([ROOTS, 3]);
    [0, 1].forEach((root) => expect(targets.searchPolicy.data[3 * root + 1]).toBeCloseTo(best, 5));
    expect(targets.searchActions).toBeUndefined();
    expect([...tree.childrenRewards.slice(0, 3)]).toEqual([0, 1, 0]);
    expect([...tree.childrenDiscounts.slice(0, 3)]).toEqual([0.5, 0.5, 0.5]);
  });

  it('tells values in the unit of the head that learns them', async () => {
    const agent = { ...tinyAgent(DISCRETE), largest: { value: { size: 65536, key: 'model.support' } } };
    const { targets } = await (await searchOf('gumbel', { simulations: 4 }, { agent })).run(params, roots(), createRng(0));
    targets.searchValue.data.forEach((value) => expect(value).toBeCloseTo(0.4 / 4, 5));
  });

  it('turns the sign of what follows where two players act in turn', async () => {
    const agent = { ...tinyAgent(DISCRETE), takesTurns: true };
    const search = await searchOf('gumbel', { simulations: 8 }, { agent });
    const tree = treeOf(await search.run(params, roots(), createRng(0)));
    expect([...tree.childrenDiscounts.slice(0, 3)]).toEqual([-0.5, -0.5, -0.5]);
    // The middle action earns 1, and lets the other one earn 1 as well: worth 1 at first, and less the more is seen.
    expect(tree.childrenQvalues[1]).toBeLessThan(1);
    expect(tree.childrenQvalues[1]).toBeGreaterThanOrEqual(0.5);
  });

  it('searches with the parameters it is given, unless others are baked in', async () => {
    const free = await searchOf('gumbel', { simulations: 4 });
    const baked = await searchOf('gumbel', { simulations: 4 }, { baked: params });
    const double = { ...params, prize: float32([2], [1]) };
    const valueOf = async (search: typeof free) => {
      const { targets } = await search.run(double, roots(), createRng(0));
      return targets.searchValue.data[0];
    };
    expect(await valueOf(free)).toBeCloseTo(0.8, 5);
    expect(await valueOf(baked)).toBeCloseTo(0.4, 5);
  });

  it('looks as deep as it may', async () => {
    const depthWhere = async (depth: number) => {
      const tree = treeOf(await (await searchOf('puct', { simulations: 12, depth })).run(params, roots(), createRng(0)));
      const depthOf = (node: number): number => (node === 0 ? 0 : 1 + depthOf(tree.parents[node]));
      const nodes = Array.from({ length: tree.numNodes }, (_, node) => node).filter((node) => tree.nodeVisits[node] > 0);
      return Math.max(...nodes.map(depthOf));
    };
    expect(await depthWhere(1)).toBe(1);
    expect(await depthWhere(0)).toBeGreaterThan(2);
  });

  it('looks no further where the model is sure of an end', async () => {
    const search = await searchOf('gumbel', { simulations: 6 });
    const seen = async (future: number) => {
      const tree = treeOf(await search.run({ ...params, future: float32([future], [1]) }, roots(), createRng(0)));
      const below = Array.from(tree.parents.slice(0, tree.numNodes)).filter((parent) => parent > 0).length;
      return [tree.childrenDiscounts[1], below];
    };
    expect(await seen(0.04)).toEqual([0, 0]);
    const [discount, below] = await seen(0.06);
    expect(discount).toBeCloseTo(0.06, 6);
    expect(below).toBeGreaterThan(0);
  });

  it.each(['puct', 'gumbel'] as const)('%s gives the same for the same seed, and explores if asked to', async (kind) => {
    const few = { simulations: 5, considered: 2 };
    const [best, exploring] = [await searchOf(kind, few), await searchOf(kind, few, { explore: true })];
    const seeds = [1, 2, 3, 4, 5, 6];
    const policies = async (search: typeof best) => {
      const found = [];
      for (const seed of seeds) {
        const { action, targets } = await search.run(params, roots(), createRng(seed));
        const [policy, value] = [[...targets.searchPolicy.data], [...targets.searchValue.data]];
        found.push({ action: [...action.data], policy, value });
      }
      return found;
    };
    const first = await policies(exploring);
    expect(await policies(exploring)).toEqual(first);
    expect(new Set(first.map(({ action }) => String(action))).size).toBeGreaterThan(1);
    const without = await policies(best);
    expect(without.map(({ action }) => chosen(action))).toEqual(seeds.map(() => [1, 1]));
  });

  it.each(['puct', 'gumbel'] as const)('%s never takes or values an action that is not allowed', async (kind) => {
    for (const explore of [false, true]) {
      const search = await searchOf(kind, { simulations: 6 }, { explore });
      for (const seed of [1, 2, 3, 4, 5]) {
        // The best one may not be taken at the first root, the first and the best not at the second.
        const illegal = Uint8Array.of(0, 1, 0, 1, 1, 0);
        const result = await search.run(params, roots(), createRng(seed), illegal);
        const { action, targets } = result;
        const [one, other] = chosen(action.data);
        expect([0, 2]).toContain(one);
        expect(other).toBe(2);
        const policy = [...targets.searchPolicy.data];
        expect([policy[1], policy[3], policy[4]]).toEqual([0, 0, 0]);
        expect(policy[0] + policy[2]).toBeCloseTo(1, 5);
        expect(policy[5]).toBeCloseTo(1, 5);
        const { childrenVisits: visits, numNodes } = treeOf(result);
        expect([visits[1], visits[3 * numNodes], visits[3 * numNodes + 1]]).toEqual([0, 0, 0]);
      }
    }
  });

  it('draws from the model, or takes what is most probable', async () => {
    const chance = async (prior: string) => {
      const search = await searchOf('gumbel', { simulations: 4, prior });
      const tree = treeOf(await search.run(params, roots(), createRng(0)));
      return [...tree.embeddings.chance.data].slice(ROOTS); // behind the roots
    };
    expect(await chance('mode')).toEqual(new Array<number>(4 * ROOTS).fill(0));
    const drawn = await chance('sample');
    expect(drawn.every((value) => value > 0)).toBe(true);
    expect(new Set(drawn).size).toBe(drawn.length);
  });

  it('takes the sampled action that is worth most', async () => {
    const search = await searchOf('sampled', { simulations: 8, samples: 4, depth: 1 });
    const sampled = Float32Array.of(0, -0.5, 0.25, 1, 0.5, 0.75, -1, 0);
    const { action, targets } = await search.run(params, roots(sampled), createRng(0));
    // −0.05² is better than −0.3², −0.2² better than −0.45²
    expect(action).toEqual(float32([0.25, 0.5], [ROOTS, 1]));
    expect(targets.searchActions).toEqual(float32(sampled, [ROOTS, 4, 1]));
    const policy = [...targets.searchPolicy.data];
    expect(policy.indexOf(Math.max(...policy.slice(0, 4)))).toBe(2);
    expect(policy.slice(4).indexOf(Math.max(...policy.slice(4)))).toBe(0);
    expect(policy.slice(0, 4).reduce((sum, value) => sum + value)).toBeCloseTo(1, 5);
  });

  it('samples actions within bounds below the root, the mode first', async () => {
    const search = await searchOf('sampled', { simulations: 3, samples: 4 });
    const tree = treeOf(await search.run(params, roots(new Float32Array(2 * 4)), createRng(0)));
    const below = [...tree.embeddings.sampledActions.data].slice(ROOTS * 4);
    expect(below).toHaveLength(3 * ROOTS * 4);
    expect(below.every((value) => Math.abs(value) <= 1)).toBe(true);
    expect(below.filter((_, i) => i % 4 === 0)).toEqual(new Array<number>(3 * ROOTS).fill(0));
    expect(new Set(below.filter((_, i) => i % 4 > 0)).size).toBeGreaterThan(6);
  });

  it('says what it does not search', async () => {
    await expect(searchOf('puct', {}, { actions: CONTINUOUS })).rejects.toThrow(
      'puct searches discrete actions, and these are continuous',
    );
    await expect(searchOf('sampled', {}, { actions: DISCRETE })).rejects.toThrow(
      'sampled searches continuous actions, and these are discrete',
    );
    const agent = tinyAgent(DISCRETE);
    const without = (part: keyof Agent) => searchOf('gumbel', {}, { agent: { ...agent, [part]: undefined } });
    await expect(without('dynamics')).rejects.toThrow('gumbel searches what an agent imagines, and this one has no dynamics');
    await expect(without('prediction')).rejects.toThrow(
      'gumbel asks what imagined states are worth, and this agent has no prediction',
    );
    const { prediction } = agent;
    const worthless: Prediction | undefined = prediction && {
      ...prediction, predict: (...given) => ({ policy: prediction.predict(...given).policy }),
    };
    await expect(searchOf('gumbel', {}, { agent: { ...agent, prediction: worthless } })).rejects.toThrow(
      'a search weighs states by their values, and this agent predicts none',
    );
  });
});
