/** The contract of agents: every file in src/agents keeps it, and so do the examples of what an agent may be. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { keysOf, ownPolicy, presets, schemaOf, type AgentVariant } from '../../src/config/index.ts';
import { loadPolicy } from '../../src/acting/load-policy.ts';
import { CHECKPOINT_FILE, readCheckpoint } from '../../src/data/checkpoint.ts';
import { LOCK_FILE } from '../../src/data/folder-lock.ts';
import { loadWorld } from '../../src/open/open.ts';
import { createRng } from '../../src/random.ts';
import { configure, buildAgent } from '../../src/train/configure.ts';
import { openRun } from '../../src/train/run.ts';
import { trainSession } from '../../src/train/session.ts';
import { byGradients, initLearner, requireStages } from '../../src/train/update.ts';
import type { WorldShape } from '../../src/types.ts';
import { CONTINUOUS, listed, SENTENCE, WORLD } from './listed.ts';

const example = (name: string) => fileURLToPath(new URL(`../data/${name}.ts`, import.meta.url));
const EXAMPLES = ['staged-agent', 'curious-agent'] as const;
const variants: readonly (readonly [string, string, AgentVariant])[] = [
  ...(await listed<AgentVariant>('src/agents')).map(([name, variant]) => [name, name, variant] as const),
  ...await Promise.all(EXAMPLES.map(async (name) => {
    const { default: variant }: { readonly default: AgentVariant } = await import(example(name));
    return [name, example(name), variant] as const;
  })),
];
/** Where an agent asks for more than the preset for tests gives. */
const SMALLER: Readonly<Record<string, readonly string[]>> = {
  ppo: ['env.lanes=2', 'train.batchSize=2', 'train.batchLength=8', 'train.blockUpdates=4'],
};
const temporary = mkdtempSync(path.join(tmpdir(), 'dreamtree-agents-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

describe.each(variants)('the agent %s', (name, file, variant) => {
  const all: readonly [string, WorldShape][] = [['catch', WORLD], ['pendulum', CONTINUOUS]];
  /** Those that it can learn: one at least. */
  const worlds = all.filter(([, shape]) => variant.refuses(shape) === undefined);

  it('says what it is in one sentence, and can be made in every preset', async () => {
    expect(variant.description).toMatch(SENTENCE);
    expect(worlds.length).toBeGreaterThan(0);
    for (const preset of Object.keys(presets)) {
      const { config } = await configure({ world: 'catch', agent: file, preset });
      const agent = buildAgent(variant, config, { ...WORLD, image: { size: config.env.size, channels: 3 } });
      expect(Object.keys(agent.parameters).length).toBeGreaterThan(0);
    }
  });

  it.each(worlds)('has parts that fit together in %s', async (world, shape) => {
    const { config } = await configure({ world, agent: file, preset: 'debug' });
    const agent = buildAgent(variant, config, shape);
    requireStages(agent);
    for (const part of [agent.representation, agent.dynamics, agent.prediction]) {
      for (const [parameter, spec] of Object.entries(part?.parameters ?? {})) expect(agent.parameters[parameter]).toEqual(spec);
    }
    const { params, slow, slots } = initLearner(agent, createRng(0));
    for (const { slow: copies } of agent.stages) {
      for (const prefix of copies?.prefixes ?? []) expect(Object.keys(params).some((each) => each.startsWith(prefix)), prefix).toBe(true);
    }
    expect(Object.keys(slow).every((each) => each in params)).toBe(true);
    const kept = byGradients(agent.stages).flatMap((stage) => Object.keys(stage.optimizer.slots(params)).map((slot) => `${stage.name}/${slot}`));
    expect(Object.keys(slots).sort()).toEqual(kept.sort());
  });

  it('reads the keys of the policies that it acts by', async () => {
    const own = keysOf(schemaOf(variant)).map(({ key }) => key);
    for (const [, { actions }] of worlds) {
      const policy = await loadPolicy(ownPolicy(variant, actions));
      if (policy.refuses(actions) !== undefined) continue;
      for (const { key } of keysOf(schemaOf(policy))) expect(own, `${name} acts by a policy that reads`).toContain(key);
    }
  });

  it('trains, and a run that was killed and continued is the run that was not', async () => {
    const world = (await loadPolicy(ownPolicy(variant, WORLD.actions))).refuses(WORLD.actions) === undefined ? 'catch' : 'pendulum';
    const environment = await loadWorld(world);
    const { config, agent } = await configure({
      world, agent: file, preset: 'debug',
      overrides: ['train.steps=160', 'train.threads=1', 'train.logEvery=20', 'train.checkpointEvery=40', ...SMALLER[name] ?? []],
    });
    const train = async (name: string, watch?: (step: number) => void): Promise<string> => {
      const directory = path.join(temporary, name);
      const run = await openRun({ directory, config, agent, environment, command: 'test' });
      await trainSession(run, { watch: ({ state: { step } }) => watch?.(step) });
      await run.close();
      return readFileSync(path.join(directory, 'metrics.jsonl'), 'utf8');
    };
    const [whole, killed] = [`${name}-whole`, `${name}-killed`];
    const one = await train(whole, (step) => {
      // What a kill leaves in the middle: a checkpoint, and what was written after it.
      if (step >= 100 && !existsSync(path.join(temporary, killed))) {
        cpSync(path.join(temporary, whole), path.join(temporary, killed), { recursive: true, filter: (from) => !from.endsWith(LOCK_FILE) });
      }
    });
    const { counters } = await readCheckpoint(path.join(temporary, killed, CHECKPOINT_FILE));
    // The newest that was whole by then: what is written beside training may be behind.
    expect(counters.step).toBeGreaterThan(0);
    expect(counters.step).toBeLessThan(160);
    const two = await train(killed);
    expect(one.trim().split('\n').length).toBeGreaterThan(3);
    expect(one).toMatch(/"(loss|table)\//);
    expect(one).not.toMatch(/NaN|Infinity/);
    expect(two).toBe(one);
  }, 60_000);
});
