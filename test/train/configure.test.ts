import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import cartpole from '../../envs/cartpole.ts';
import connectFour from '../../envs/connect-four.ts';
import pendulum from '../../envs/pendulum.ts';
import gumbelMuzero from '../../src/agents/gumbel-muzero.ts';
import { keysOf, optionsOf, schemaOf, type ConfigLayer } from '../../src/config/index.ts';
import puct from '../../src/policies/puct.ts';
import { actingPolicy, agentFor, buildAgent, configure, loadAgent, openPolicy, shapeOf } from '../../src/train/configure.ts';
import type { Environment } from '../../src/types.ts';
import { UserError } from '../../src/user-error.ts';

/** As a run's checkpoint held it when all agents had all keys, and the way of acting was one of them. */
const OLDER = {
  agent: 'gumbel-muzero', preset: 'debug', world: 'cartpole', seed: 3,
  env: {
    size: 16, lanes: 2, actionRepeat: 1, stickyActions: 0, timeLimit: 0, frameStack: 1, greyscale: false, distract: 'none',
    camera: 'fixed', distractStrength: 0.5,
  },
  model: {
    decoder: 'recon', deter: 8, hidden: 8, stoch: 2, classes: 4, units: 8, blocks: 1, depth: 2, minResolution: 4, stem: 4,
    dynLayers: 1, priorLayers: 2, posteriorLayers: 1, rewardLayers: 1, continueLayers: 1, bins: 51, unimix: 0.01, freeNats: 1,
    horizonDiscount: 333, frames: 3, unroll: 5, valuePrefix: false, support: 300,
    scales: { image: 1, reward: 1, continue: 1, dynamics: 1, representation: 0.1, consistency: 0 },
  },
  behavior: {
    units: 8, actorLayers: 1, criticLayers: 1, imaginationHorizon: 3, imaginationStarts: 0, lambda: 0.95, entropy: 0.0003,
    slowRate: 0.02, slowRegularizer: 1, replayCritic: 0.3, returnRate: 0.01, returnLow: 0.05, returnHigh: 0.95, returnLimit: 1,
    minStd: 0.1, maxStd: 1, greedy: true, scales: { policy: 1, value: 0.5 },
  },
  search: {
    policy: 'puct', simulations: 7, depth: 0, considered: 12, samples: 16, prior: 'sample', gumbelScale: 1,
    dirichletFraction: 0.5, dirichletAlpha: 0.3, temperature: 1, distill: false, reanalyse: 0.5, valueTarget: 'returns',
    returnSteps: 5,
  },
  optimizer: { learningRate: 0.00004, warmup: 10, agc: 0.3, agcMin: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-20 },
  train: {
    steps: 200, minutes: 0, batchSize: 2, batchLength: 16, trainRatio: 4, prefill: 40, explore: 0, blockUpdates: 2,
    logEvery: 40, evalEpisodes: 4, checkpointEvery: 100, threads: 2,
  },
  replay: { bytes: 1000000, priority: 0, correction: 1 },
  engine: { name: 'auto', provider: 'cpu' },
};

/** Every key with its value. */
const leaves = (tree: object, prefix = ''): [string, unknown][] =>
  Object.entries(tree).flatMap(([name, value]: [string, unknown]) =>
    (typeof value === 'object' && value !== null ? leaves(value, `${prefix}${name}.`) : [[prefix + name, value]]));

describe('a configuration that an older version saved', () => {
  it('opens as what it was, without what its agent never read', async () => {
    const { config, agent } = await configure({ base: OLDER });
    expect(agent).toBe(gumbelMuzero);
    expect(config.policy).toBe('puct');
    const [before, now] = [new Map(leaves(OLDER)), new Map(leaves(config))];
    expect([...now.keys()]).toEqual(keysOf(schemaOf(gumbelMuzero, puct)).map(({ key }) => key));
    const later = ['env.timeout', 'train.refusals', 'train.collectSteps', 'replay.shift', 'env.levels', 'train.evalEvery', 'train.dataset', 'train.givenSteps']; // keys that there were not yet have their defaults
    for (const [key, value] of now) if (key !== 'policy' && !later.includes(key)) expect(before.get(key), key).toBe(value);
    for (const key of ['model.stoch', 'behavior.imaginationHorizon', 'behavior.lambda', 'search.policy', 'search.distill']) {
      expect(now.has(key), key).toBe(false);
    }
  });

  it('acts as it did', async () => {
    const { config, agent: variant } = await configure({ base: OLDER });
    const shape = shapeOf(cartpole as Environment, config.env);
    const agent = buildAgent(variant, config, shape);
    const { name, options } = await openPolicy(actingPolicy(config, variant, shape.actions), config, shape.actions, agent);
    expect(name).toBe('puct');
    expect(options.search).toMatchObject({ simulations: 7, dirichletFraction: 0.5, temperature: 1 });
  });

  it.each([
    ['gumbel-muzero', 'cartpole', 'puct', 'puct'], ['gumbel-muzero', 'cartpole', 'gumbel', 'auto'],
    ['gumbel-muzero', 'cartpole', 'auto', 'auto'], ['gumbel-muzero', 'pendulum', 'sampled', 'auto'],
    ['muzero', 'cartpole', 'puct', 'auto'], ['muzero', 'cartpole', 'gumbel', 'gumbel'],
    ['dreamer', 'cartpole', 'actor', 'auto'], ['dreamer', 'cartpole', 'gumbel', 'gumbel'],
    ['dreamer-mcts', 'pendulum', 'sampled', 'auto'], ['dreamer-mcts', 'cartpole', 'actor', 'actor'],
  ])('of %s in %s that said %s now says %s', async (agent, world, policy, expected) => {
    const { config } = await configure({ base: { ...OLDER, agent, world, search: { ...OLDER.search, policy } } });
    expect(config.policy).toBe(expected);
    expect(config.search ?? {}).not.toHaveProperty('policy');
  });

  it('gives way to what is asked for now', async () => {
    const asked = await configure({ base: OLDER, policy: 'gumbel', overrides: ['search.gumbelScale=2', 'train.steps=300'] });
    expect(asked.config).toMatchObject({ policy: 'gumbel', search: { gumbelScale: 2, considered: 12 }, train: { steps: 300 } });
    const { policy } = (await configure({ base: { ...OLDER, policy: 'auto' } })).config;
    expect(policy).toBe('auto'); // the key that says it now
  });

  it('is not forgiven a value that cannot be', async () => {
    const base: ConfigLayer = { ...OLDER, model: { ...OLDER.model, bins: 50 } };
    await expect(configure({ base })).rejects.toThrow(new UserError('model.bins: expected an odd number, got 50'));
  });
});

