/** One choice at one node, by numbers worked out by hand. */
import { describe, expect, it } from 'vitest';
import {
  bestConsidered, gumbelInteriorActionSelection, gumbelRootActionSelection, muzeroActionSelection,
} from '../../src/planning/action-selection.ts';
import { emptyTree } from '../../src/planning/tree.ts';

interface Node {
  readonly priors: readonly number[];
  readonly visits: readonly number[];
  readonly q: readonly number[];
  readonly invalid?: readonly number[];
}

/** Two roots of two nodes; the one asked for is node 1 of root 1 unless it is a root. */
function nodeOf({ priors, visits, q, invalid = [] }: Node, node = 1) {
  const tree = emptyTree({ batch: 2, numNodes: 2, numActions: priors.length }, {});
  const at = (2 + node) * priors.length;
  tree.childrenPriorProbs.set(priors, at);
  tree.childrenVisits.set(visits, at);
  tree.rootInvalidActions.set(invalid, priors.length);
  tree.nodeVisits[2 + node] = 1 + visits.reduce((sum, count) => sum + count, 0);
  const qtransform = (_: unknown, __: number, ___: number, out: Float64Array) => out.set(q);
  return { tree, qtransform };
}

describe('PUCT', () => {
  const choose = (node: Node, { pbCInit = 1, pbCBase = 1e6, tieBreak = [0, 0, 0], at = 1 } = {}) => {
    const { tree, qtransform } = nodeOf(node, at);
    const ties = Float32Array.from([...tieBreak, ...tieBreak]);
    return muzeroActionSelection(node.priors.length, { pbCInit, pbCBase, qtransform, tieBreak: ties })(tree, 1, at, at);
  };

  it('explores by c₁ + log((N + c₂ + 1) / c₂)', () => {
    // N = 4, c₂ = 1: √4 · (0 + log 6) = 3.5835; the first is ahead by 0.2 · 3.5835 / 2 = 0.358, and worth less by 0.35 or 0.37.
    const node = (q: number) => ({ priors: [0.5, 0.3, 0.2], visits: [1, 1, 1], q: [0, q, 0] });
    const by = { pbCInit: 0, pbCBase: 1 };
    expect([choose(node(0.35), by), choose(node(0.37), by)]).toEqual([0, 1]);
    // c₁ = 1 adds 2: ahead by 0.2 · 5.5835 / 2 = 0.5584.
    expect([choose(node(0.55), { pbCInit: 1, pbCBase: 1 }), choose(node(0.57), { pbCInit: 1, pbCBase: 1 })]).toEqual([0, 1]);
  });

  it('takes the first of equals, unless the tie is broken', () => {
    const node = { priors: [0.2, 0.4, 0.4], visits: [0, 0, 0], q: [0, 0, 0] };
    expect(choose(node)).toBe(1);
    expect(choose(node, { tieBreak: [0, 0, 1e-6] })).toBe(2);
  });

  it('takes at the root what may be taken, and below it what has a prior', () => {
    const node = { priors: [0, 0.5, 0.5], visits: [0, 0, 0], q: [9, 1, 0], invalid: [0, 1, 0] };
    expect([choose(node, { at: 0 }), choose(node)]).toEqual([0, 1]);
  });
});

describe("Gumbel's root", () => {
  const best = ({ gumbel = [0, 0, 0], ...node }: Node & { readonly gumbel?: readonly number[] }, visits = 0) => {
    const { tree } = nodeOf(node, 0);
    return bestConsidered(tree, 1, visits, { gumbel: Float32Array.from([...gumbel, ...gumbel]), qvalues: Float64Array.from(node.q) });
  };

  it('adds noise, logit and value, of those with as many visits', () => {
    expect(best({ priors: [0.2, 0.4, 0.4], visits: [0, 0, 0], q: [0, 0, 0.1] })).toBe(2);
    expect(best({ priors: [0.2, 0.4, 0.4], visits: [0, 0, 0], q: [0, 0, 0.1], gumbel: [0, 0.2, 0] })).toBe(1);
    expect(best({ priors: [0.2, 0.4, 0.4], visits: [1, 0, 0], q: [9, 0, 0.1] }, 1)).toBe(0);
  });

  it('takes the first of equals, and never what may not be taken, however unlikely all others are', () => {
    expect(best({ priors: [0.2, 0.4, 0.4], visits: [0, 0, 0], q: [0, 0, 0] })).toBe(1);
    expect(best({ priors: [0, 0, 1], visits: [0, 0, 0], q: [0, 0, 0], invalid: [1, 0, 1] })).toBe(1);
  });

  it('gives all its visits to what may be taken, where that is fewer than it considers', () => {
    const { tree, qtransform } = nodeOf({ priors: [0.5, 0, 0.5], visits: [0, 0, 0], q: [0, 0, 0], invalid: [0, 1, 0] }, 0);
    const choose = gumbelRootActionSelection(3, { numSimulations: 6, maxNumConsideredActions: 16, qtransform, gumbel: new Float32Array(6) });
    for (let simulation = 0; simulation < 6; simulation++) {
      const action = choose(tree, 1, 0, 0);
      tree.childrenVisits[2 * 3 + action]++;
    }
    expect([...tree.childrenVisits.subarray(6, 9)]).toEqual([3, 0, 3]);
  });
});

describe("Gumbel's nodes below the root", () => {
  const choose = (node: Node) => {
    const { tree, qtransform } = nodeOf(node);
    return gumbelInteriorActionSelection(node.priors.length, qtransform)(tree, 1, 1, 1);
  };

  it('follow prior · exp(q), less what was visited already', () => {
    // Weights 0.5, 0.3 · e = 0.815, 0.2: shares 0.330, 0.538, 0.132.
    expect(choose({ priors: [0.5, 0.3, 0.2], visits: [0, 0, 0], q: [0, 1, 0] })).toBe(1);
    // Shares of visits 0, 2 / 3, 0.
    expect(choose({ priors: [0.5, 0.3, 0.2], visits: [0, 2, 0], q: [0, 1, 0] })).toBe(0);
  });

  it('take the first of equals', () => {
    expect(choose({ priors: [0.2, 0.4, 0.4], visits: [0, 0, 0], q: [0, 0, 0] })).toBe(1);
  });

  it('are led astray neither by values that are far apart, nor by what has no prior', () => {
    expect(choose({ priors: [0.2, 0.4, 0.4], visits: [0, 0, 0], q: [1000, 0, 1] })).toBe(0);
    expect(choose({ priors: [0, 0.4, 0.6], visits: [0, 0, 0], q: [2000, 1, 0] })).toBe(1);
    expect(choose({ priors: [0.6, 0.4, 0], visits: [0, 0, 0], q: [0, 1, 2000] })).toBe(1);
  });
});
