/** What is kept of a tree, worked out by hand on one, and what must hold of any. */
import { describe, expect, it } from 'vitest';
import { gumbelMuzeroPolicy } from '../../src/planning/gumbel-muzero-policy.ts';
import { muzeroPolicy } from '../../src/planning/muzero-policy.ts';
import { treeRecord, type TreeRecord } from '../../src/planning/tree-record.ts';
import { emptyTree, type Tree } from '../../src/planning/tree.ts';
import { createRng } from '../../src/random.ts';
import { randomWorld, tableModel } from './table-world.ts';

const ROOT = 1;
const NUM_NODES = 8;

/** Parent, action, visits, mean value, the model's value; then prior, Q, reward and discount of the edge. */
type Row = readonly [number, number, number, number, number, number, number, number, number];

/**
 * Root 1 of two. Nodes 5 and 7 were never visited, and node 2 was cut off from what an earlier search found below it:
 * ```
 * 0 (8) ─ action 0 ─ 1 (5) ─ action 0 ─ 4 (2) ─ action 1 ─ 6 (1)
 *       │                  └ action 1 ─ 3 (2)
 *       └ action 1 ─ 2 (2), an end
 * ```
 */
const ROWS: Readonly<Record<number, Row>> = {
  1: [0, 0, 5, 0.5, 1, 0.75, 1.25, 1, 0.5],
  2: [0, 1, 2, 4, 4, 0.25, -1, -1, 0],
  3: [1, 1, 2, 0.25, 0.25, 0.5, 0.125, 0, 0.5],
  4: [1, 0, 2, -2, -1, 0.5, -1, 0, 0.5],
  6: [4, 1, 1, 8, 8, 0.125, 4, 0, 0.5],
};

function handMade(visits: Readonly<Record<number, number>> = {}): Tree {
  const tree = emptyTree({ batch: 2, numNodes: NUM_NODES, numActions: 2 }, {});
  const base = ROOT * NUM_NODES;
  tree.nodeVisits.set([8], base);
  tree.nodeValues.set([0.375], base);
  tree.rawValues.set([0.0625], base);
  for (const [key, row] of Object.entries(ROWS)) {
    const [parent, action, nodeVisits, value, rawValue, prior, qvalue, reward, discount] = row;
    const node = base + Number(key);
    const edge = (base + parent) * 2 + action;
    tree.nodeVisits[node] = visits[Number(key)] ?? nodeVisits;
    tree.nodeValues[node] = value;
    tree.rawValues[node] = rawValue;
    tree.parents[node] = parent;
    tree.actionFromParent[node] = action;
    tree.childrenIndex[edge] = Number(key);
    tree.childrenPriorProbs[edge] = prior;
    tree.childrenQvalues[edge] = qvalue;
    tree.childrenRewards[edge] = reward;
    tree.childrenDiscounts[edge] = discount;
  }
  return tree;
}

const indices = ({ nodes }: TreeRecord) => nodes.map(({ index }) => index);
const hidden = ({ nodes }: TreeRecord) => nodes.map((node) => node.hidden);

