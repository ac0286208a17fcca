/** A user's own search: PUCT that trusts its priors more. */
import { searchOptions } from '../../src/acting/search-options.ts';
import { searchPolicy } from '../../src/acting/search-policy.ts';
import { count, positive } from '../../src/config/index.ts';
import { muzeroPolicy } from '../../src/planning/muzero-policy.ts';

export default searchPolicy({
  file: import.meta.url,
  description: 'tree search by PUCT that trusts its priors more',
  actions: 'discrete',
  options: {
    search: { ...searchOptions, simulations: count.default(8).describe('Simulations of a search.') },
    own: { trust: positive.default(5).describe('How much priors count.') },
  },
  decide: (input, { own: { trust } }) => muzeroPolicy(input, { pbCInit: trust, dirichletFraction: 0, temperature: 0 }),
});
