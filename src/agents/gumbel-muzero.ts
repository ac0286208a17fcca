/** Gumbel MuZero (Danihelka et al. 2022): MuZero's trio, learning from a search that needs few simulations. */
import gumbel from '../policies/gumbel.ts';
import sampled from '../policies/sampled.ts';
import { trioFromSearch } from './parts/trio-from-search.ts';

export default trioFromSearch({
  description: 'the trio with Gumbel search: improves with few simulations (Gumbel MuZero)',
  acts: { discrete: 'gumbel', continuous: 'sampled' },
  searches: [gumbel, sampled],
});
