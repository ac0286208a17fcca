/** EfficientZero (Ye et al. 2021): Gumbel MuZero with a consistency loss and value prefixes; its decoder only looks on. */
import gumbel from '../policies/gumbel.ts';
import sampled from '../policies/sampled.ts';
import { trioFromSearch } from './parts/trio-from-search.ts';

export default trioFromSearch({
  description: 'Gumbel MuZero with a consistency loss and a value prefix (EfficientZero)',
  acts: { discrete: 'gumbel', continuous: 'sampled' },
  searches: [gumbel, sampled],
  layer: { model: { decoder: 'probe', valuePrefix: true, scales: { consistency: 2 } } },
});
