import { describe, expect, test } from 'vitest';
import { agents, configKeys, presets, resolveConfig, worldPresets } from '../../src/config/index.ts';
import { UserError } from '../../src/user-error.ts';

const resolve = (...overrides: string[]) => resolveConfig({ world: 'catch', preset: 'tiny', overrides });

describe('layers', () => {
  test('the preset lies over the defaults, the overrides over the preset, the last one on top', () => {
    const config = resolve('optimizer.learningRate=1e-3', 'train.batchSize=3', 'train.batchSize=5');
    expect(config.preset).toBe('tiny');
    expect(config.model.deter).toBe(128); // the preset
    expect(config.model.unimix).toBe(0.01); // the schema
    expect(config.optimizer.learningRate).toBe(0.001);
    expect(config.train.batchSize).toBe(5);
    expect(config.train.batchLength).toBe(16); // its neighbour, untouched
  });

  test('a section can be overridden as a whole, and keeps what it does not mention', () => {
    expect(resolve('model.scales={ image: 2, reward: 3 }').model.scales).toEqual({
      image: 2,
      reward: 3,
      continue: 1,
      dynamics: 1,
      representation: 0.1,
      consistency: 0,
    });
  });

  test('a world lays its own wishes over its preset, but only where the user names none', () => {
    const worldDefaults = { preset: 'debug', train: { steps: 77 } };
    const own = resolveConfig({ world: 'mine', worldDefaults });
    expect([own.preset, own.train.steps, own.model.deter]).toEqual(['debug', 77, 8]);
    const named = resolveConfig({ world: 'mine', worldDefaults, preset: 'tiny' });
    expect([named.preset, named.train.steps]).toEqual(['tiny', presets.tiny.train.steps]);
    expect(resolveConfig({ world: 'catch' }).train.steps).toBe(worldPresets.catch.train?.steps);
    expect(resolveConfig({ world: './unknown.ts' }).preset).toBe('tiny');
  });

  test('a run continues from its own configuration', () => {
    const saved = resolve('model.deter=64', 'seed=7');
    const base = JSON.parse(JSON.stringify(saved)) as object;
    const config = resolveConfig({ base, overrides: ['train.steps=9'] });
    expect(config).toEqual({ ...saved, train: { ...saved.train, steps: 9 } });
  });

  test('nothing in a configuration can be changed', () => {
    const config = resolve();
    expect([config, config.model, config.model.scales, config.behavior.scales].every(Object.isFrozen)).toBe(true);
  });

  test('every preset and every world resolves', () => {
    for (const preset of Object.keys(presets)) expect(resolveConfig({ world: 'catch', preset }).preset).toBe(preset);
    for (const world of Object.keys(worldPresets)) expect(resolveConfig({ world }).world).toBe(world);
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
    ['train.steps=abc', 'train.steps: expected an integer ≥ 1, got "abc"'],
    ['train.steps=1.5', 'train.steps: expected an integer ≥ 1, got 1.5'],
    ['train.steps=', 'train.steps: expected an integer ≥ 1, got null'],
    ['behavior.lambda=1.1', 'behavior.lambda: expected a number ≥ 0 and ≤ 1, got 1.1'],
    ['optimizer.learningRate=0', 'optimizer.learningRate: expected a number > 0, got 0'],
    ['engine.name=onx', `engine.name: expected one of auto, onnx, tensorflow, reference, got "onx"; did you mean 'onnx'?`],
    ['env.distract=fim', `env.distract: expected one of none, noise, shapes, film, colors, got "fim"; did you mean 'film'?`],
    ['env.camera=jiter', `env.camera: expected one of fixed, jitter, got "jiter"; did you mean 'jitter'?`],
    ['env.camera=3', 'env.camera: expected one of fixed, jitter, got 3'],
    ['env.greyscale=1', 'env.greyscale: expected true or false, got 1'],
    ['env.stickyActions=2', 'env.stickyActions: expected a number ≥ 0 and ≤ 1, got 2'],
    ['env.timeLimit=-1', 'env.timeLimit: expected an integer ≥ 0, got -1'],
    ['model=3', 'model: expected a section of keys, got 3'],
    ['model.deter', "--set: expected key=value, got 'model.deter'"],
    ['=3', "--set: expected key=value, got '=3'"],
    ['seed=[1', "seed: expected a value in YAML, got '[1'"],
    ['preset=small', "'preset' is not for --set; choose it with --preset"],
    ['__proto__.x=1', "the key '__proto__.x' is refused"],
    ['model.constructor=1', "the key 'model.constructor' is refused"],
    ['model={ __proto__: { x: 1 } }', "the key '__proto__' is refused"],
    ['env.size=48', 'env.size: expected model.stem × model.minResolution × 2ⁿ = 16, 32, …, got 48'],
    ['env.size=8', 'env.size: expected model.stem × model.minResolution × 2ⁿ = 16, 32, …, got 8'],
    ['model.blocks=3', 'model.blocks: expected a divisor of model.deter = 128, got 3'],
    ['model.bins=254', 'model.bins: expected an odd number, got 254'],
    ['behavior.returnLow=0.95', 'behavior.returnLow: expected less than behavior.returnHigh = 0.95, got 0.95'],
    ['behavior.minStd=2', 'behavior.minStd: expected at most behavior.maxStd = 1, got 2'],
  ])('%s', (override, sentence) => {
    expect(() => resolve(override)).toThrow(new UserError(sentence));
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
  });

  test('an unknown preset or agent, or no world', () => {
    const withPreset = (preset: string) => () => resolveConfig({ world: 'catch', preset });
    expect(withPreset('smal')).toThrow(/^unknown preset 'smal'; did you mean 'small'\?/);
    expect(withPreset('toString')).toThrow(/^unknown preset 'toString'/);
    expect(() => resolveConfig({ world: 'catch', agent: 'dremer' })).toThrow(
      new UserError(`agent: expected one of ${Object.keys(agents).join(', ')}, got "dremer"; did you mean 'dreamer'?`),
    );
    expect(() => resolveConfig({})).toThrow(new UserError('world: expected a text, got nothing'));
  });
});

describe('the table of keys', () => {
  const keys = configKeys();

  test('every key says in one sentence what it is', () => {
    expect(keys.filter(({ description }) => !/^[^.]+\S\.$/.test(description.replaceAll(/\d\.\d/g, '')))).toEqual([]);
  });

  test('it has the leaves of a configuration, in order, with their defaults', () => {
    const leaves = (tree: object, prefix = ''): string[] =>
      Object.entries(tree).flatMap(([name, value]: [string, unknown]) =>
        typeof value === 'object' && value !== null ? leaves(value, `${prefix}${name}.`) : [prefix + name],
      );
    expect(keys.map(({ key }) => key)).toEqual(leaves(resolve()));
    expect(keys.find(({ key }) => key === 'model.scales.representation')).toEqual({
      key: 'model.scales.representation',
      expected: 'a number ≥ 0',
      default: 0.1,
      description: 'Weight of the KL that moves the posterior towards the prior.',
    });
    expect(keys.find(({ key }) => key === 'model.deter')?.default).toBeUndefined();
  });
});
