import { describe, expect, it } from 'vitest';
import { estimateMemory } from '../../src/train/estimate.ts';
import { machineMemory, requireRoom } from '../../src/train/require-memory.ts';
import { UserError } from '../../src/user-error.ts';
import { roomRequest } from './room-request.ts';

const MB = 2 ** 20;

/** The largest resident set of `dreamtree train` with these settings and one thread, from beginning to end. */
const MEASURED: [preset: string, agent: string, overrides: string[], megabytes: number, actions?: number][] = [
  ['debug', 'dreamer', [], 494],
  ['debug', 'gumbel-muzero', [], 485],
  ['debug', 'dreamer', ['train.batchLength=128', 'replay.bytes=1e7'], 590],
  ['debug', 'dreamer', ['behavior.imaginationHorizon=400'], 745],
  ['debug', 'dreamer', ['replay.bytes=1e8'], 641, 47_049],
  ['debug', 'gumbel-muzero', ['replay.bytes=1e8'], 1359, 47_049],
  ['debug', 'muzero', ['replay.bytes=1e8'], 1361, 47_049],
  ['tiny', 'dreamer', ['train.steps=700'], 583],
  ['tiny', 'dreamer', ['train.steps=500', 'env.size=84'], 1115],
  ['tiny', 'gumbel-muzero', ['train.steps=700'], 540],
  ['small', 'dreamer', ['train.steps=700'], 1364],
  ['small', 'gumbel-muzero', ['train.steps=700'], 929],
];

describe('the memory of a run', () => {
  it.each(MEASURED)('%s %s %j takes what was measured, within a factor of two', async (preset, agent, overrides, megabytes, actions) => {
    const { bytes, parts } = estimateMemory(await roomRequest(preset, agent, overrides, actions));
    expect(bytes / MB).toBeGreaterThan(megabytes / 2);
    expect(bytes / MB).toBeLessThan(megabytes * 2);
    expect(parts.reduce((sum, part) => sum + part.bytes, 0)).toBeCloseTo(bytes, 0);
    expect(parts.every((part, i) => i === 0 || part.bytes <= parts[i - 1].bytes)).toBe(true);
  });

  it.each([
    ['dreamer', 'train.batchSize', 8], ['dreamer', 'train.batchLength', 4], ['dreamer', 'env.size', 4], ['dreamer', 'model.deter', 64],
    ['dreamer', 'behavior.imaginationHorizon', 20], ['dreamer', 'model.depth', 16], ['gumbel-muzero', 'search.simulations', 400],
    ['gumbel-muzero', 'env.lanes', 400], ['dreamer', 'replay.bytes', 100],
  ])('of %s grows with %s', async (agent, key, times) => {
    const before = await roomRequest('tiny', agent, ['replay.bytes=1e7']);
    const [section, name] = key.split('.');
    const value = Object.entries(Object(before.config[section]) as Record<string, number>).find(([own]) => own === name)?.[1] ?? 0;
    const after = await roomRequest('tiny', agent, ['replay.bytes=1e7', `${key}=${value * times}`]);
    expect(estimateMemory(after).bytes).toBeGreaterThan(1.1 * estimateMemory(before).bytes);
  });
});

describe('a run that the machine cannot hold', () => {
  const GIGABYTES = 16e9;
  it.each<[string, string, string[], RegExp]>([
    ['tiny', 'dreamer', ['env.size=4096'], /^env\.size = 4096: .* for what an update computes of a batch, and there are 16 GB; env\.size=\d+ would do$/],
    ['tiny', 'dreamer', ['model.deter=1000000'], /^model\.deter = 1000000: this run would need about .* for the parameters of the agent, .*; model\.deter=\d+ would do$/],
    ['tiny', 'dreamer', ['model.stoch=4096', 'model.classes=4096'], /^model\.stoch = 4096: .*; model\.stoch=\d+ would do$/],
    ['tiny', 'dreamer', ['behavior.units=1000000'], /^behavior\.units = 1000000: .*; behavior\.units=\d+ would do$/],
    ['tiny', 'dreamer', ['train.batchSize=65536'], /^train\.batchSize = 65536: .*; train\.batchSize=\d+ would do$/],
    ['tiny', 'gumbel-muzero', ['search.simulations=10000', 'env.lanes=4096'], /^search\.simulations = 10000: .* for the search trees, .*; search\.simulations=\d+ would do$/],
    ['tiny', 'dreamer', ['replay.bytes=1e12', 'train.steps=1e9'], /^replay\.bytes = 1000000000000: .* for the replay, .*; replay\.bytes=\d+ would do$/],
    ['size400m', 'dreamer', [], /^model\.deter = 12288: .* and there are 16 GB; /],
  ])('%s %s %j is refused in a sentence, and what it names would do', async (preset, agent, overrides, sentence) => {
    const request = await roomRequest(preset, agent, overrides);
    const refusal = (() => { try { requireRoom(request, GIGABYTES); } catch (error) { return error; } return undefined; })();
    expect(refusal).toBeInstanceOf(UserError);
    const message = refusal instanceof Error ? refusal.message : '';
    expect(message).toMatch(sentence);
    expect(message.length).toBeLessThan(300);
    const [, remedy] = /; (\S+=\d+) would do$/.exec(message) ?? [];
    if (remedy !== undefined) {
      const mended = await roomRequest(preset, agent, [...overrides, remedy]);
      expect(() => requireRoom(mended, GIGABYTES)).not.toThrow();
    }
  });

  it('because of the actions of a world says so, and what else would do', async () => {
    const request = await roomRequest('small', 'gumbel-muzero', ['replay.bytes=1e9'], 2_000_000);
    expect(() => requireRoom(request, GIGABYTES)).toThrow(/^the world's 2000000 actions: this run would need about .* GB of memory/);
  });

  it('is not one that fits', async () => {
    for (const preset of ['debug', 'tiny', 'small']) {
      for (const agent of ['dreamer', 'gumbel-muzero', 'muzero']) {
        const request = await roomRequest(preset, agent);
        expect(() => requireRoom(request, 4e9)).not.toThrow();
      }
    }
    expect(machineMemory()).toBeGreaterThan(1e8);
  });
});

describe('a replay that holds no sequence', () => {
  it('names the least that would do', async () => {
    const request = await roomRequest('debug', 'dreamer', ['replay.bytes=1000']);
    const refused = /^replay\.bytes = 1000 holds 0 steps of (\d+) bytes, but 2 lanes need sequences of 6 each: expected at least (\d+), /;
    expect(() => requireRoom(request)).toThrow(refused);
    const [, perStep] = refused.exec((() => { try { requireRoom(request); } catch (error) { return String(error).replace('UserError: ', ''); } return ''; })()) ?? [];
    const least = 12 * Number(perStep);
    expect(() => requireRoom({ ...request, config: { ...request.config, replay: { ...request.config.replay, bytes: least } } })).not.toThrow();
    expect(() => requireRoom({ ...request, config: { ...request.config, replay: { ...request.config.replay, bytes: least - 1 } } })).toThrow('replay.bytes');
  });
});
