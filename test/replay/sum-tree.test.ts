import { describe, expect, it } from 'vitest';
import { SumTree } from '../../src/data/sum-tree.ts';

function treeOf(leaves: readonly number[]): SumTree {
  const tree = new SumTree(leaves.length);
  leaves.forEach((value, leaf) => tree.set(leaf, value));
  return tree;
}

describe('a sum tree', () => {
  it('adds up and finds the leaves of every stretch and no others, whatever its size', () => {
    for (let size = 1; size <= 11; size++) {
      const tree = treeOf(Array.from({ length: size }, (_, leaf) => 2 ** leaf)); // a sum says which leaves are in it
      for (let from = 0; from <= size; from++) {
        for (let end = from; end <= size; end++) {
          const nodes = tree.cover(from, end);
          expect(tree.sum(nodes)).toBe(2 ** end - 2 ** from);
          for (let leaf = from; leaf < end; leaf++) {
            expect(tree.find(nodes, 2 ** leaf - 2 ** from)).toBe(leaf);
            expect(tree.find(nodes, 2 ** (leaf + 1) - 2 ** from - 0.25)).toBe(leaf);
          }
        }
      }
    }
  });

  it('finds the last leaf where rounding took the mass to the very end', () => {
    const tree = treeOf([1, 2, 3, 4, 5]);
    const nodes = tree.cover(1, 4); // 2, 3 and 4
    expect([0, 1.9, 2, 4.9, 5, 8.9, 9].map((mass) => tree.find(nodes, mass))).toEqual([1, 1, 2, 2, 3, 3, 3]);
  });

  it('covers a stretch by few nodes', () => {
    const tree = treeOf(new Array<number>(1000).fill(1));
    expect(tree.cover(0, 1000).length).toBeLessThanOrEqual(20);
    expect(tree.cover(1, 999).length).toBeLessThanOrEqual(20);
  });

  it('is the same to the bit for the same leaves, whatever they were before', () => {
    const tree = treeOf([1e9, 0.7, 1e-9, 3, 1e9]);
    const leaves = [0.1, 0.2, 0.3, 0.4, 0.5];
    for (const leaf of [3, 0, 4, 2, 1]) tree.set(leaf, leaves[leaf]);
    const fresh = treeOf(leaves);
    expect(tree.sum([1])).toBe(fresh.sum([1]));
    expect(tree.sum(tree.cover(1, 5))).toBe(fresh.sum(fresh.cover(1, 5)));
    expect(tree.get(2)).toBe(0.3);
  });
});
