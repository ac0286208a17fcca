import type { Tensor } from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { lowerings } from '../../src/engine/lowerings/index.ts';
import { cases, type Case } from './kernel-cases.ts';
import { runBoth, withGradients, worstError } from './parity.ts';

describe('every kernel equals the reference engine', () => {
  it.each(cases.map((each, i): [string, Case] => [`${each.kernels} #${i}`, each]))('%s', async (_, { fn, inputs, forward }) => {
    const program = forward ? ({ x }: { x: Record<string, Tensor> }) => ({ out: { value: fn(x) } }) : withGradients(fn);
    const { compiled, expected } = await runBoth(program as Parameters<typeof runBoth>[0], { x: inputs });
    const worst = worstError(compiled, expected);
    expect(worst.error, worst.name).toBeLessThanOrEqual(1e-4);
  });

  it('and none is left out', () => {
    const checked = new Set(cases.flatMap(({ kernels }) => kernels.split(' ')));
    expect(Object.keys(lowerings).filter((kernel) => !checked.has(kernel))).toEqual([]);
  });
});
