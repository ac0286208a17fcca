import { describe, expect, it } from 'vitest';
import { float32 } from '../../src/nd-array.ts';
import { gumbelMuzeroPolicy } from '../../src/planning/gumbel-muzero-policy.ts';
import { muzeroPolicy } from '../../src/planning/muzero-policy.ts';
import { subtree } from '../../src/planning/subtree.ts';
import { NO_PARENT, UNVISITED, summarize, type Tree } from '../../src/planning/tree.ts';
import type { Recurrent, RootOutput } from '../../src/planning/types.ts';
import { createRng } from '../../src/random.ts';
import { randomWorld, tableModel } from './table-world.ts';

const NUM_ACTIONS = 3;
const world = randomWorld(30, NUM_ACTIONS, createRng(21));
const model = tableModel(world);
const quiet = { dirichletFraction: 0, temperature: 0 };

const rootAt = (...states: readonly number[]) => model.root(states, createRng(0));

interface Extra {
  readonly tree?: Tree;
  readonly invalidActions?: Uint8Array;
}

const plan = (root: RootOutput, numSimulations: number, extra: Extra = {}) =>
  muzeroPolicy({ root, recurrent: model.recurrent, numSimulations, rng: createRng(1), ...extra }, quiet);

const mask = (...only: readonly number[]) =>
  Uint8Array.from(only.flatMap((action) => [0, 1, 2].map((other) => Number(other !== action))));

/** Everything that a tree holds, apart from how many places are free. */
const contents = ({ numNodes, firstFree, embeddings, ...arrays }: Tree) => ({
  ...Object.fromEntries(
    Object.entries(arrays).map(([name, value]) => [name, typeof value === 'number' ? value : [...value]]),
  ),
  embeddings: Object.values(embeddings).map(({ data }) => [...data]),
});

