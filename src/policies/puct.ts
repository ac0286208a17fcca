/** MuZero's search: PUCT, with Dirichlet noise at the root while learning (Schrittwieser et al. 2020). */
import { puctOptions, searchOptions } from '../acting/search-options.ts';
import { searchPolicy } from '../acting/search-policy.ts';
import { muzeroPolicy } from '../planning/muzero-policy.ts';

export default searchPolicy({
  file: import.meta.url,
  description: 'tree search by PUCT, acting on the most visited action (MuZero)',
  actions: 'discrete',
  options: { search: { ...searchOptions, ...puctOptions } },
  decide: (input, { search: { dirichletFraction, dirichletAlpha, temperature } }, explore) => muzeroPolicy(
    input,
    explore ? { dirichletFraction, dirichletAlpha, temperature } : { dirichletFraction: 0, temperature: 0 },
  ),
});
