/** Worlds that changed since a checkpoint was made in them. */
import { describe, expect, it } from 'vitest';
import catchWorld from '../../envs/catch.ts';
import pendulum from '../../envs/pendulum.ts';
import { requireSameWorld, worldMark } from '../../src/train/same-world.ts';
import type { Environment } from '../../src/types.ts';

const plain = catchWorld as Environment;
const mark = worldMark(plain);

describe('a world that a checkpoint was made in', () => {
  it('is known again, and one that nothing is known of is not complained of', () => {
    for (const environment of [plain, pendulum as Environment]) {
      expect(() => requireSameWorld('x.dream', worldMark(environment), environment)).not.toThrow();
    }
    expect(() => requireSameWorld('x.dream', undefined, plain)).not.toThrow();
    const renamed: Environment = { ...plain, actions: { kind: 'discrete', n: 3, names: ['a', 'b', 'c'] } };
    expect(() => requireSameWorld('x.dream', mark, renamed)).not.toThrow();
  });

  it('is told of where its actions or what its states hold are others', () => {
    const fewer: Environment = { ...plain, actions: { kind: 'discrete', n: 2 } };
    expect(() => requireSameWorld('x.dream', mark, fewer)).toThrow(
      'catch is not the world any more that x.dream was made in: its actions were {"kind":"discrete","n":3}, and are {"kind":"discrete","n":2}',
    );
    const other: Environment = { ...plain, reset: () => ({ height: 1 }) };
    expect(() => requireSameWorld('x.dream', mark, other)).toThrow(/what its states hold were \[.*\], and are \["height"\]/);
  });
});
