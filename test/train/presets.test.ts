import { describe, expect, it } from 'vitest';
import { inspectUpdate } from '../../eval/bench/update.ts';
import { presets } from '../../src/config/index.ts';

describe('presets', () => {
  it.each(Object.keys(presets))('%s compiles to a graph', async (preset) => {
    const { parameters, nodes, gflop } = await inspectUpdate({ preset });
    // DreamerV3's sizes are named for about as many parameters; ours differ by the encoder and decoder.
    const named = /^size(\d+)m$/.exec(preset);
    if (named) expect(Math.abs(Math.log(parameters / 1e6 / Number(named[1])))).toBeLessThan(0.5);
    expect(nodes).toBeLessThan(60_000);
    expect(gflop).toBeGreaterThan(0);
  }, 60_000);
});
