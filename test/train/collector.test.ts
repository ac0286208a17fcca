/** The collector: blocks are alike whoever collects them, and one that fails leaves everything as it was. */
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/random.ts';
import { resolveEngine } from '../../src/engine/resolve-engine.ts';
import { loadWorld } from '../../src/open/open.ts';
import { createLocalCollector, type Collected } from '../../src/train/collector.ts';
import { buildAgent, configure, openPolicy, shapeOf } from '../../src/train/configure.ts';
import { initLearner } from '../../src/train/update.ts';
import { openDriver } from '../../src/world/external.ts';
import { awake } from '../contracts/listed.ts';

const environment = await loadWorld('catch');
const { config, agent: variant } = await configure({ world: 'catch', preset: 'debug', agent: 'gumbel-muzero' });
const agent = buildAgent(variant, config, shapeOf(environment, config.env));
const policy = await openPolicy('gumbel', config, environment.actions, agent);
const engine = await resolveEngine();
const paramsOf = (seed: number) => awake(initLearner(agent, createRng(seed)).params);

async function openCollector(failing = false) {
  const rng = createRng(7);
  const driver = await openDriver({ environment, lanes: 2, size: config.env.size, rng: rng.split('world') });
  const { step } = driver;
  let steps = 0;
  const fragile = { ...driver, step: (...args: Parameters<typeof step>) => {
    if (failing && ++steps === 6) throw new Error('the world broke');
    return step(...args);
  } };
  return createLocalCollector({
    config, agent, actions: environment.actions, policy, engine, driver: fragile, params: paramsOf(0), rng: rng.split('act'),
  });
}

const block = (index: number, exploring = false) => ({ index, ticks: 4, exploring });
/** What was done and met, without pictures. */
const storyOf = ({ ticks }: Collected) =>
  ticks.flatMap(({ steps, targets }) => [steps.flat().map(({ action, reward, isFirst }) => [...action, reward, isFirst]), [...targets.searchValue?.data ?? []]]);

describe('a collector', () => {
  it('goes on from a snapshot as it would have gone on, and acts with new parameters when it is given them', async () => {
    const one = await openCollector();
    await one.start();
    expect(storyOf(await one.collect(undefined, block(0, true))).flat()).not.toEqual([]);
    await one.collect(undefined, block(1));
    const snapshot = await one.snapshot();
    const [two, three] = await Promise.all([openCollector(), openCollector()]);
    expect((await two.restore(snapshot)).flat()).toEqual([]);
    await three.restore(snapshot);
    const next = storyOf(await one.collect(undefined, block(2)));
    expect(storyOf(await two.collect(undefined, block(2)))).toEqual(next);
    expect(storyOf(await three.collect(paramsOf(1), block(2)))).not.toEqual(next);
    expect(await two.snapshot()).toEqual(await one.snapshot());
    await Promise.all([one, two, three].map((collector) => collector.close()));
  });

  it('remembers nothing of a block that failed', async () => {
    const collector = await openCollector(true);
    await collector.start();
    await collector.collect(undefined, block(0));
    const { carry } = await collector.snapshot();
    await expect(collector.collect(undefined, block(1))).rejects.toThrow('the world broke');
    expect((await collector.snapshot()).carry).toEqual(carry);
    await collector.close();
  });
});