describe('subtree', () => {
  // With one valid action at the root, all but the first simulation are a search from its child.
  it('is what a search from the child would have found', async () => {
    const [actions, states] = [[1, 2], [4, 9]];
    const { searchTree } = await plan(await rootAt(...states), 41, { invalidActions: mask(...actions) });
    const kept = subtree(searchTree, Int32Array.from(actions));
    const children = states.map((state, root) => world[state].moves[actions[root]].next);
    const direct = (await plan(await rootAt(...children), 40)).searchTree;
    expect(kept.numNodes).toBe(41);
    expect(contents(kept)).toEqual(contents(direct));
  });

  it('goes on as if nothing had happened', async () => {
    const { searchTree } = await plan(await rootAt(4), 21, { invalidActions: mask(1) });
    const child = world[4].moves[1].next;
    const more = await plan(await rootAt(child), 30, { tree: subtree(searchTree, Int32Array.of(1)) });
    const direct = await plan(await rootAt(child), 50);
    expect(contents(more.searchTree)).toEqual(contents(direct.searchTree));
    expect([...more.actionWeights]).toEqual([...direct.actionWeights]);
  });

  it('closes up what is kept of each root, and begins afresh where nothing is', async () => {
    const root = await rootAt(4, 9, 9);
    const { recurrent } = model;
    const { searchTree } = await gumbelMuzeroPolicy({ root, recurrent, numSimulations: 40, rng: createRng(1) });
    const { visitCounts } = summarize(searchTree);
    const ranked = (root: number) => {
      const counts = [...visitCounts.subarray(root * NUM_ACTIONS, (root + 1) * NUM_ACTIONS)];
      return [0, 1, 2].sort((a, b) => counts[b] - counts[a]); // most visits first
    };
    const [often, seldom] = [ranked(0)[0], ranked(1)[2]];
    const kept = subtree(searchTree, Int32Array.of(often, seldom, -1));
    const sizes = [visitCounts[often], visitCounts[NUM_ACTIONS + seldom], 0];
    expect(sizes[0]).toBeGreaterThan(sizes[1]);
    expect(sizes[1]).toBeGreaterThan(1);
    expect([0, 1, 2].map((root) => kept.nodeVisits[root * kept.numNodes])).toEqual(sizes);
    expect(kept.numNodes).toBe(Math.max(...sizes));
    for (const lane of [0, 1, 2]) {
      const row = lane * kept.numNodes;
      expect(kept.parents[row]).toBe(NO_PARENT);
      expect(kept.actionFromParent[row]).toBe(NO_PARENT);
      const used = kept.nodeVisits.subarray(row, row + kept.numNodes);
      expect([...used].filter((visits) => visits > 0)).toHaveLength(sizes[lane]);
      expect([...used.subarray(sizes[lane])].every((visits) => visits === 0)).toBe(true);
    }
    const next = await rootAt(world[4].moves[often].next, world[9].moves[seldom].next, 17);
    const { searchTree: grown } = await plan(next, 10, { tree: kept });
    const visits = [0, 1, 2].map((lane) => grown.nodeVisits[lane * grown.numNodes]);
    expect(visits).toEqual([sizes[0] + 10, sizes[1] + 10, 1 + 10]);
    expect(grown.rawValues[2 * grown.numNodes]).toBe(Math.fround(world[17].value));
  });

  it('takes the value and the priors of the root from what was seen, and forgets invalid actions', async () => {
    const { searchTree } = await plan(await rootAt(4), 40, { invalidActions: mask(1) });
    const kept = subtree(searchTree, Int32Array.of(1));
    const after = kept.rawValues[0] + 2;
    const seen: RootOutput = {
      ...(await rootAt(world[4].moves[1].next)),
      value: Float32Array.of(after),
      priorLogits: Float32Array.of(0, 0, 0),
    };
    const { searchTree: renewed } = await plan(seen, 1, { tree: kept });
    const { visitCounts, qvalues } = summarize(renewed);
    const sum = visitCounts.reduce((total, count, action) => total + count * qvalues[action], after);
    expect(renewed.nodeValues[0]).toBeCloseTo(sum / renewed.nodeVisits[0], 4);
    expect([...renewed.childrenPriorProbs.subarray(0, 3)]).toEqual([1 / 3, 1 / 3, 1 / 3].map(Math.fround));
    expect(renewed.nodeVisits[renewed.numNodes - 1]).toBe(1);

    const { searchTree: masked } = await plan(seen, 5, { tree: kept, invalidActions: mask(2) });
    const left = kept.childrenVisits[2] + 5;
    expect([...summarize(masked).visitCounts]).toEqual([0, 0, left]);
    expect(masked.nodeVisits[0]).toBe(1 + left);
    expect([...masked.childrenIndex.subarray(0, 2)]).toEqual([UNVISITED, UNVISITED]);
  });

  it('gives Sequential Halving its whole budget again', async () => {
    const gumbel = async (root: RootOutput, tree?: Tree) =>
      gumbelMuzeroPolicy({ root, recurrent: model.recurrent, numSimulations: 12, rng: createRng(2), tree });
    const { searchTree } = await gumbel(await rootAt(4));
    const kept = subtree(searchTree, Int32Array.of(summarize(searchTree).visitCounts.indexOf(5)));
    const before = kept.childrenVisits.slice(0, NUM_ACTIONS);
    const next = await rootAt(kept.embeddings.state.data[0]);
    const { searchTree: more, action } = await gumbel(next, kept);
    // Three actions: twice each, and three more for each of the better two.
    const added = [...summarize(more).visitCounts].map((count, i) => count - before[i]);
    expect([...added].sort()).toEqual([2, 5, 5]);
    expect(added[action[0]]).toBe(5);
  });

  it('moves embeddings of any shape and several leaves', async () => {
    const recurrent: Recurrent = async ({ matrix, count }, actions) => ({
      ...(await rootAt(1, 2)),
      reward: Float32Array.of(0, 0),
      discount: Float32Array.of(1, 1),
      embedding: {
        matrix: { ...matrix, data: matrix.data.map((value, i) => 10 * value + actions[i < 4 ? 0 : 1]) },
        count: { ...count, data: count.data.map((value) => value + 1) },
      },
    });
    const embedding = {
      matrix: float32([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]),
      count: { data: Uint8Array.of(0, 100), shape: [2], dtype: 'uint8' } as const,
    };
    const root = { ...(await rootAt(1, 2)), embedding };
    const input = { root, recurrent, numSimulations: 9, rng: createRng(3), invalidActions: mask(2, 0) };
    const { searchTree } = await muzeroPolicy(input, quiet);
    const { embeddings: { matrix, count } } = subtree(searchTree, Int32Array.of(2, 0));
    expect([...matrix.data.subarray(0, 8)]).toEqual([12, 22, 32, 42, 50, 60, 70, 80]);
    expect([...count.data.subarray(0, 2)]).toEqual([1, 101]);
    expect(matrix.shape).toEqual([9, 2, 2, 2]);
  });

  it('refuses trees of other roots', async () => {
    const { searchTree } = await plan(await rootAt(4), 5);
    expect(() => subtree(searchTree, Int32Array.of(0, 1))).toThrow('expected 1 actions, got 2');
    const kept = subtree(searchTree, Int32Array.of(0));
    await expect(plan(await rootAt(4, 9), 5, { tree: kept })).rejects.toThrow('2 trees with 3 actions, got 1 trees');
  });
});
