/** Small trees worked out by hand, and what every search must keep. */
import { describe, expect, it } from 'vitest';
import { gumbelMuzeroPolicy } from '../../src/planning/gumbel-muzero-policy.ts';
import { muzeroPolicy } from '../../src/planning/muzero-policy.ts';
import { qtransformByMinMax } from '../../src/planning/qtransforms.ts';
import { emptyTree, NO_PARENT, UNVISITED, summarize, writePriors, type Tree } from '../../src/planning/tree.ts';
import type { PolicyOutput, SearchInput } from '../../src/planning/types.ts';
import { createRng } from '../../src/random.ts';
import { bandit, randomWorld, tableModel, type StateTable } from './table-world.ts';

type Options = Omit<SearchInput, 'root' | 'recurrent' | 'rng'>;

async function inputFor(states: readonly StateTable[], roots: readonly number[], options: Options, calls?: number[][]) {
  const model = tableModel(states, calls);
  const root = await model.root(roots, createRng(0));
  return { root, recurrent: model.recurrent, rng: createRng(7), ...options };
}

const quiet = { dirichletFraction: 0, temperature: 0 };
const policies = {
  muzero: (input: SearchInput) => muzeroPolicy(input, quiet),
  gumbel: (input: SearchInput) => gumbelMuzeroPolicy(input, { gumbelScale: 0 }),
};
const both = Object.entries(policies);

describe('PUCT by hand', () => {
  // Rewards 1 and ½, priors 0.6 and 0.4, exploration 1.25 · √N · p / (1 + n) (c₂ adds 0.0005 at most). Until N = 7 the
  // first action has 1 + √N · 0.75 / N against √N · 0.5; at N = 7 that is 1.283 against 1.323, and the second action is
  // visited. It has the smaller Q, so at N = 8 it is 1 + √8 · 0.75 / 7 = 1.303 against √8 · 0.5 / 2 = 0.707.
  it('visits the better of two arms 7 times of 8', async () => {
    const calls: number[][] = [];
    const input = await inputFor(bandit([1, 0.5], [0.6, 0.4]), [0], { numSimulations: 8 }, calls);
    const { action, actionWeights, searchTree } = await muzeroPolicy(input, quiet);
    const { visitCounts, value, qvalues } = summarize(searchTree);
    expect([...visitCounts]).toEqual([7, 1]);
    expect([...actionWeights]).toEqual([0.875, 0.125]);
    expect([...qvalues]).toEqual([1, 0.5]);
    expect(value[0]).toBeCloseTo(7.5 / 9, 6); // a first value of 0, 7 times 1, once ½
    expect([...action]).toEqual([0]);
    // Nodes are numbered by simulation; ended episodes are not asked about again.
    expect([...searchTree.childrenIndex.subarray(0, 2)]).toEqual([1, 7]);
    expect(calls).toEqual([[0], [1]]);
  });

  // One simulation goes to the larger prior, be it larger by 4 in 100,000; and to either of two that are the same.
  it('decides by chance between equals, and between nothing else', async () => {
    const first = async (probs: readonly number[]) => {
      const input = await inputFor(bandit([0, 0], probs), new Array<number>(2000).fill(0), { numSimulations: 1 });
      const { action } = await muzeroPolicy(input, quiet);
      return action.filter((each) => each === 0).length;
    };
    expect(await first([0.50002, 0.49998])).toBe(2000);
    expect(Math.abs(await first([0.5, 0.5]) - 1000)).toBeLessThan(112); // 5 standard deviations
  });

  // Everything loses, and what was never visited counts as 0: but without a prior it is not to be had, not even below the root.
  it('takes nothing below the root that has no prior', async () => {
    const lost = { next: 1, reward: -5, discount: 1 };
    const states: StateTable[] = [
      { value: 0, priorLogits: [0, -Infinity], moves: [lost] },
      { value: -9, priorLogits: [0, -Infinity], moves: [lost] },
    ];
    const qtransform = qtransformByMinMax({ minValue: -1, maxValue: 1 });
    const { searchTree } = await muzeroPolicy(await inputFor(states, [0], { numSimulations: 12 }), { ...quiet, qtransform });
    expect(searchTree.childrenVisits.filter((_, edge) => edge % 2 === 1).every((visits) => visits === 0)).toBe(true);
  });

  // Values: the leaf of action 0 is worth 2, one step later 4: returns 1 + ½ · 2 = 2 and 1 + ½ (3 + ½ · 4) = 3.5.
  it('backs up discounted returns along a chain', async () => {
    const step = (next: number, reward: number) => [{ next, reward, discount: 0.5 }];
    const chain: StateTable[] = [
      { value: 10, priorLogits: [0], moves: step(1, 1) },
      { value: 2, priorLogits: [0], moves: step(2, 3) },
      { value: 4, priorLogits: [0], moves: step(0, 0) },
    ];
    const { searchTree } = await muzeroPolicy(await inputFor(chain, [0], { numSimulations: 2 }), quiet);
    expect([...searchTree.parents]).toEqual([NO_PARENT, 0, 1]);
    expect([...searchTree.nodeVisits]).toEqual([3, 2, 1]);
    expect([...searchTree.rawValues]).toEqual([10, 2, 4]);
    expect([...searchTree.nodeValues]).toEqual([(10 + 2 + 3.5) / 3, (2 + 5) / 2, 4].map(Math.fround));
    expect([...searchTree.childrenQvalues]).toEqual([1 + 0.5 * 3.5, 3 + 0.5 * 4, 0]);
    expect([...searchTree.childrenIndex]).toEqual([1, 2, UNVISITED]);
  });
});

