/** Policies by name and by file. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadPolicy, loadSearch, requireFits } from '../../src/acting/load-policy.ts';
import actor from '../../src/policies/actor.ts';
import gumbel from '../../src/policies/gumbel.ts';
import puct from '../../src/policies/puct.ts';
import type { ActionSpace, Agent } from '../../src/types.ts';
import { ensembleAgent, plannedAgent, reflexAgent } from '../contracts/small-agents.ts';
import ownSearch from '../data/own-search.ts';

const dataFile = (name: string) => fileURLToPath(new URL(`../data/${name}`, import.meta.url));
const OWN = dataFile('own-search.ts');
const DISCRETE: ActionSpace = { kind: 'discrete', n: 3 };
const CONTINUOUS: ActionSpace = { kind: 'continuous', low: [-1], high: [1] };

describe('a policy', () => {
  it('is found by its name, or by its file', async () => {
    expect(await loadPolicy('gumbel')).toBe(gumbel);
    expect(await loadPolicy(OWN)).toBe(ownSearch);
    await expect(loadPolicy('gumble')).rejects.toThrow("unknown policy 'gumble'; did you mean 'gumbel'?");
    await expect(loadPolicy('./nowhere.ts')).rejects.toThrow("no such file: './nowhere.ts'");
    const other = dataFile('numbered-steps.ts');
    await expect(loadPolicy(other)).rejects.toThrow(`${other}: its default export is not a policy`);
  });

  it('lends its search, or another does where it has none', async () => {
    expect(await loadSearch('puct', 'gumbel')).toBe(puct);
    expect(await loadSearch(OWN, 'gumbel')).toBe(ownSearch);
    expect(await loadSearch('actor', 'gumbel')).toBe(gumbel);
    await expect(loadSearch('actor', 'random')).rejects.toThrow("the policy 'random' does not search");
  });

  it('says why it does not go with a world or an agent', () => {
    const fit = (actions: ActionSpace, agent?: Agent) => () => requireFits('gumbel', gumbel, actions, agent);
    expect(fit(CONTINUOUS)).toThrow(
      "policy 'gumbel' does not go with this world: gumbel searches discrete actions, and these are continuous",
    );
    expect(fit(DISCRETE, reflexAgent(3))).toThrow(
      "policy 'gumbel' does not go with this agent: gumbel searches what an agent imagines, and this one has no dynamics",
    );
    expect(fit(DISCRETE, plannedAgent(3))).toThrow('and this agent has no prediction');
    expect(fit(DISCRETE, ensembleAgent(3))).not.toThrow();
    expect(() => requireFits('actor', actor, DISCRETE, plannedAgent(3))).toThrow(
      "policy 'actor' does not go with this agent: actor does what an agent predicts, and this one has no prediction",
    );
  });
});
