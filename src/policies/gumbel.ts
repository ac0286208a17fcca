/** Gumbel search: Sequential Halving at the root (Danihelka et al. 2022). */
import type { PolicyVariant } from '../planning/acting.ts';
import { createSearchActor, searchRefusal } from '../planning/search-actor.ts';

const gumbel: PolicyVariant = {
  description: 'tree search by Sequential Halving, which needs few simulations (Gumbel MuZero)',
  refuses: searchRefusal('gumbel', 'discrete'),
  create: (options) => createSearchActor('gumbel', options),
};
export default gumbel;