describe('Gumbel MuZero by hand', () => {
  // Halving: one visit each, then two more for each of the better half.
  it('halves four arms to two', async () => {
    const input = await inputFor(bandit([0.1, 0.9, 0.5, 0.3], [0.25, 0.25, 0.25, 0.25]), [0], { numSimulations: 8 });
    const { action, actionWeights, searchTree } = await gumbelMuzeroPolicy(input, { gumbelScale: 0 });
    expect([...summarize(searchTree).visitCounts]).toEqual([1, 3, 3, 1]);
    expect([...action]).toEqual([1]);
    // Q rescaled to 0, 1, ½, ¼ times (50 + 3) · 0.1: softmax of 0, 5.3, 2.65, 1.325.
    const weights = [0, 5.3, 2.65, 1.325].map(Math.exp);
    const sum = weights.reduce((total, weight) => total + weight);
    weights.forEach((weight, i) => expect(actionWeights[i]).toBeCloseTo(weight / sum, 5));
  });

  it('considers only so many, by prior and Gumbel noise', async () => {
    const input = await inputFor(bandit([0, 0, 1], [0.5, 0.3, 0.2]), [0], { numSimulations: 6 });
    const { searchTree, action } = await gumbelMuzeroPolicy(input, { gumbelScale: 0, maxNumConsideredActions: 2 });
    expect([...summarize(searchTree).visitCounts]).toEqual([3, 3, 0]);
    expect([...action]).toEqual([0]);
  });

  // softmax(log 0.75, log 0.25) with equal values below: visits follow 3 : 1.
  it('visits interior nodes in the proportions of the improved policy', async () => {
    const priorLogits = [0.75, 0.25].map(Math.log);
    const over = { next: 2, reward: 0, discount: 0 };
    const states: StateTable[] = [
      { value: 0, priorLogits: [0, -Infinity], moves: [{ next: 1, reward: 0, discount: 1 }, over] },
      { value: 0, priorLogits, moves: [over, over] },
      { value: 0, priorLogits, moves: [] },
    ];
    const input = await inputFor(states, [0], { numSimulations: 9 });
    const { searchTree } = await gumbelMuzeroPolicy(input, { gumbelScale: 0 });
    expect([...searchTree.childrenVisits.subarray(2, 4)]).toEqual([6, 2]);
  });
});

/** Visits, values and shape must agree with each other, whatever was searched. */
function checkConsistency(tree: Tree, numSimulations: number): void {
  for (let root = 0; root < tree.batch; root++) {
    expect(tree.nodeVisits[root * tree.numNodes]).toBe(numSimulations + 1);
    for (let node = 0; node < tree.numNodes; node++) {
      const index = root * tree.numNodes + node;
      let sum = 0;
      let own = tree.nodeVisits[index];
      for (let action = 0; action < tree.numActions; action++) {
        const edge = index * tree.numActions + action;
        const child = tree.childrenIndex[edge];
        if (child === UNVISITED) {
          expect(tree.childrenVisits[edge]).toBe(0);
          continue;
        }
        expect(tree.parents[root * tree.numNodes + child]).toBe(node);
        expect(tree.actionFromParent[root * tree.numNodes + child]).toBe(action);
        expect(tree.nodeVisits[root * tree.numNodes + child]).toBe(tree.childrenVisits[edge]);
        const { childrenRewards, childrenDiscounts, nodeValues } = tree;
        const q = childrenRewards[edge] + childrenDiscounts[edge] * nodeValues[root * tree.numNodes + child];
        expect(tree.childrenQvalues[edge]).toBeCloseTo(q, 5);
        sum += tree.childrenVisits[edge] * q;
        own -= tree.childrenVisits[edge];
      }
      const mean = (sum + own * tree.rawValues[index]) / Math.max(tree.nodeVisits[index], 1);
      expect(tree.nodeValues[index]).toBeCloseTo(mean, 4);
    }
  }
}

