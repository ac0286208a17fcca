/** FrozenLake8x8-v1 of Gymnasium 1.3, slippery. */
import { frozenLake, MAPS } from '../src/world/tabular/frozen-lake.ts';

export default frozenLake({
  name: 'frozen-lake-8x8-slippery',
  slippery: true,
  map: MAPS['8x8'],
  plan: ['^>>>>>>>', '^^^^^^>v', '^^<.>^>>', '^^<v<.>>', '<^<.>v^>', '<..v^<.>', '<.v<.<.>', '<v<.v>v.'],
  maxSteps: 200,
  // Exact, from the table: uniformly random, and the plan, best at a discount of 0.995.
  reference: { random: 0.0019, expert: 0.894 },
});
