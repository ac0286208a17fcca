/** Gumbel search over actions that are sampled at every node (Hubert et al. 2021; Wang et al. 2024). */
import { gumbelOptions, searchOptions } from '../acting/search-options.ts';
import { sampledOptions } from '../nn/search-targets.ts';
import { searchPolicy } from '../acting/search-policy.ts';
import { gumbelMuzeroPolicy } from '../planning/gumbel-muzero-policy.ts';

export default searchPolicy({
  file: import.meta.url,
  description: 'tree search over sampled actions, for continuous ones (Sampled MuZero)',
  actions: 'continuous',
  options: { search: { ...searchOptions, ...sampledOptions, ...gumbelOptions } },
  // To the algorithm the samples of a node are so many numbered actions.
  decide: (input, { search }, explore) => gumbelMuzeroPolicy(input, {
    maxNumConsideredActions: search.considered,
    gumbelScale: explore ? search.gumbelScale : 0,
  }),
});
