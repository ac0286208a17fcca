/** Worlds against trajectories and tables recorded from Gymnasium. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { loadWorld } from '../../src/cli/worlds.ts';
import { verifyWorld } from '../../src/world/verify.ts';

/** `steps` in the file of test/data/gymnasium, and in the longer one of its folder `whole` where there is one. */
const cases = [
  { world: 'cartpole', file: 'CartPole-v1.json', steps: 89, allSteps: 633 },
  { world: 'pendulum', file: 'Pendulum-v1.json', steps: 200, allSteps: 800 },
  { world: 'mountain-car', file: 'MountainCar-v0.json', steps: 84, allSteps: 800 },
  { world: 'mountain-car-continuous', file: 'MountainCarContinuous-v0.json', steps: 108, allSteps: 880 },
  { world: 'acrobot', file: 'Acrobot-v1.json', steps: 98, allSteps: 880 },
  { world: 'frozen-lake', file: 'FrozenLake-v1-4x4-not-slippery.json', steps: 16 * 4 },
  { world: 'frozen-lake-8x8', file: 'FrozenLake-v1-8x8-not-slippery.json', steps: 64 * 4 },
  // 11 cells of ice with three outcomes of each action, 5 others with one.
  { world: 'frozen-lake-slippery', file: 'FrozenLake-v1-4x4.json', steps: 152 },
  { world: 'frozen-lake-8x8-slippery', file: 'FrozenLake-v1-8x8.json', steps: 148, allSteps: 680 },
  { world: 'cliff-walking', file: 'CliffWalking-v1.json', steps: 48 * 4 },
  { world: 'taxi', file: 'Taxi-v4.json', steps: 37 * 6, allSteps: 500 * 6 },
];
const excerpts = new URL('../data/gymnasium/', import.meta.url);
const wholeFiles = new URL('whole/', excerpts);

const parse = (text: Buffer): unknown => JSON.parse(text.toString('utf8'));

describe.each(cases)('$world', ({ world, file, steps, allSteps }) => {
  it('equals what was recorded', async () => {
    const result = verifyWorld(await loadWorld(world), parse(readFileSync(new URL(file, excerpts))));
    expect(result.steps).toBe(steps);
    expect(result.maxError).toBeLessThan(1e-9);
  });

  if (allSteps === undefined) return;
  it('equals the whole recording', async () => {
    const packed = readFileSync(new URL(`${file}.gz`, wholeFiles));
    const result = verifyWorld(await loadWorld(world), parse(gunzipSync(packed)));
    expect(result.steps).toBe(allSteps);
    expect(result.maxError).toBeLessThan(1e-9);
  });
});
