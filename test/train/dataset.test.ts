/** Recorded steps: kept to the bit, refused where they were changed, and learned from without a step of the world. */
import { appendFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import catchWorld from '../../envs/catch.ts';
import { createDataset, DATASET_FILE, openDataset, readManifest } from '../../src/data/dataset.ts';
import { randomPolicy } from '../../src/policies/random.ts';
import { createRng } from '../../src/random.ts';
import { configure } from '../../src/train/configure.ts';
import { datasetEnv } from '../../src/train/dataset-env.ts';
import { openRun } from '../../src/train/run.ts';
import { trainSession } from '../../src/train/session.ts';
import type { Environment, Step } from '../../src/types.ts';
import { configureWorld } from '../../src/world/configured.ts';
import { episodeSteps, policyPlayer } from '../../src/world/record.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'dreamtree-dataset-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => path.join(folder, name);

const EPISODES = 8;
const recorded: Step[] = [];
beforeAll(async () => {
  const { config: { env } } = await configure({ world: 'catch', preset: 'debug' });
  const world = configureWorld(catchWorld as Environment, env);
  const shapes = { imageShape: [env.size, env.size, 3], actionSize: 3 };
  const dataset = createDataset(at('random'), shapes, 200);
  const rng = createRng(4);
  for (let episode = 0; episode < EPISODES; episode++) {
    const player = policyPlayer(world, randomPolicy(catchWorld.actions), rng.split(`player ${episode}`));
    for await (const step of episodeSteps({ world, player, rng: rng.split(episode) })) {
      recorded.push(step);
      dataset.append(step);
    }
  }
  await dataset.finish({
    world: 'catch', env: datasetEnv(env), ...shapes, seed: 4, steps: recorded.length - EPISODES, episodes: EPISODES,
    parts: [{ policy: 'random', episodes: EPISODES, steps: recorded.length - EPISODES }], command: 'test',
  });
  await dataset.close();
});

/** A copy of the dataset, to be broken. */
function copy(name: string): string {
  cpSync(at('random'), at(name), { recursive: true });
  return at(name);
}

describe('a dataset', () => {
  it('gives back what was recorded, step by step', async () => {
    const manifest = readManifest(at('random'));
    expect([manifest.records, manifest.steps]).toEqual([recorded.length, recorded.length - EPISODES]);
    const dataset = await openDataset(at('random'), manifest);
    expect([...dataset.steps()]).toEqual(recorded);
    await dataset.close();
    // Whoever reads it leaves it as it was: a file that is not of it stays.
    writeFileSync(path.join(at('random'), 'steps', 'segment-000007.bin'), 'mine');
    await (await openDataset(at('random'), manifest)).close();
    expect(existsSync(path.join(at('random'), 'steps', 'segment-000007.bin'))).toBe(true);
    rmSync(path.join(at('random'), 'steps', 'segment-000007.bin'));
    expect(recorded.filter(({ isFirst }) => isFirst)).toHaveLength(EPISODES);
    expect(recorded.filter(({ isTerminal }) => isTerminal)).toHaveLength(EPISODES);
  });

  it('is not taken for one where files are missing, changed or something else', async () => {
    expect(() => readManifest(at('nowhere'))).toThrow('nowhere is no dataset');
    const broken = copy('broken');
    writeFileSync(path.join(broken, DATASET_FILE), '{"version": 2}');
    expect(() => readManifest(broken)).toThrow('is not the manifest of a dataset: version');
    const changed = copy('changed');
    appendFileSync(path.join(changed, 'steps', 'segment-000001.bin'), 'x');
    await expect(openDataset(changed, readManifest(changed))).rejects.toThrow('segment-000001.bin is not as it was recorded');
    const missing = copy('missing');
    rmSync(path.join(missing, 'steps', 'segment-000001.bin'));
    await expect(openDataset(missing, readManifest(missing))).rejects.toThrow('segment-000001.bin cannot be read');
    const counted = copy('counted');
    const text = readFileSync(path.join(counted, DATASET_FILE), 'utf8');
    writeFileSync(path.join(counted, DATASET_FILE), text.replace(/"records": \d+/, '"records": 3'));
    expect(() => readManifest(counted)).toThrow('expected as many records as its mark counts');
    writeFileSync(path.join(counted, DATASET_FILE), text.replace('segment-000001.bin', '../../passwd'));
    expect(() => readManifest(counted)).toThrow('checksums');
    expect(() => createDataset(at('random'), { imageShape: [16, 16, 3], actionSize: 3 }, 10)).toThrow('is not empty');
  });
});

describe('a run with a dataset', () => {
  const steps = () => recorded.length - EPISODES;
  const open = async (name: string, { taken = 0, overrides = [] as string[], dataset = at('random'), environment = catchWorld as Environment, agent = 'dqn' } = {}) => {
    const configured = await configure({
      world: 'catch', agent, preset: 'debug', overrides: [
        `train.dataset=${JSON.stringify(dataset)}`, `train.givenSteps=${steps()}`, `train.steps=${steps() + taken}`, 'train.threads=1', 'train.logEvery=20', ...overrides,
      ],
    });
    return openRun({ directory: at(name), ...configured, environment, command: 'test' });
  };
  const metricsOf = (name: string) => readFileSync(path.join(at(name), 'metrics.jsonl'), 'utf8');

  it('learns from it without a step of the world, the same again, and goes on where it was stopped', async () => {
    let stepped = 0;
    const world = catchWorld as Environment;
    const watched: Environment = {
      ...world,
      step(...args) {
        stepped++;
        return world.step(...args);
      },
    };
    const whole = await open('whole', { environment: watched });
    const end = await trainSession(whole);
    await whole.close();
    expect(stepped).toBe(0);
    // As many updates as the same steps would have given if they had been taken.
    expect(end.update).toBe(Math.floor((end.step * 4) / (2 * 6)));
    let step = 0;
    const first = await open('parts');
    await trainSession(first, { watch: (moment) => void ({ step } = moment.state), stopped: () => step > 30 });
    await first.close();
    const second = await open('parts');
    await trainSession(second);
    await second.close();
    expect(metricsOf('parts')).toBe(metricsOf('whole'));
    expect(metricsOf('whole')).toContain('"loss/total"');
    expect(existsSync(path.join(at('whole'), 'replay'))).toBe(true);
  });

  it('goes on by itself where more steps are asked for', async () => {
    const run = await open('both', { taken: 40 });
    const { step } = await trainSession(run);
    expect(step).toBeGreaterThanOrEqual(steps() + 40);
    // What was recorded, the first record of both lanes, and at least what was taken.
    expect(run.replay.length).toBeGreaterThanOrEqual(recorded.length + 2 + 40);
    await run.close();
  });

  it('says what does not go together', async () => {
    await expect(open('size', { overrides: ['env.size=32'] })).rejects.toThrow('was recorded with env.size = 16, not 32');
    await expect(open('count', { overrides: [`train.givenSteps=${steps() - 1}`] })).rejects.toThrow(`has ${steps()} steps`);
    await expect(open('room', { overrides: ['replay.bytes=20000'] })).rejects.toThrow('replay.bytes = 20000');
    await expect(open('lanes', { overrides: ['env.lanes=8', 'train.batchLength=12'] })).rejects.toThrow('none of 8 lanes holds so many steps');
    await expect(open('policy', { agent: 'dyna-q' })).rejects.toThrow('learns from what it does itself alone');
    await expect(open('name', { environment: { ...catchWorld, name: 'other' } as Environment })).rejects.toThrow('was recorded in catch, not in other');
  });
});
