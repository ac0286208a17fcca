import { describe, expect, it } from 'vitest';
import { AGENTS, POLICIES, WORLDS, didYouMean, nearest, variantNames, variantUrl } from '../src/listing.ts';

const WORLD_NAMES = ['catch', 'cartpole', 'freeway', 'key-door', 'maze', 'tic-tac-toe', 'mountain-car-continuous'];

describe('the name that was probably meant', () => {
  it.each([
    ['cath', 'catch'], ['cathc', 'catch'], ['Catch', 'catch'], ['catch2', 'catch'], ['carpole', 'cartpole'], ['keydoor', 'key-door'],
    ['mze', 'maze'], ['tictactoe', 'tic-tac-toe'], ['mountain-car', 'mountain-car-continuous'],
  ])('%s → %s', (name, meant) => expect(nearest(name, WORLD_NAMES)).toBe(meant));

  it.each(['one-stp', 'pong', 'x', '', 'ca', 'breakout', 'gym', 'a'.repeat(5000)])('%s is near to none', (name) => {
    expect(nearest(name, WORLD_NAMES)).toBeUndefined();
    expect(didYouMean(name, WORLD_NAMES)).toBe('.');
  });

  it('is none where several begin so', () => {
    expect(nearest('gumbel', ['gumbel-muzero', 'gumbel-dreamer'])).toBeUndefined();
    expect(nearest('gumbel', ['gumbel-muzero', 'gumbel-muzero', 'muzero'])).toBe('gumbel-muzero');
  });
});

describe('an unknown world, agent or policy', () => {
  it.each([['world', WORLDS], ['agent', AGENTS], ['policy', POLICIES]] as const)('%s is refused in a line that says what there is', async (_, folder) => {
    const names = await variantNames(folder);
    for (const name of ['qqqqqqq', 'x'.repeat(5000), 'qqqq\r\n\u001b[2J']) {
      const message = await variantUrl(folder, name).then(() => '', (error: unknown) => String(error));
      expect(message).not.toMatch(/did you mean|[\n\r\u001b]/);
      expect(message).toContain(names.slice(0, 3).join(', '));
      expect(message.length).toBeLessThan(300);
    }
    await expect(variantUrl(folder, `${names[0]}x`)).rejects.toThrow(`did you mean '${names[0]}'?`);
  });
});
