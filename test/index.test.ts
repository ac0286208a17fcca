/** The library: a program trains, loads, acts, dreams and searches with what the package exports. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import {
  actBy, configure, createDreamer, createRng, evaluateControl, loadPolicy, loadWorld, openAgent, openPolicy, openRun, seeSearchTree,
  trainSession,
} from '../src/index.ts';

const temporary = mkdtempSync(path.join(tmpdir(), 'dreamtree-library-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

it('a program trains an agent, loads it, acts, dreams and searches', async () => {
  const environment = await loadWorld('catch');
  const { config, agent } = await configure({
    world: 'catch', agent: 'gumbel-muzero', preset: 'debug', overrides: ['train.steps=60', 'train.threads=1'],
  });
  const run = await openRun({ directory: path.join(temporary, 'run'), config, agent, environment, command: 'a program' });
  const steps: number[] = [];
  const { step, interrupted, evaluation } = await trainSession(run, {
    watch: ({ state }) => void steps.push(state.step),
    evaluate: async (reached) => reached.update,
  });
  await run.close();
  expect([step, interrupted, steps.at(-1)]).toEqual([60, false, 60]);
  expect(evaluation).toBeGreaterThan(0);

  const opened = await openAgent(run.directory, { overrides: ['search.simulations=4'], policies: ['gumbel'] });
  const rng = createRng(0);
  const policy = await actBy(opened, { name: 'gumbel', lanes: 2 });
  const { returns } = await evaluateControl({ ...opened.world, policy, episodes: 4, lanes: 2, rng });
  await policy.dispose();
  expect(returns).toHaveLength(4);

  const dreamer = await createDreamer({ ...opened.world, agent: opened.agent, engine: opened.engine, context: 2, horizon: 3 });
  const dream = await dreamer.dream(opened.params, 'policy', rng);
  await dreamer.dispose();
  expect(dream.model.shape).toEqual([5, 16, 16, 3]);

  const { search } = await loadPolicy('gumbel');
  expect(search).toBeDefined();
  const seen = await seeSearchTree({
    ...opened.world, ...opened, step: 1, maxNodes: 5, rng,
    policy: await openPolicy('gumbel', opened.config, environment.actions, opened.agent),
  });
  expect([seen.step, seen.record.nodes.length]).toEqual([1, 5]);
}, 60_000);
