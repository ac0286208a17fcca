/** MuZero (Schrittwieser et al. 2020): a representation, dynamics and prediction trio, learning from PUCT tree search. */
import puct from '../policies/puct.ts';
import { trioFromSearch } from './parts/trio-from-search.ts';

export default trioFromSearch({
  description: 'a representation, dynamics and prediction trio that learns from PUCT tree search (MuZero)',
  acts: 'puct',
  searches: [puct],
  layer: { search: { simulations: 25 } },
});
