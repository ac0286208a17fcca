/** Gumbel search: Sequential Halving at the root (Danihelka et al. 2022). */
import { gumbelOptions, searchOptions } from '../acting/search-options.ts';
import { searchPolicy } from '../acting/search-policy.ts';
import { gumbelMuzeroPolicy } from '../planning/gumbel-muzero-policy.ts';

export default searchPolicy({
  file: import.meta.url,
  description: 'tree search by Sequential Halving, which needs few simulations (Gumbel MuZero)',
  actions: 'discrete',
  options: { search: { ...searchOptions, ...gumbelOptions } },
  decide: (input, { search }, explore) => gumbelMuzeroPolicy(input, {
    maxNumConsideredActions: search.considered,
    gumbelScale: explore ? search.gumbelScale : 0,
  }),
});
