import { describe, expect, it } from 'vitest';
import { inspectUpdate } from '../../eval/bench/update.ts';
import { durationInWords, estimateTime, longRunInWords, requireBlock, type Pace } from '../../src/train/estimate-time.ts';
import { UserError } from '../../src/user-error.ts';
import { roomRequest } from './room-request.ts';

const PACE: Pace = { learning: 600e9, acting: 600e9 };

describe('the arithmetic of an update', () => {
  it.each<[preset: string, agent: string, overrides?: string[]]>([
    ['debug', 'dreamer'], ['tiny', 'dreamer'], ['small', 'dreamer'], ['size12m', 'dreamer'], ['tiny', 'gumbel-muzero'], ['small', 'muzero'],
    ['tiny', 'muzero-ac'], ['small', 'dreamer-mcts'], ['tiny', 'muzero', ['model.unroll=1']], ['tiny', 'muzero', ['model.unroll=10', 'train.batchLength=32']],
    ['tiny', 'dreamer', ['behavior.imaginationHorizon=40']], ['tiny', 'dreamer', ['train.batchLength=48', 'behavior.imaginationStarts=1000']],
  ])('of %s %s %j is that of its graph, within a fourth', async (preset, agent, overrides = []) => {
    const { gflop } = await inspectUpdate({ preset, agent, overrides });
    const { updateFlops } = estimateTime(await roomRequest(preset, agent, overrides));
    expect(updateFlops / 1e9 / gflop).toBeGreaterThan(0.75);
    expect(updateFlops / 1e9 / gflop).toBeLessThan(1.25);
  });
});

describe('the time of a run', () => {
  it('is that of its steps and of the updates that follow them', async () => {
    const request = await roomRequest('tiny', 'dreamer', ['train.steps=100000', 'train.prefill=0', 'train.trainRatio=64']);
    const { updateFlops, seconds } = estimateTime(request, { learning: 1e9, acting: Infinity });
    const { batchSize, batchLength } = request.config.train;
    const updates = (100_000 * 64) / (batchSize * batchLength);
    expect(seconds).toBeCloseTo(100_000 * 1e-5 + (updates * updateFlops) / 1e9, 6);
    // Steps before learning begins are followed by no update.
    const later = await roomRequest('tiny', 'dreamer', ['train.steps=100000', 'train.prefill=50000', 'train.trainRatio=64']);
    expect(estimateTime(later, { learning: 1e9, acting: Infinity }).seconds).toBeCloseTo(1 + (updates * updateFlops) / 2e9, 6);
  });

  it.each([
    ['search.simulations', 'gumbel-muzero', 16, 1600], ['search.simulations', 'muzero', 16, 1600],
  ])('grows with %s of %s, when it acts', async (key, agent, few, many) => {
    const acting = { learning: Infinity, acting: 1e9 };
    const [before, after] = await Promise.all([few, many].map(async (value) =>
      estimateTime(await roomRequest('small', agent, [`${key}=${value}`]), acting)));
    expect(after.seconds / before.seconds).toBeGreaterThan(10);
    expect(after.key).toBe(key);
  });
});

describe('a block that takes hours', () => {
  it.each<[string, string, string[], RegExp]>([
    ['small', 'dreamer', ['train.batchSize=8192', 'train.blockUpdates=1000', 'train.trainRatio=65536'], /^train\.batchSize = 8192: a block of 1000 updates would take at least .* hours .*; train\.batchSize=\d+ would do$/],
    ['size400m', 'dreamer', ['train.blockUpdates=2000'], /^\S+ = \d+: a block of 2000 updates .*; \S+=\d+ would do$/],
    ['small', 'gumbel-muzero', ['search.simulations=10000', 'model.hidden=8192', 'train.trainRatio=0.1'], /^search\.simulations = 10000: .*; search\.simulations=\d+ would do$/],
  ])('%s %s %j is refused in a sentence, and what it names would do', async (preset, agent, overrides, sentence) => {
    const request = await roomRequest(preset, agent, overrides);
    const refusal = (() => { try { requireBlock(request, PACE); } catch (error) { return error; } return undefined; })();
    expect(refusal).toBeInstanceOf(UserError);
    const message = refusal instanceof Error ? refusal.message : '';
    expect(message).toMatch(sentence);
    const [, remedy] = /; (\S+=\d+) would do$/.exec(message) ?? [];
    const mended = await roomRequest(preset, agent, [...overrides, remedy]);
    expect(() => requireBlock(mended, PACE)).not.toThrow();
  });

  it('is none of the presets', async () => {
    for (const preset of ['debug', 'tiny', 'small', 'size12m', 'size400m']) {
      const request = await roomRequest(preset, 'dreamer');
      expect(() => requireBlock(request, PACE)).not.toThrow();
    }
  });
});

describe('a run of more than a month', () => {
  it('is said before it begins, unless it is to end earlier', async () => {
    const sentence = /^1000000000000 steps will take at least \S+ years on this machine; --minutes ends a run earlier, and Ctrl-C saves it$/;
    expect(longRunInWords(await roomRequest('tiny', 'dreamer', ['train.steps=1e12']), PACE)).toMatch(sentence);
    expect(longRunInWords(await roomRequest('tiny', 'dreamer', ['train.steps=1e12', 'train.minutes=60']), PACE)).toBeUndefined();
    expect(longRunInWords(await roomRequest('tiny', 'dreamer'), PACE)).toBeUndefined();
  });

  it('is told in units that are easily read', () => {
    expect([90, 7200, 86_400 * 40, 365.25 * 86_400 * 7.77, 1e18].map(durationInWords)).toEqual(
      ['1.5 minutes', '2 hours', '40 days', '7.8 years', '3.2e10 years'],
    );
  });
});
