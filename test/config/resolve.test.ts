import { describe, expect, test } from 'vitest';
import dreamer from '../../src/agents/dreamer.ts';
import gumbelMuzero from '../../src/agents/gumbel-muzero.ts';
import { keysOf, optionsOf, presets, schemaOf, worldPresets, type Config, type ConfigLayer } from '../../src/config/index.ts';
import { configure, listVariants, type ConfigureRequest } from '../../src/train/configure.ts';
import { UserError } from '../../src/user-error.ts';

const configOf = async (request: ConfigureRequest): Promise<Config> => (await configure(request)).config;
const resolve = (...overrides: string[]) => configOf({ world: 'catch', preset: 'tiny', overrides });

/** Every key that a configuration has, dotted. */
const leaves = (tree: object, prefix = ''): string[] =>
  Object.entries(tree).flatMap(([name, value]: [string, unknown]) =>
    (typeof value === 'object' && value !== null ? leaves(value, `${prefix}${name}.`) : [prefix + name]));

describe('layers', () => {
  test('the preset lies over the defaults, the overrides over the preset, the last one on top', async () => {
    const config = await resolve('optimizer.learningRate=1e-3', 'train.batchSize=3', 'train.batchSize=5');
    expect(config.preset).toBe('tiny');
    const { model, optimizer } = optionsOf(config, dreamer);
    expect(model.deter).toBe(128); // the preset
    expect(model.unimix).toBe(0.01); // the schema
    expect(optimizer.learningRate).toBe(0.001);
    expect(config.train.batchSize).toBe(5);
    expect(config.train.batchLength).toBe(16); // its neighbour, untouched
  });

  test('a section can be overridden as a whole, and keeps what it does not mention', async () => {
    const { model } = optionsOf(await resolve('model.scales={ image: 2, reward: 3 }'), dreamer);
    expect(model.scales).toEqual({ image: 2, reward: 3, continue: 1, dynamics: 1, representation: 0.1 });
  });

  test('a world lays its own wishes over its preset, but only where the user names none', async () => {
    const worldDefaults = { preset: 'debug', train: { steps: 77 } };
    const own = await configOf({ world: 'mine', worldDefaults });
    expect([own.preset, own.train.steps, optionsOf(own, dreamer).model.deter]).toEqual(['debug', 77, 8]);
    const named = await configOf({ world: 'mine', worldDefaults, preset: 'tiny' });
    expect([named.preset, named.train.steps]).toEqual(['tiny', presets.tiny.train.steps]);
    expect(worldPresets.catch).toMatchObject({ train: { steps: (await configOf({ world: 'catch' })).train.steps } });
    expect((await configOf({ world: './unknown.ts' })).preset).toBe('tiny');
  });

  test('an agent lays its wishes over preset and world, and the user over all', async () => {
    const worldDefaults = { preset: 'debug', model: { frames: 7 }, search: { simulations: 9 } };
    const overrides = ['behavior.actorLayers=2'];
    const config = await configOf({ world: 'mine', worldDefaults, agent: 'gumbel-muzero', overrides });
    const { model, behavior } = optionsOf(config, gumbelMuzero);
    expect([model.frames, model.bins, config.train.batchLength]).toEqual([3, 51, 16]); // 7, 15 and 6 without it
    expect([behavior.actorLayers, behavior.criticLayers]).toEqual([2, 1]);
    expect(config.search).toMatchObject({ simulations: 9, reanalyse: 0.5 });
  });

  test('what a preset or a world wishes for and the agent does not read is left out', async () => {
    const game = await configOf({ world: 'connect-four' });
    expect(worldPresets['connect-four']).toMatchObject({ search: { returnSteps: 42 } });
    expect(Object.keys(game)).not.toContain('search');
    expect(game.train.steps).toBe(100_000);
    const trio = await configOf({ world: 'catch', agent: 'muzero' });
    const keys = leaves(trio);
    // The world's wish for imagination and the preset's classes are Dreamer's; entropy is everybody's.
    for (const key of ['behavior.imaginationHorizon', 'model.classes']) expect(keys).not.toContain(key);
    expect(trio.behavior).toMatchObject({ entropy: 0.03 });
    expect(await configOf({ world: 'mine', worldDefaults: { preset: 'debug', model: { wings: 2 }, whim: { is: 1 } } }))
      .toEqual(await configOf({ world: 'mine', worldDefaults: { preset: 'debug' } }));
    const harmful = JSON.parse('{ "model": { "__proto__": { "deter": 1 } } }') as ConfigLayer;
    await expect(configOf({ world: 'mine', worldDefaults: harmful })).rejects
      .toThrow(new UserError("the key '__proto__' is refused"));
  });

  test('a run continues from its own configuration', async () => {
    const saved = await resolve('model.deter=64', 'seed=7');
    const base = JSON.parse(JSON.stringify(saved)) as ConfigLayer;
    const config = await configOf({ base, overrides: ['train.steps=9'] });
    expect(config).toEqual({ ...saved, train: { ...saved.train, steps: 9 } });
  });

  test('nothing in a configuration can be changed', async () => {
    const config = await resolve();
    const { model, behavior } = config;
    expect(leaves({ model, behavior }).length).toBeGreaterThan(30);
    const sections = (tree: object): object[] =>
      [tree, ...Object.values(tree).filter((value) => typeof value === 'object').flatMap(sections)];
    expect(sections(config).length).toBeGreaterThan(8);
    expect(sections(config).every(Object.isFrozen)).toBe(true);
  });

  test('every preset and every world resolves, with every agent', async () => {
    for (const { name: agent } of (await listVariants()).agents) {
      for (const preset of Object.keys(presets)) {
        const config = await configOf({ world: 'catch', preset, agent });
        expect([config.preset, config.agent]).toEqual([preset, agent]);
      }
      for (const world of Object.keys(worldPresets)) expect((await configOf({ world, agent })).world).toBe(world);
    }
  });
});