describe('treeRecord', () => {
  it('says of every node what the tree holds of it and of the edge above', () => {
    const { nodes, total } = treeRecord(handMade(), ROOT, { maxNodes: 50 });
    expect(total).toBe(6);
    expect(nodes[0]).toEqual({
      ...{ index: 0, parent: -1, action: -1, prior: 1, visits: 8, value: 0.375, qvalue: 0.375, reward: 0, discount: 1 },
      ...{ depth: 0, rawValue: 0.0625, hidden: 0 },
    });
    expect(nodes[2]).toEqual({
      ...{ index: 2, parent: 0, action: 1, prior: 0.25, visits: 2, value: 4, qvalue: -1, reward: -1, discount: 0 },
      ...{ depth: 1, rawValue: 4, hidden: 0 },
    });
    expect(nodes[4]).toEqual({
      ...{ index: 4, parent: 1, action: 0, prior: 0.5, visits: 2, value: -2, qvalue: -1, reward: 0, discount: 0.5 },
      ...{ depth: 2, rawValue: -1, hidden: 0 },
    });
    expect(nodes[5]).toMatchObject({ index: 6, parent: 4, action: 1, depth: 3, qvalue: 4 });
  });

  it('keeps the most visited, then the shallower, then the first, and counts the rest', () => {
    const keep = (maxNodes: number) => treeRecord(handMade(), ROOT, { maxNodes });
    expect(indices(keep(6))).toEqual([0, 1, 2, 3, 4, 6]);
    expect(indices(keep(5))).toEqual([0, 1, 2, 3, 4]);
    expect(hidden(keep(5))).toEqual([0, 0, 0, 0, 1]);
    expect(indices(keep(3))).toEqual([0, 1, 2]);
    expect(hidden(keep(3))).toEqual([0, 3, 0]);
    expect(hidden(keep(2))).toEqual([1, 3]);
    expect(hidden(keep(1))).toEqual([5]);
    expect(keep(1).total).toBe(6);
  });

  it('keeps no node without its parent, however often it was visited', () => {
    const record = treeRecord(handMade({ 4: 1, 6: 9 }), ROOT, { maxNodes: 5 });
    expect(indices(record)).toEqual([0, 1, 2, 3, 4]);
    expect(indices(treeRecord(handMade({ 4: 3, 6: 9 }), ROOT, { maxNodes: 4 }))).toEqual([0, 1, 4, 6]);
  });

  it('leaves out what was never visited, and what is below it', () => {
    const record = treeRecord(handMade({ 4: 0 }), ROOT, { maxNodes: 50 });
    expect(indices(record)).toEqual([0, 1, 2, 3]);
    expect(record.total).toBe(4);
  });

  it('refuses what is not there', () => {
    expect(() => treeRecord(handMade(), 2, { maxNodes: 5 })).toThrow('expected a root of 0..1, got 2');
    expect(() => treeRecord(handMade(), -1, { maxNodes: 5 })).toThrow('got -1');
    expect(() => treeRecord(handMade(), 0, { maxNodes: 5 })).toThrow('no visit of root 0');
    expect(() => treeRecord(handMade(), ROOT, { maxNodes: 0 })).toThrow('maxNodes ≥ 1, got 0');
    expect(() => treeRecord(handMade(), ROOT, { maxNodes: NaN })).toThrow('maxNodes ≥ 1, got NaN');
  });

  it.each([['PUCT', muzeroPolicy], ['Gumbel', gumbelMuzeroPolicy]] as const)('finds all that %s searched', async (_, policy) => {
    const { root: rootOf, recurrent } = tableModel(randomWorld(30, 3, createRng(5), 0.9));
    const root = await rootOf([4, 9], createRng(0));
    const { searchTree: tree } = await policy({
      root, recurrent, numSimulations: 60, rng: createRng(1), invalidActions: Uint8Array.of(0, 1, 0, 1, 0, 0),
    });
    for (const lane of [0, 1]) {
      const { nodes, total } = treeRecord(tree, lane, { maxNodes: 1000 });
      // This world never ends, so that every visit of the root made a node.
      expect(total).toBe(tree.nodeVisits[lane * tree.numNodes]);
      expect(nodes).toHaveLength(total);
      nodes.slice(1).forEach((node, i) => {
        expect(node.parent).toBeLessThanOrEqual(i);
        expect(node.depth).toBe(nodes[node.parent].depth + 1);
        expect(node.qvalue).toBeCloseTo(node.reward + node.discount * node.value, 5);
      });
      const few = treeRecord(tree, lane, { maxNodes: 12 });
      expect(indices(few)).toEqual(indices({ nodes, total }).slice(0, 12));
      expect(hidden(few).reduce((sum, count) => sum + count)).toBe(total - 12);
    }
  });
});
