/** Every key at its ends: there the configuration resolves, one beyond it is refused by a sentence with the key's name. */
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import dreamer from '../../src/agents/dreamer.ts';
import { keysOf, optionsOf, schemaOf, type Config, type ConfigLayer, type NamedComponent } from '../../src/config/index.ts';
import { configure, listVariants, type ConfigureRequest } from '../../src/train/configure.ts';
import { UserError } from '../../src/user-error.ts';

const configOf = async (request: ConfigureRequest): Promise<Config> => (await configure(request)).config;

/** Keys of texts, of which there is no end. */
const isChosenElsewhere = (key: string): boolean => ['agent', 'policy', 'preset', 'world'].includes(key);

/** What must be set beside a key at its end, because keys go together. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  'env.lanes 4096': ['train.trainRatio=32'],
  'env.size 1': ['model.stem=1', 'model.minResolution=1'],
  'train.batchLength 2': ['model.frames=1', 'model.unroll=1'],
  'train.batchLength 512': ['train.trainRatio=1000'],
  'train.batchSize 65536': ['train.trainRatio=65536'],
  'train.trainRatio 0.0001': ['train.steps=1000'],
  'train.blockUpdates 10000': ['train.trainRatio=32'],
  'model.stem 1': ['model.minResolution=16'],
  'model.stem 256': ['env.size=1024'],
  'model.minResolution 1': ['model.stem=16'],
  'model.minResolution 256': ['env.size=1024'],
  'model.blocks 4096': ['model.deter=4096'],
  'model.frames 128': ['train.batchLength=256'],
  'model.unroll 128': ['train.batchLength=256'],
  'behavior.minStd 100': ['behavior.maxStd=100'],
  'behavior.maxStd 0.0001': ['behavior.minStd=0.0001'],
  'model.simplex 4096': ['model.deter=4096'],
  'ensemble.penalty 1000000': ['ensemble.members=2'],
  'cem.candidates 1': ['cem.elites=1'],
  'cem.elites 100000': ['cem.candidates=100000'],
  'mppi.candidates 1': ['mppi.elites=1'],
  'mppi.elites 100000': ['mppi.candidates=100000'],
  'mppi.std 1e-30': ['mppi.minStd=1e-30'],
  'mppi.minStd 100': ['mppi.std=100'],
};

/** Ends that other keys forbid, whatever they are, of all agents or of one: beside them it is not the range that refuses. */
const FORBIDDEN_BY_RULES = new Set(['behavior.returnLow 1', 'behavior.returnHigh 0', 'tdmpc2: model.deter 1', 'plan2explore: ensemble.members 0', 'train.givenSteps 1000000000', 'branches.firstHorizon 512', 'ppo: train.explore 1', 'dyna-q: replay.shift 64']);

/** Keys of every run, which are tried with an agent of every kind. */
const CORE = /^(env|train|replay|engine)\./;
const OF_EVERY_KIND = ['dreamer', 'dyna-q', 'efficientzero', 'mbpo', 'ppo', 'tdmpc2'];

interface End {
  readonly key: string;
  readonly value: number;
  readonly beyond: number;
}

/** The ends of all keys that are numbers. */
function endsOf(component: NamedComponent['component']): End[] {
  const ends: End[] = [];
  const visit = (schema: z.core.JSONSchema.JSONSchema, prefix: string): void => {
    for (const [name, child] of Object.entries(schema.properties ?? {})) {
      if (typeof child === 'boolean') continue;
      const key = prefix + name;
      if (child.properties) visit(child, `${key}.`);
      if (child.type !== 'integer' && child.type !== 'number') continue;
      const step = (value: number): number => (child.type === 'integer' ? 1 : Math.max(Math.abs(value), 1e-40) / 2);
      const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = child;
      expect([minimum ?? exclusiveMinimum, maximum ?? exclusiveMaximum].every(Number.isFinite), `${key} has two ends`).toBe(true);
      if (minimum !== undefined) ends.push({ key, value: minimum, beyond: minimum - step(minimum) });
      if (maximum !== undefined) ends.push({ key, value: maximum, beyond: maximum + step(maximum) });
      if (typeof exclusiveMinimum === 'number') ends.push({ key, value: exclusiveMinimum + 1e-9, beyond: exclusiveMinimum });
      if (typeof exclusiveMaximum === 'number') ends.push({ key, value: exclusiveMaximum - 1e-9, beyond: exclusiveMaximum });
    }
  };
  visit(z.toJSONSchema(schemaOf(component), { io: 'input' }), '');
  return ends;
}

