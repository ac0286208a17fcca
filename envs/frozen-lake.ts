/** FrozenLake-v1 of Gymnasium 1.3 on the 4×4 map, not slippery. */
import { frozenLake, MAPS } from '../src/world/tabular/frozen-lake.ts';

export default frozenLake({
  name: 'frozen-lake',
  slippery: false,
  map: MAPS['4x4'],
  plan: ['v>v<', 'v.v.', '>vv.', '.>>.'],
  maxSteps: 100,
  // Exact, from the table: uniformly random, and a shortest path.
  reference: { random: 0.0139, expert: 1 },
});
