/** Sampled MuZero (Hubert et al. 2021): the trio with search over sampled actions, for continuous ones. */
import sampled from '../policies/sampled.ts';
import { trioFromSearch } from './parts/trio-from-search.ts';

export default trioFromSearch({
  description: 'the trio with search over sampled actions, for continuous ones (Sampled MuZero)',
  acts: 'sampled',
  searches: [sampled],
});