describe('every key of every agent', () => {
  let agents: readonly NamedComponent[];
  beforeAll(async () => void ({ agents } = await listVariants()));

  test('resolves at its ends, and is refused by name beyond them', async () => {
    for (const { name: agent, component } of agents) {
      const known = keysOf(schemaOf(component)).map(({ key }) => key);
      for (const { key, value, beyond } of endsOf(component)) {
        if (CORE.test(key) && !OF_EVERY_KIND.includes(agent)) continue;
        const at = `${key} ${value}`;
        const beside = (BESIDE[at] ?? []).filter((override) => known.includes(override.slice(0, override.indexOf('='))));
        const resolved = configOf({ world: 'catch', preset: 'debug', agent, overrides: [...beside, `${key}=${value}`] });
        const outcome = await resolved.then(() => 'resolves', (error: unknown) => String(error));
        const forbidden = FORBIDDEN_BY_RULES.has(at) || FORBIDDEN_BY_RULES.has(`${agent}: ${at}`);
        if (!forbidden) expect(outcome, `${agent}: ${at}`).toBe('resolves');
        if (Number.isSafeInteger(value) && !Number.isSafeInteger(beyond)) continue;
        const refused = configOf({ world: 'catch', preset: 'debug', agent, overrides: [`${key}=${beyond}`] });
        await expect(refused, `${agent}: ${key}=${beyond}`).rejects.toThrow(new RegExp(`^${key.replaceAll('.', '\\.')}: expected an? `));
      }
    }
  });

  test('is refused by name, in one line, whatever is written there', async () => {
    const component = agents.map((agent) => agent.component);
    const keys = keysOf(schemaOf(...component)).map(({ key }) => key).filter((key) => !isChosenElsewhere(key));
    expect(keys.length).toBeGreaterThan(60);
    const written = ['.nan', '.inf', '-.inf', '1e308', '-1e308', '1e17', '-1', '0.5', '1e-308', 'null', '{ a: 1 }', '[1, 2]', 'x'.repeat(5000)];
    for (const { name: agent, component: one } of agents.slice(0, 3)) {
      for (const { key, expected } of keysOf(schemaOf(one))) {
        if (isChosenElsewhere(key)) continue;
        for (const text of written) {
          const message = await configOf({ world: 'catch', preset: 'debug', agent, overrides: [`${key}=${text}`] })
            .then(() => '', (error: unknown) => (error instanceof UserError ? error.message : `a stack: ${String(error)}`));
          expect(message.length, message).toBeLessThan(300);
          expect(message, `${key}=${text}`).not.toContain('\n');
          if (message) expect(message.slice(0, key.length), message).toMatch(/^[a-z]+(\.|:|$)|^unknown|^seed/);
          if (text === '.nan') expect(message).toBe(`${key}: expected ${expected}, got NaN`);
        }
      }
    }
  });
});

