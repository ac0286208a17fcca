/** What benchmarks of worlds measure: a driver whose lanes act at random, with every step drawn. */
import { randomPolicy } from '../../src/policies/random.ts';
import type { Environment, Rng } from '../../src/types.ts';
import { createDriver } from '../../src/world/driver.ts';

const LANES = 8;
const SIZE = 64;

/** Begin to play; each call of what is given acts once in every lane, and says how many frames were drawn. */
export async function playAtRandom(environment: Environment, rng: Rng): Promise<() => Promise<number>> {
  const driver = createDriver({ environment, lanes: LANES, size: SIZE, rng: rng.split('worlds') });
  const policy = randomPolicy(environment.actions);
  let carry = policy.initial(LANES);
  await driver.start();
  return async () => {
    const decision = await policy.act(carry, driver.observation(), rng);
    carry = decision.carry;
    const { steps } = await driver.step(decision.action);
    return steps.reduce((sum, lane) => sum + lane.length, 0);
  };
}
