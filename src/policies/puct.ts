/** MuZero's search: PUCT, with Dirichlet noise at the root while learning (Schrittwieser et al. 2020). */
import type { PolicyVariant } from '../planning/acting.ts';
import { createSearchActor, searchRefusal } from '../planning/search-actor.ts';

const puct: PolicyVariant = {
  description: 'tree search by PUCT, acting on the most visited action (MuZero)',
  refuses: searchRefusal('puct', 'discrete'),
  create: (options) => createSearchActor('puct', options),
};
export default puct;
