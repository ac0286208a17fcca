import { describe, expect, it } from 'vitest';
import {
  qtransformByMinMax,
  qtransformByParentAndSiblings,
  qtransformCompletedByMixValue,
  type Qtransform,
} from '../../src/planning/qtransforms.ts';
import { emptyTree, type Tree } from '../../src/planning/tree.ts';

/** A second root of two, one of two nodes, with three actions: visited twice, never and once. */
function exampleTree(node = 0): Tree {
  const tree = emptyTree({ batch: 2, numNodes: 2, numActions: 3 }, {});
  const index = 2 + node;
  tree.nodeValues[index] = 0.5;
  tree.rawValues[index] = 0.2;
  tree.childrenVisits.set([2, 0, 1], 3 * index);
  tree.childrenQvalues.set([1, 0, -1], 3 * index);
  tree.childrenPriorProbs.set([0.25, 0.5, 0.25], 3 * index);
  return tree;
}

function transform(qtransform: Qtransform, tree = exampleTree(), node = 0): number[] {
  const out = new Float64Array(3).fill(NaN);
  qtransform(tree, 1, node, out);
  return [...out];
}

/** Digits of float32 tables. */
const close = (expected: readonly number[]) => expected.map((value) => expect.closeTo(value, 6) as number);

it.each<[string, Qtransform]>([
  ['by given bounds', qtransformByMinMax({ minValue: -2, maxValue: 2 })],
  ['by parent and siblings', qtransformByParentAndSiblings()],
  ['completed by the mixed value', qtransformCompletedByMixValue()],
])('Q-values %s are those of the node that is asked for', (_, qtransform) => {
  const atTheRoot = transform(qtransform);
  expect(transform(qtransform, exampleTree(1), 1)).toEqual(atTheRoot);
  // The other node was never visited.
  expect(transform(qtransform, exampleTree(1), 0)).toEqual([0, 0, 0]);
});

describe('qtransformByMinMax', () => {
  it('uses the bounds it is given', () => {
    expect(transform(qtransformByMinMax({ minValue: -2, maxValue: 2 }))).toEqual([0.75, 0, 0.25]);
  });
});

describe('qtransformByParentAndSiblings', () => {
  it('reaches from the smallest to the largest, the node included', () => {
    expect(transform(qtransformByParentAndSiblings())).toEqual([1, 0, 0]);
    const tree = exampleTree();
    tree.nodeValues[2] = 3;
    expect(transform(qtransformByParentAndSiblings(), tree)).toEqual(close([0.5, 0, 0]));
  });

  it('divides by epsilon at least', () => {
    const tree = exampleTree();
    tree.childrenQvalues.set([0.5, 0, 0.5], 6);
    expect(transform(qtransformByParentAndSiblings(), tree)).toEqual([0, 0, 0]);
  });
});

describe('qtransformCompletedByMixValue', () => {
  // Mixed value: the visited have mean Q (0.25 · 1 − 0.25 · 1) / 0.5 = 0, so it is (0.2 + 3 · 0) / 4 = 0.05.
  it('completes with the mixed value', () => {
    const options = { rescaleValues: false, valueScale: 0.1, maxvisitInit: 8 }; // σ = (8 + 2) · 0.1 · q
    expect(transform(qtransformCompletedByMixValue(options))).toEqual(close([1, 0.05, -1]));
  });

  it('completes with the raw value', () => {
    const options = { rescaleValues: false, valueScale: 0.1, maxvisitInit: 8, useMixedValue: false };
    expect(transform(qtransformCompletedByMixValue(options))).toEqual(close([1, 0.2, -1]));
  });

  it('rescales to [0, 1] before it scales by (50 + 2) · 0.1', () => {
    expect(transform(qtransformCompletedByMixValue())).toEqual(close([5.2, (5.2 * 1.05) / 2, 0]));
  });

  it('counts the completed value among the bounds', () => {
    const tree = exampleTree();
    tree.rawValues[2] = 12; // mixed: 12 / 4 = 3
    expect(transform(qtransformCompletedByMixValue(), tree)).toEqual(close([2.6, 5.2, 0]));
  });

  it('counts it not where every action was visited', () => {
    const tree = exampleTree();
    tree.rawValues[2] = 12; // which would mix to more than any Q-value
    tree.childrenVisits[7] = 1;
    tree.childrenQvalues[7] = 0.5;
    // (q + 1) / 2 · 5.2
    expect(transform(qtransformCompletedByMixValue(), tree)).toEqual(close([5.2, 3.9, 0]));
  });

  it('is 0 everywhere where nothing was visited', () => {
    const tree = exampleTree();
    tree.childrenVisits.fill(0);
    expect(transform(qtransformCompletedByMixValue(), tree)).toEqual([0, 0, 0]);
  });
});