function depthsOf(tree: Tree, root: number): number[] {
  const depths: number[] = [];
  for (let node = 0; node < tree.numNodes; node++) {
    const parent = tree.parents[root * tree.numNodes + node];
    depths.push(node === 0 ? 0 : parent === NO_PARENT ? -1 : depths[parent] + 1);
  }
  return depths;
}

/** What a search said of one root. */
function rowOf({ action, actionWeights, searchTree }: PolicyOutput, root: number) {
  const { numNodes, numActions, childrenVisits, nodeValues } = searchTree;
  return {
    action: action[root],
    weights: [...actionWeights.subarray(root * numActions, (root + 1) * numActions)],
    visits: [...childrenVisits.subarray(root * numNodes * numActions, (root + 1) * numNodes * numActions)],
    values: [...nodeValues.subarray(root * numNodes, (root + 1) * numNodes)],
  };
}

describe.each(both)('%s', (_, policy) => {
  const world = randomWorld(40, 4, createRng(11));

  it('asks the model once a simulation for all roots', async () => {
    const calls: number[][] = [];
    const { searchTree } = await policy(await inputFor(world, [3, 5, 8], { numSimulations: 20 }, calls));
    expect(calls.map(({ length }) => length)).toEqual(Array.from({ length: 20 }, () => 3));
    checkConsistency(searchTree, 20);
  });

  it('keeps roots apart', async () => {
    const together = await policy(await inputFor(world, [3, 5, 8], { numSimulations: 20 }));
    for (const [root, state] of [3, 5, 8].entries()) {
      const alone = await policy(await inputFor(world, [state], { numSimulations: 20 }));
      expect(rowOf(together, root)).toEqual(rowOf(alone, 0));
    }
  });

  it('never visits an invalid action at the root, and gives it no weight', async () => {
    const invalidActions = Uint8Array.of(1, 0, 0, 1, 0, 1, 1, 1);
    const input = await inputFor(world, [3, 5], { numSimulations: 20, invalidActions });
    const { action, actionWeights, searchTree } = await policy(input);
    const { visitCounts } = summarize(searchTree);
    expect([visitCounts[0], visitCounts[3], actionWeights[0], actionWeights[3]]).toEqual([0, 0, 0, 0]);
    expect([...visitCounts.subarray(4)]).toEqual([20, 0, 0, 0]);
    expect([...actionWeights.subarray(4)]).toEqual([1, 0, 0, 0]);
    expect([[1, 2].includes(action[0]), action[1]]).toEqual([true, 0]);
    // Below the root the mask is gone.
    const childOfOnly = searchTree.childrenIndex[searchTree.numNodes * 4];
    expect(searchTree.nodeVisits[searchTree.numNodes + childOfOnly]).toBe(20);
  });

  it.each([1, 2, 3])('goes no deeper than %i edges', async (maxDepth) => {
    const { searchTree } = await policy(await inputFor(world, [3, 5], { numSimulations: 60, maxDepth }));
    checkConsistency(searchTree, 60);
    for (const root of [0, 1]) expect(Math.max(...depthsOf(searchTree, root))).toBe(maxDepth);
  });

  // Action 0 pays 1 and ends; what the model says beyond would be worth 1000.
  it('adds nothing beyond the end of an episode', async () => {
    const on = { next: 1, reward: 500, discount: 1 };
    const priorLogits = [0, 0];
    const states: StateTable[] = [
      { value: 0, priorLogits, moves: [{ next: 1, reward: 1, discount: 0 }, { next: 2, reward: 2, discount: 0 }] },
      { value: 1000, priorLogits, moves: [on, on] },
      { value: -1000, priorLogits, moves: [on, on] },
    ];
    for (const expandTerminal of [false, true]) {
      const { searchTree, action } = await policy(await inputFor(states, [0], { numSimulations: 16, expandTerminal }));
      const { qvalues, visitCounts, value } = summarize(searchTree);
      expect([...qvalues]).toEqual([1, 2]);
      expect(value[0]).toBeCloseTo((visitCounts[0] + 2 * visitCounts[1]) / 17, 5);
      expect([...action]).toEqual([1]);
      expect(Math.max(...depthsOf(searchTree, 0)) > 1).toBe(expandTerminal);
    }
  });

  // I move, then my opponent, whose gain is my loss. Action 0 lets it choose between +1 and −1 for me, action 1 is ¼.
  it('plays for two: a discount of −1', async () => {
    const priorLogits = [0, 0];
    const reply = (forMe: number) => ({ next: 3, reward: -forMe, discount: 0 });
    const states: StateTable[] = [
      { value: 0, priorLogits, moves: [1, 2].map((next) => ({ next, reward: 0, discount: -1 })) },
      { value: 0, priorLogits, moves: [reply(1), reply(-1)] },
      { value: 0, priorLogits, moves: [reply(0.25), reply(0.25)] },
      { value: 0, priorLogits, moves: [] },
    ];
    const { action, searchTree } = await policy(await inputFor(states, [0], { numSimulations: 100 }));
    expect([...action]).toEqual([1]);
    checkConsistency(searchTree, 100);
    const { qvalues } = summarize(searchTree);
    expect(qvalues[0]).toBeLessThan(0);
    expect(qvalues[1]).toBeGreaterThan(0.2);
  });

  it('refuses what does not fit together', async () => {
    const input = await inputFor(world, [3, 5], { numSimulations: 4 });
    await expect(policy({ ...input, numSimulations: 0 })).rejects.toThrow('expected numSimulations ≥ 1, got 0');
    await expect(policy({ ...input, maxDepth: 0 })).rejects.toThrow('expected maxDepth ≥ 1, got 0');
    for (const root of [
      { ...input.root, priorLogits: new Float32Array(7) }, { ...input.root, priorLogits: new Float32Array(0) }, { ...input.root, value: new Float32Array(0) },
    ]) {
      const sizes = `got ${root.priorLogits.length} and ${root.value.length} numbers`;
      await expect(policy({ ...input, root })).rejects.toThrow(`expected priorLogits [B, A] and value [B], ${sizes}`);
    }
    const short = new Uint8Array(4);
    await expect(policy({ ...input, invalidActions: short })).rejects.toThrow('invalidActions [2, 4], got 4');
    const invalidActions = Uint8Array.of(0, 0, 0, 0, 1, 1, 1, 1);
    await expect(policy({ ...input, invalidActions })).rejects.toThrow('got none at root 1');
    const state = { ...input.root.embedding.state, shape: [1, 2] };
    const root = { ...input.root, embedding: { state } };
    await expect(policy({ ...input, root })).rejects.toThrow("leaf 'state': expected [2, …], got [1,2]");
    const answer = { ...input.root, reward: new Float32Array(2), discount: new Float32Array(2) };
    const saying = (change: object) => policy({ ...input, recurrent: async () => ({ ...answer, ...change }) });
    await expect(saying({ value: new Float32Array(1) })).rejects.toThrow('value: expected 2 numbers, got 1');
    await expect(saying({ embedding: {} })).rejects.toThrow("leaf 'state': expected 2 numbers, got undefined");
  });
});

