import { describe, expect, it } from 'vitest';
import { beyondInWords, watchBeyond } from '../../src/train/beyond.ts';
import type { Tick } from '../../src/train/collector.ts';
import { createMeans } from '../../src/train/metrics.ts';

const tick = (...rewards: number[]): Tick => ({
  targets: {}, stats: {},
  steps: rewards.map((reward) => [
    { image: new Uint8Array(0), action: new Float32Array(0), reward, isFirst: false, isLast: false, isTerminal: false },
  ]),
});
const largest = { reward: { size: 300, key: 'model.support' }, value: { size: 1000 } };

describe('what an agent cannot say', () => {
  it('is counted, and told of once for each kind', () => {
    const means = createMeans();
    const watch = watchBeyond({ largest }, 100, means);
    expect(watch.look([tick(300, -300, 0)], [])).toEqual([]);
    expect(watch.look([tick(900, 1), tick(-301)], [])).toEqual([{ what: 'reward', came: 900, size: 300, key: 'model.support' }]);
    expect(watch.look([tick(400)], [])).toEqual([]);
    // 100 steps of 20 in the mean are worth 2000; 50 steps of 20 are worth 1000, which can be said.
    expect(watch.look([], [{ lane: 0, return: 1000, length: 50 }, { lane: 0, return: -4000, length: 200 }]))
      .toEqual([{ what: 'value', came: -2000, size: 1000 }]);
    expect(means.take()).toEqual({ 'reward/beyond': 3, 'value/beyond': 1 });
  });

  it('is nothing where no end is known', () => {
    expect(watchBeyond({}, 100, createMeans()).look([tick(1e30)], [{ lane: 0, return: 1e30, length: 1 }])).toEqual([]);
  });

  it('is said with the key that helps', () => {
    expect(beyondInWords({ what: 'reward', came: 900, size: 300, key: 'model.support' })).toMatch(/^a reward of 900 lies beyond 300, .*; raise model\.support$/);
    expect(beyondInWords({ what: 'value', came: 1e12, size: 485165194 })).toMatch(/^a value of 1000000000000 lies beyond 485000000, .*; make rewards smaller$/);
  });
});
