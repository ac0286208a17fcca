/** Gumbel search over actions that are sampled at every node (Hubert et al. 2021; Wang et al. 2024). */
import type { PolicyVariant } from '../planning/acting.ts';
import { createSearchActor, searchRefusal } from '../planning/search-actor.ts';

const sampled: PolicyVariant = {
  description: 'tree search over sampled actions, for continuous ones (Sampled MuZero)',
  refuses: searchRefusal('sampled', 'continuous'),
  create: (options) => createSearchActor('sampled', options),
};
export default sampled;