describe('with noise', () => {
  const noisy = { muzero: muzeroPolicy, gumbel: gumbelMuzeroPolicy };
  const world = randomWorld(40, 4, createRng(12));

  it.each(Object.entries(noisy))('%s is the same from the same stream, and other from another', async (_, policy) => {
    const input = await inputFor(world, [1, 2, 3, 4], { numSimulations: 12 });
    const run = async (seed: number) => {
      const output = await policy({ ...input, rng: createRng(seed) });
      return [0, 1, 2, 3].map((root) => rowOf(output, root));
    };
    const first = await run(1);
    expect(await run(1)).toEqual(first);
    expect(await run(2)).not.toEqual(first);
  });

  it.each([1, 3, 8, 64])('the best arm is found at %i roots', async (roots) => {
    const rng = createRng(13);
    const numActions = 6;
    // One state for each root, then where all their actions lead.
    const best = Array.from({ length: roots }, () => rng.int(numActions));
    const priorLogits = Array.from({ length: numActions }, () => 0);
    const moves = (arm: number) =>
      Array.from({ length: numActions }, (_, action) => {
        return { next: roots, reward: action === arm ? 1 : 0.6 * rng.uniform(), discount: 0 };
      });
    const states: StateTable[] = [
      ...best.map((arm) => ({ value: 0, priorLogits, moves: moves(arm) })),
      { value: 0, priorLogits, moves: [] },
    ];
    const input = await inputFor(states, best.map((_, root) => root), { numSimulations: 64 });
    expect([...(await gumbelMuzeroPolicy(input, { gumbelScale: 0 })).action]).toEqual(best);
    // PUCT needs √N to grow before an arm that was never tried outweighs the best of those that were.
    const patient = { ...input, numSimulations: 256 };
    expect([...(await muzeroPolicy(patient, { temperature: 0 })).action]).toEqual(best);
  });

  // Policy improvement (Danihelka et al. 2022, section 3): Σ π′ q ≥ Σ π q for exact Q, whatever was visited.
  it.each([1, 2, 5, 16, 50])("Gumbel's improved policy is no worse than the prior after %i", async (numSimulations) => {
    const rng = createRng(14);
    const [problems, numActions] = [200, 7];
    const logits = Array.from({ length: problems }, () => Array.from({ length: numActions }, () => 2 * rng.normal()));
    const rewards = logits.map((row) => row.map(() => 10 * rng.normal()));
    const priors = logits.map((row) => {
      const sum = row.reduce((total, logit) => total + Math.exp(logit), 0);
      return row.map((logit) => Math.exp(logit) / sum);
    });
    const mean = (weights: readonly number[], problem: number) =>
      weights.reduce((sum, weight, action) => sum + weight * rewards[problem][action], 0);
    const states: StateTable[] = rewards.map((row, problem) => ({
      value: mean(priors[problem], problem), // exact as well
      priorLogits: logits[problem],
      moves: row.map((reward) => ({ next: 0, reward, discount: 0 })),
    }));
    const input = await inputFor(states, rewards.map((_, problem) => problem), { numSimulations });
    const { actionWeights } = await gumbelMuzeroPolicy(input);
    let better = 0;
    for (let problem = 0; problem < problems; problem++) {
      const improved = mean([...actionWeights.subarray(problem * numActions, (problem + 1) * numActions)], problem);
      expect(improved).toBeGreaterThanOrEqual(states[problem].value - 1e-4);
      better += Number(improved > states[problem].value + 0.01);
    }
    expect(better).toBeGreaterThan(problems / 2);
  });

  it('is a policy however large or small its logits are', async () => {
    for (const huge of [-2000, 2000]) {
      const input = await inputFor(bandit([0, 0], [0.25, 0.75]), [0], { numSimulations: 4 });
      const { actionWeights } = await gumbelMuzeroPolicy(input, { qtransform: (_, __, ___, out) => out.fill(huge) });
      expect([...actionWeights]).toEqual([0.25, 0.75].map((share) => expect.closeTo(share, 5) as number));
    }
  });

  // The largest of log p + s · Gumbel is each as often as p^(1/s) says (Gumbel-max); 0.2 and 0.8 become 1 and 2 of 3 for s = 2.
  it.each([
    [1, 0.2], [2, 1 / 3],
  ])('of one considered action takes what noise of scale %f and the prior say', async (gumbelScale, share) => {
    const input = await inputFor(bandit([0, 0], [0.2, 0.8]), new Array<number>(4000).fill(0), { numSimulations: 1 });
    const { action } = await gumbelMuzeroPolicy(input, { gumbelScale, maxNumConsideredActions: 1 });
    expect(Math.abs(action.filter((each) => each === 0).length / 4000 - share)).toBeLessThan(0.04); // 5 standard deviations
  });
});

describe('a tree', () => {
  it('has priors of each root by itself, however far apart their logits are', () => {
    const tree = emptyTree({ batch: 2, numNodes: 1, numActions: 2 }, {});
    const logits = Float32Array.of(0, Math.log(3), 2000, 2000);
    for (const root of [0, 1]) writePriors(tree, root, root, logits);
    expect([...tree.childrenPriorProbs]).toEqual([0.25, 0.75, 0.5, 0.5].map((prob) => expect.closeTo(prob, 6) as number));
  });

  it('has even shares of visits where there were none', () => {
    const { visitProbs, visitCounts } = summarize(emptyTree({ batch: 2, numNodes: 1, numActions: 4 }, {}));
    expect([...visitProbs]).toEqual(new Array(8).fill(0.25));
    expect([...visitCounts]).toEqual(new Array(8).fill(0));
  });
});
