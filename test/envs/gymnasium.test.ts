/** The classic control worlds against trajectories recorded from Gymnasium. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import cartpole from '../../envs/cartpole.ts';
import pendulum from '../../envs/pendulum.ts';
import { verifyRecording } from '../../src/world/verify.ts';

const cases = [
  { environment: cartpole, file: 'CartPole-v1.json', steps: 89, allSteps: 633 },
  { environment: pendulum, file: 'Pendulum-v1.json', steps: 200, allSteps: 800 },
];
const excerpts = new URL('../data/gymnasium/', import.meta.url);
const wholeFiles = new URL('../../../shared/data/gymnasium/', import.meta.url);

function read(url: URL): unknown {
  return JSON.parse(readFileSync(url, 'utf8'));
}

describe.each(cases)('$environment.name', ({ environment, file, steps, allSteps }) => {
  it('follows the recorded excerpt', () => {
    const result = verifyRecording(environment, read(new URL(file, excerpts)));
    expect(result.steps).toBe(steps);
    expect(result.maxError).toBeLessThan(1e-9);
  });

  const whole = new URL(file, wholeFiles);
  const absent = existsSync(whole) ? '' : ' (skipped: ../shared/data/gymnasium is not on this machine)';
  it.skipIf(absent !== '')(`follows the whole recording${absent}`, () => {
    const result = verifyRecording(environment, read(whole));
    expect(result.steps).toBe(allSteps);
    expect(result.maxError).toBeLessThan(1e-9);
  });
});