describe('bad input is refused in a sentence', () => {
  const ALL = 'All keys: dreamtree list --keys';
  test.each([
    ['model.horizon=3', `unknown key 'model.horizon'; did you mean 'model.horizonDiscount'? ${ALL}`],
    ['model.dter=3', `unknown key 'model.dter'; did you mean 'model.deter'? ${ALL}`],
    ['learningRate=1', `unknown key 'learningRate'; did you mean 'optimizer.learningRate'? ${ALL}`],
    ['model.scales={imag: 1}', `unknown key 'model.scales.imag'; did you mean 'model.scales.image'? ${ALL}`],
    ['train.steps.of=1', `unknown key 'train.steps.of'; did you mean 'train.steps'? ${ALL}`],
    ['train.steps=abc', 'train.steps: expected an integer ≥ 1 and ≤ 1e12, got "abc"'],
    ['train.steps=1.5', 'train.steps: expected an integer ≥ 1 and ≤ 1e12, got 1.5'],
    ['train.steps=', 'train.steps: expected an integer ≥ 1 and ≤ 1e12, got null'],
    ['behavior.lambda=1.1', 'behavior.lambda: expected a number ≥ 0 and ≤ 1, got 1.1'],
    ['optimizer.learningRate=0', 'optimizer.learningRate: expected a number ≥ 1e-30 and ≤ 1e30, got 0'],
    ['engine.name=onx', `engine.name: expected one of auto, onnx, tensorflow, reference, got "onx"; did you mean 'onnx'?`],
    ['env.distract=fim', `env.distract: expected one of none, noise, shapes, film, colors, got "fim"; did you mean 'film'?`],
    ['env.camera=jiter', `env.camera: expected one of fixed, jitter, got "jiter"; did you mean 'jitter'?`],
    ['env.camera=3', 'env.camera: expected one of fixed, jitter, got 3'],
    ['env.greyscale=1', 'env.greyscale: expected true or false, got 1'],
    ['env.stickyActions=2', 'env.stickyActions: expected a number ≥ 0 and ≤ 1, got 2'],
    ['env.timeLimit=-1', 'env.timeLimit: expected an integer ≥ 0 and ≤ 1e9, got -1'],
    ['model=3', 'model: expected a section of keys, got 3'],
    ['model.deter', "--set: expected key=value, got 'model.deter'"],
    ['=3', "--set: expected key=value, got '=3'"],
    ['seed=[1', "seed: expected a plain value in YAML, got '[1'"],
    ['model=&a [*a]', "model: expected a plain value in YAML, got '&a [*a]'"],
    ['model=&a { b: *a }', "model: expected a plain value in YAML, got '&a { b: *a }'"],
    ['engine=!!set {a}', "engine: expected a plain value in YAML, got '!!set {a}'"],
    ['engine=!!set {name}', "engine: expected a plain value in YAML, got '!!set {name}'"],
    ['seed=!!binary aGk=', "seed: expected a plain value in YAML, got '!!binary aGk='"],
    ['seed=!mine 3', "seed: expected a plain value in YAML, got '!mine 3'"],
    ['seed=1\n---\n2', "seed: expected a plain value in YAML, got '1 --- 2'"],
    ['model=\n\tdepth: 3', "model: expected a plain value in YAML, got ' depth: 3'"],
    [`seed=${'['.repeat(9000)}`, `seed: expected a plain value in YAML, got '${'['.repeat(60)}…'`],
    [`seed=${'['.repeat(4000)}${']'.repeat(4000)}`, `seed: expected a plain value in YAML, got '${'['.repeat(60)}…'`],
    [`seed=${'x'.repeat(20_000)}`, 'seed: expected a value of at most 10000 letters, got 20000'],
    [`${'x'.repeat(5000)}=1`, `unknown key '${'x'.repeat(60)}…'. ${ALL}`],
    ['model=[{ __proto__: { x: 1 } }]', "the key '__proto__' is refused"],
    ['model.scales=[1, 2]', 'model.scales: expected a section of keys, got [1,2]'],
    ['engine=', 'engine: expected a section of keys, got null'],
    ['a.b.c=1', `unknown key 'a.b.c'. ${ALL}`],
    ['engine.name=numpy', 'engine.name: expected one of auto, onnx, tensorflow, reference, got "numpy"'],
    ['preset=small', "'preset' is not for --set; choose it with --preset"],
    ['agent=muzero', "'agent' is not for --set; choose it with --agent"],
    ['policy=puct', "'policy' is not for --set; choose it with --policy"],
    ['search.policy=puct', "'search.policy' is not for --set; choose it with --policy"],
    ['__proto__.x=1', "the key '__proto__.x' is refused"],
    ['model.constructor=1', "the key 'model.constructor' is refused"],
    ['model={ __proto__: { x: 1 } }', "the key '__proto__' is refused"],
    ['env.size=47', 'env.size: expected 48, the nearest that goes with model.stem = 4 and model.minResolution = 4, ' +
      'or model.stem=1 model.minResolution=47 beside it, got 47'],
    ['env.size=7', 'env.size: expected 9, the nearest that goes with model.stem = 4 and model.minResolution = 4, ' +
      'or model.stem=7 model.minResolution=1 beside it, got 7'],
    ['env.size=1', 'env.size: expected 9, the nearest that goes with model.stem = 4 and model.minResolution = 4, ' +
      'or model.stem=1 model.minResolution=1 beside it, got 1'],
    ['model.blocks=3', 'model.blocks: expected a divisor of model.deter = 128, got 3'],
    ['model.bins=254', 'model.bins: expected an odd number, got 254'],
    ['behavior.returnLow=0.95', 'behavior.returnLow: expected less than behavior.returnHigh = 0.95, got 0.95'],
    ['behavior.minStd=2', 'behavior.minStd: expected at most behavior.maxStd = 1, got 2'],
  ])('%s', async (override, sentence) => {
    await expect(resolve(override)).rejects.toThrow(new UserError(sentence));
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
  });

  test('an unknown preset or agent, or no world', async () => {
    const withPreset = (preset: string) => expect(configOf({ world: 'catch', preset })).rejects;
    await withPreset('smal').toThrow(/^unknown preset 'smal'; did you mean 'small'\?/);
    await withPreset('toString').toThrow(/^unknown preset 'toString'\. Known: debug, tiny, /);
    await expect(configOf({ world: 'catch', agent: 'one-stp' })).rejects.toThrow(/^unknown agent 'one-stp'\. Known: dqn, dreamer, /);
    await expect(configOf({ world: 'catch', policy: 'ouct' })).rejects.toThrow(/^unknown policy 'ouct'; did you mean 'puct'\? Known: /);
    const names = (await listVariants()).agents.map(({ name }) => name).slice(0, 5).join(', ');
    await expect(configOf({ world: 'catch', agent: 'dremer' })).rejects.toThrow(new RegExp(
      `^unknown agent 'dremer'; did you mean 'dreamer'\\? Known: ${names}, .* … \\(all: dreamtree list\\), or the path of your own file, such as \\./my-agent\\.ts$`,
    ));
    await expect(configOf({})).rejects.toThrow(new UserError('world: expected a text, got nothing'));
  });
});

