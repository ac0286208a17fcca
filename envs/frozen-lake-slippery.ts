/** FrozenLake-v1 of Gymnasium 1.3 on the 4×4 map, slippery. */
import { frozenLake, MAPS } from '../src/world/tabular/frozen-lake.ts';

export default frozenLake({
  name: 'frozen-lake-slippery',
  slippery: true,
  map: MAPS['4x4'],
  plan: ['<^^^', '<.<.', '^v<.', '.>v.'],
  maxSteps: 100,
  // Exact, from the table: uniformly random, and the plan, best at a discount of 0.98.
  reference: { random: 0.0139, expert: 0.74 },
});