describe('an agent', () => {
  let folder: string;
  beforeAll(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'dreamtree-configure-'))));
  afterAll(() => rm(folder, { recursive: true }));

  it('is the dreamer where none is named, and gumbel-muzero in games', async () => {
    expect((await configure({ world: 'catch' })).config).toMatchObject({ agent: 'dreamer', policy: 'auto' });
    expect([cartpole, pendulum, connectFour].map((world) => agentFor(world as Environment)))
      .toEqual(['dreamer', 'dreamer', 'gumbel-muzero']);
    expect(agentFor({ ...(cartpole as Environment), legal: () => [true, false] })).toBe('gumbel-muzero');
  });

  it('may be a file of the user, whose wishes and keys count', async () => {
    const file = path.join(folder, 'my-agent.ts');
    const dreamer = new URL('../../src/agents/dreamer.ts', import.meta.url);
    await writeFile(file, `import dreamer from ${JSON.stringify(dreamer.href)};
      export default { ...dreamer, description: 'Mine.', layer: { model: { unimix: 0.25 } } };`);
    const { config, agent } = await configure({ world: 'catch', preset: 'debug', agent: file });
    expect([config.agent, agent.description]).toEqual([file, 'Mine.']);
    expect(config.model).toMatchObject({ unimix: 0.25 });
    await expect(configure({ world: 'catch', agent: file, overrides: ['search.depth=2'] })).rejects.toThrow(
      new RegExp(`^search\\.depth is read by .*, not by ${file.replaceAll('.', '\\.')}$`),
    );
  });

  it('is refused by name where there is none, and with the reason where a file holds none', async () => {
    await expect(loadAgent('muzro')).rejects.toThrow(/^unknown agent 'muzro'; did you mean 'muzero'\? Known: dqn, dreamer, /);
    await expect(loadAgent('./no-agent.ts')).rejects.toThrow(/^no such file: '\.\/no-agent\.ts'/);
    const file = path.join(folder, 'empty.ts');
    await writeFile(file, 'export default { description: "Nothing." };');
    await expect(loadAgent(file)).rejects.toThrow(new UserError(`${file}: its default export is not an agent`));
  });

  it('is told of the world as it is configured', async () => {
    const { config } = await configure({ world: 'any', preset: 'debug', overrides: ['env.frameStack=2'] });
    const image = { size: 16, channels: 6 };
    expect(shapeOf(pendulum as Environment, config.env)).toEqual({
      actions: pendulum.actions, actionSize: 1, image, takesTurns: false, forbids: false,
    });
    expect(shapeOf(connectFour as Environment, config.env)).toEqual({
      actions: connectFour.actions, actionSize: 7, image, takesTurns: true, forbids: true,
    });
  });

  it('acts by what its actions ask for, or by what was chosen', async () => {
    const { config, agent } = await configure({ world: 'pendulum', preset: 'debug', agent: 'gumbel-muzero' });
    const shape = shapeOf(pendulum as Environment, config.env);
    expect(actingPolicy(config, agent, shape.actions)).toBe('sampled');
    expect(actingPolicy(config, agent, cartpole.actions)).toBe('gumbel');
    expect(actingPolicy({ policy: 'actor' }, agent, shape.actions)).toBe('actor');
    expect(optionsOf(config, gumbelMuzero).search.samples).toBe(16);
    await expect(openPolicy('puct', config, shape.actions, buildAgent(agent, config, shape))).rejects.toThrow(
      new UserError("policy 'puct' does not go with this world: puct searches discrete actions, and these are continuous"),
    );
  });
});