describe('absurd configurations', () => {
  test.each<[string, string, string, string]>([
    ['dreamer', 'env.actionRepeat=1e9', 'env.actionRepeat: expected an integer ≥ 1 and ≤ 1000, got 1000000000', 'repeat'],
    ['dreamer', 'model.horizonDiscount=1e308', 'model.horizonDiscount: expected a number > 1 and ≤ 1e7, got 1e+308', 'discount'],
    ['dreamer', 'behavior.horizonDiscount=1e308',
      "unknown key 'behavior.horizonDiscount'; did you mean 'model.horizonDiscount'? All keys: dreamtree list --keys", 'elsewhere'],
    ['dreamer', 'train.trainRatio=1e12', 'train.trainRatio: expected a number ≥ 0.0001 and ≤ 65536, got 1000000000000', 'ratio'],
    ['dreamer', 'train.blockUpdates=1e9', 'train.blockUpdates: expected an integer ≥ 1 and ≤ 10000, got 1000000000', 'block'],
    ['dreamer', 'model.dynLayers=1e6', 'model.dynLayers: expected an integer ≥ 1 and ≤ 32, got 1000000', 'layers'],
    ['dreamer', 'env.lanes=100000', 'env.lanes: expected an integer ≥ 1 and ≤ 4096, got 100000', 'lanes'],
    ['dreamer', 'model.bins=1000000001', 'model.bins: expected an integer ≥ 3 and ≤ 9999, got 1000000001', 'bins'],
    ['dreamer', 'train.threads=1000000', 'train.threads: expected an integer ≥ 1 and ≤ 512, got 1000000', 'threads'],
    ['dreamer', 'behavior.imaginationHorizon=1e6', 'behavior.imaginationHorizon: expected an integer ≥ 1 and ≤ 512, got 1000000', 'horizon'],
    ['dreamer', 'optimizer.beta1=1', 'optimizer.beta1: expected a number ≥ 0 and < 1, got 1', 'a mean that never moves'],
    ['dreamer', 'seed=9007199254740993',
      'seed: expected an integer ≥ -9007199254740991 and ≤ 9007199254740991, got 9007199254740992', 'seed'],
    ['muzero', 'model.frames=1e6', 'model.frames: expected an integer ≥ 1 and ≤ 128, got 1000000', 'frames'],
    ['muzero', 'search.depth=1e12', 'search.depth: expected an integer ≥ 0 and ≤ 1e9, got 1000000000000', 'depth'],
  ])('%s: %s', async (agent, override, sentence) => {
    await expect(configOf({ world: 'catch', preset: 'debug', agent, overrides: [override] })).rejects.toThrow(new UserError(sentence));
  });

  test('keys that each are within their range, and together let nothing be seen of a run', async () => {
    const resolve = (...overrides: string[]) => expect(configOf({ world: 'catch', preset: 'tiny', overrides })).rejects;
    await resolve('train.trainRatio=1e-4', 'train.steps=1e9').toThrow(
      /^train\.trainRatio: expected about 0\.02 or more, or fewer train\.blockUpdates: a block of 16 updates would wait for \d+ steps, got 0\.0001$/,
    );
    await resolve('train.trainRatio=65536', 'env.lanes=4096').toThrow(
      /^train\.trainRatio: expected less, or fewer env\.lanes or larger batches: one step of 4096 lanes would be followed by 2097152 updates/,
    );
    await resolve('model.dynLayers=32', 'train.batchLength=512').toThrow(/^model\.dynLayers: expected fewer layers, or a shorter train\.batchLength/);
  });

  test('a configuration that is no text of today: a sentence, not a stack', async () => {
    const saved = JSON.parse(JSON.stringify(await configOf({ world: 'catch', preset: 'debug' }))) as ConfigLayer & { model: object };
    const base = { ...saved, model: { ...saved.model, dynLayers: 1e6 } };
    await expect(configOf({ base })).rejects.toThrow(new UserError('model.dynLayers: expected an integer ≥ 1 and ≤ 32, got 1000000'));
    // What was resolved for others, and is opened by a component with other ends.
    const other = { ...(await configOf({ world: 'catch', preset: 'debug' })), model: { ...saved.model, bins: 1e9 } };
    expect(() => optionsOf(other, dreamer)).toThrow(new UserError('model.bins: expected an integer ≥ 3 and ≤ 9999, got 1000000000'));
    for (const model of [new Set(['a']), new Map([['deter', 8]]), new Date(0), [8]]) {
      await expect(configOf({ base: { ...saved, model } })).rejects.toThrow(/^model: expected a section of keys, got /);
    }
  });
});
