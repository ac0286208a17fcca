/** What the searches among the policies hand on to their algorithms. */
import { describe, expect, it } from 'vitest';
import type { TreeSearch } from '../../src/acting/policy-variant.ts';
import gumbel from '../../src/policies/gumbel.ts';
import puct from '../../src/policies/puct.ts';
import sampled from '../../src/policies/sampled.ts';
import { createRng } from '../../src/random.ts';
import { valuesOf } from '../acting/values-of.ts';
import { bandit, tableModel } from '../planning/table-world.ts';

const ROOTS = 200;
const PROBS = [0.2, 0.3, 0.5];

/** One decision between three actions, of which the last is the likeliest, at many roots; all are worth the same unless told. */
async function decided<O extends (typeof puct | typeof gumbel | typeof sampled)['options']>(
  { search, options }: { readonly search: TreeSearch<O>; readonly options: O }, given: Record<string, number>, explore: boolean,
  rewards: readonly number[] = [0, 0, 0],
) {
  const model = tableModel(bandit(rewards, PROBS));
  const input = {
    root: await model.root(new Array<number>(ROOTS).fill(0), createRng(2)), recurrent: model.recurrent,
    numSimulations: 6, rng: createRng(3),
  };
  const { action, searchTree } = await search.decide(input, valuesOf({ options }, { search: given }), explore);
  const { childrenPriorProbs, numNodes, numActions } = searchTree;
  const priors = Array.from({ length: ROOTS }, (_, root) =>
    [...childrenPriorProbs.subarray(root * numNodes * numActions, root * numNodes * numActions + numActions)]);
  return { actions: new Set(action), priors, counts: [0, 1, 2].map((a) => action.filter((each) => each === a).length) };
}

const away = (priors: readonly (readonly number[])[]) =>
  priors.map((row) => Math.max(...row.map((prob, action) => Math.abs(prob - PROBS[action]))));

describe('PUCT', () => {
  it('has noise at the root while it learns, as much as it is told', async () => {
    const none = await decided(puct, { dirichletFraction: 0, temperature: 0 }, true);
    expect(Math.max(...away(none.priors))).toBeLessThan(1e-6);
    expect(Math.max(...away((await decided(puct, { dirichletFraction: 1 }, false)).priors))).toBeLessThan(1e-6);
    // Nothing but noise; that of a large alpha is all but even, and that of a small one all but certain of one action.
    const even = await decided(puct, { dirichletFraction: 1, dirichletAlpha: 1e6 }, true);
    for (const row of even.priors) for (const prob of row) expect(prob).toBeCloseTo(1 / 3, 2);
    const few = await decided(puct, { dirichletFraction: 1, dirichletAlpha: 1e-3 }, true);
    expect(few.priors.filter((row) => Math.max(...row) > 0.99).length).toBeGreaterThan(0.9 * ROOTS);
  });

  it('draws by visits while it learns, at the temperature that it is told, and takes the most visited at evaluation', async () => {
    const cold = await decided(puct, { dirichletFraction: 0, temperature: 0 }, true);
    expect(cold.actions.size).toBe(1);
    expect((await decided(puct, { temperature: 1 }, false)).actions).toEqual(cold.actions);
    expect((await decided(puct, { dirichletFraction: 0, temperature: 1 }, true)).actions.size).toBe(3);
  });
});

describe.each([['Gumbel search', gumbel], ['sampled search', sampled]] as const)('%s', (_, policy) => {
  it('draws Gumbel noise while it learns, on the scale that it is told, and none at evaluation', async () => {
    expect((await decided(policy, { gumbelScale: 0 }, true)).actions).toEqual(new Set([2]));
    expect((await decided(policy, { gumbelScale: 1 }, false)).actions).toEqual(new Set([2]));
    expect((await decided(policy, { gumbelScale: 1 }, true)).actions.size).toBe(3);
  });

  it('considers as many actions as it is told', async () => {
    // The first is the best by far, and taken wherever it is looked at: if one is, that is as often as its prior says.
    const often = async (considered: number) =>
      (await decided(policy, { gumbelScale: 1, considered }, true, [1, 0, 0])).counts[0] / ROOTS;
    expect(await often(3)).toBeGreaterThan(0.9);
    expect(Math.abs(await often(1) - PROBS[0])).toBeLessThan((5 * 0.4) / Math.sqrt(ROOTS)); // 5 standard deviations
  });
});