describe('a key that others read', () => {
  const TRIO = 'efficientzero, gumbel-muzero, muzero';
  const WITH_MBPO = 'efficientzero, gumbel-muzero, mbpo, muzero';
  test.each<[string, Pick<ConfigureRequest, 'agent' | 'policy' | 'policies'>, string]>([
    ['search.simulations=3', {}, `search.simulations is read by dreamer-mcts, ${TRIO}, sampled-muzero ` +
      'and by the policies gumbel, puct, sampled, not by dreamer'],
    ['model.frames=3', {}, `model.frames is read by dqn, ${WITH_MBPO}, muzero-ac, pets, ppo, sac, sampled-muzero, tdmpc2, not by dreamer`],
    ['model={ frames: 3 }', {}, `model.frames is read by dqn, ${WITH_MBPO}, muzero-ac, pets, ppo, sac, sampled-muzero, tdmpc2, not by dreamer`],
    ['model.scales.consistency=1', {},
      `model.scales.consistency is read by ${WITH_MBPO}, muzero-ac, pets, sampled-muzero, tdmpc2, not by dreamer`],
    ['model.stoch=3', { agent: 'muzero' }, 'model.stoch is read by dreamer, dreamer-mcts, dyna, plan2explore, planet, not by muzero'],
    ['search.temperature=0', { policies: ['gumbel'] },
      'search.temperature is read by muzero and by the policy puct, not by dreamer acting by gumbel'],
    ['search.considered=4', { agent: 'muzero', policy: 'actor' },
      'search.considered is read by dreamer-mcts, efficientzero, gumbel-muzero, sampled-muzero ' +
      'and by the policies gumbel, sampled, not by muzero acting by actor'],
  ])('%s for %j is refused, and they are named', async (override, request, sentence) => {
    await expect(configOf({ world: 'catch', overrides: [override], ...request })).rejects.toThrow(new UserError(sentence));
  });

  test('may be set where the agent acts by what reads it, or may be asked to', async () => {
    const request = { world: 'catch', overrides: ['search.simulations=3'] };
    const chosen = await configOf({ ...request, policy: 'gumbel' });
    expect(chosen).toMatchObject({ agent: 'dreamer', policy: 'gumbel', search: { simulations: 3, considered: 16 } });
    const asked = await configOf({ ...request, policies: ['puct'] });
    expect(asked).toMatchObject({ policy: 'auto', search: { simulations: 3, temperature: 1 } });
  });
});

describe('the table of keys', () => {
  const keys = keysOf(schemaOf(dreamer));

  test('every key says in one sentence what it is', async () => {
    const { agents, policies } = await listVariants();
    for (const { name, component } of [...agents, ...policies]) {
      const all = keysOf(schemaOf(component));
      expect(all.filter(({ description }) => !/^[^.]+\S\.$/.test(description.replaceAll(/\d\.\d/g, ''))), name).toEqual([]);
    }
  });

  test('it has the leaves of a configuration, in order, with their defaults', async () => {
    expect(keys.map(({ key }) => key)).toEqual(leaves(await resolve()));
    for (const { name: agent, component } of (await listVariants()).agents) {
      const all = leaves(await configOf({ world: 'catch', agent }));
      expect(keysOf(schemaOf(component)).map(({ key }) => key), agent).toEqual(all);
    }
    expect(keys.find(({ key }) => key === 'model.scales.representation')).toEqual({
      key: 'model.scales.representation',
      expected: 'a number ≥ 0 and ≤ 1e6',
      default: 0.1,
      description: 'Weight of the KL that moves the posterior towards the prior.',
    });
    expect(keys.find(({ key }) => key === 'model.deter')).toHaveProperty('default', undefined);
  });
});
