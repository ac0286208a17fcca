/** FrozenLake8x8-v1 of Gymnasium 1.3, not slippery. */
import { frozenLake, MAPS } from '../src/world/tabular/frozen-lake.ts';

export default frozenLake({
  name: 'frozen-lake-8x8',
  slippery: false,
  map: MAPS['8x8'],
  plan: ['vvvvvvvv', 'vvv>vvvv', 'vvv.v>vv', '>>>>v.vv', '>>^.vv>v', 'v..>>v.v', 'v.>^.v.v', '>>^.>>>.'],
  maxSteps: 200,
  // Exact, from the table: uniformly random, and a shortest path.
  reference: { random: 0.0019, expert: 1 },
});
