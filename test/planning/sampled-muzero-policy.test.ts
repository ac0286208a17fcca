import { describe, expect, it } from 'vitest';
import { float32 } from '../../src/nd-array.ts';
import { gumbelMuzeroPolicy } from '../../src/planning/gumbel-muzero-policy.ts';
import { muzeroPolicy } from '../../src/planning/muzero-policy.ts';
import {
  sampledMuzeroPolicy,
  type SampledInput,
  type SampledRecurrent,
} from '../../src/planning/sampled-muzero-policy.ts';
import type { SearchInput } from '../../src/planning/types.ts';
import { createRng } from '../../src/random.ts';
import type { NdArray, Rng } from '../../src/types.ts';

const SAMPLES = 12;
const SIZE = 2;

/** Points drawn evenly from the square [−1, 1]². */
function drawActions(roots: number, rng: Rng): NdArray {
  const data = Float32Array.from({ length: roots * SAMPLES * SIZE }, () => 2 * rng.uniform() - 1);
  return { data, shape: [roots, SAMPLES, SIZE], dtype: 'float32' };
}

/** A walk in the plane: actions are steps, and the reward is how near one gets to the target. */
function plane(target: readonly [number, number], taken: number[][] = []) {
  const reach = (x: number, y: number) => -((x - target[0]) ** 2) - (y - target[1]) ** 2;
  const recurrent: SampledRecurrent = async ({ position, ...rest }, actions, rng) => {
    expect(Object.keys(rest)).toEqual([]);
    taken.push([...actions.data]);
    const roots = actions.shape[0];
    const next = float32(Float32Array.from(actions.data, (step, i) => position.data[i] + step), [roots, SIZE]);
    return {
      reward: Float32Array.from({ length: roots }, (_, root) => reach(next.data[2 * root], next.data[2 * root + 1])),
      discount: new Float32Array(roots).fill(0.5),
      value: new Float32Array(roots),
      priorLogits: new Float32Array(roots * SAMPLES),
      sampledActions: drawActions(roots, rng),
      embedding: { position: next },
    };
  };
  return recurrent;
}

function inputFor(recurrent: SampledRecurrent, numSimulations: number): SampledInput {
  const root = {
    value: new Float32Array(2),
    priorLogits: new Float32Array(2 * SAMPLES),
    sampledActions: drawActions(2, createRng(31)),
    embedding: { position: float32([0, 0, 0.5, 0.5], [2, SIZE]) },
  };
  return { root, recurrent, numSimulations, rng: createRng(32) };
}

const policies = {
  muzero: (input: SearchInput) => muzeroPolicy(input, { dirichletFraction: 0, temperature: 0 }),
  gumbel: (input: SearchInput) => gumbelMuzeroPolicy(input, { gumbelScale: 0 }),
};

describe.each(Object.entries(policies))('sampledMuzeroPolicy over %s', (_, policy) => {
  it('takes the sampled action that leads nearest to the target', async () => {
    const target = [0.4, -0.3] as const;
    const input = inputFor(plane(target), 600);
    const shallow = (each: SearchInput) => policy({ ...each, maxDepth: 1 });
    const { action, sampledActions, actionWeights } = await sampledMuzeroPolicy(input, shallow);
    expect(sampledActions).toEqual(input.root.sampledActions);
    expect(action.shape).toEqual([2, SIZE]);
    for (const [root, start] of [[0, 0], [0.5, 0.5]].entries()) {
      const distances = Array.from({ length: SAMPLES }, (_, k) => {
        const at = (root * SAMPLES + k) * SIZE;
        const [x, y] = sampledActions.data.subarray(at, at + SIZE);
        return Math.hypot(start[0] + x - target[0], start[1] + y - target[1]);
      });
      const nearest = distances.indexOf(Math.min(...distances));
      const at = (root * SAMPLES + nearest) * SIZE;
      const sample = [...sampledActions.data.subarray(at, at + SIZE)];
      expect([...action.data.subarray(root * SIZE, (root + 1) * SIZE)]).toEqual(sample);
      const weights = actionWeights.subarray(root * SAMPLES, (root + 1) * SAMPLES);
      expect(weights.indexOf(Math.max(...weights))).toBe(nearest);
    }
  });

  it("gives the model a node's own samples", async () => {
    const taken: number[][] = [];
    const { searchTree } = await sampledMuzeroPolicy(inputFor(plane([0.4, -0.3], taken), 30), policy);
    const { batch, numNodes, parents, actionFromParent, embeddings } = searchTree;
    taken.forEach((actions, simulation) => {
      for (let root = 0; root < batch; root++) {
        const node = root * numNodes + simulation + 1;
        const at = ((parents[node] * batch + root) * SAMPLES + actionFromParent[node]) * SIZE;
        const sample = [...embeddings.sampledActions.data.subarray(at, at + SIZE)];
        expect(actions.slice(root * SIZE, (root + 1) * SIZE)).toEqual(sample);
      }
    });
    expect(Math.max(...parents)).toBeGreaterThan(0);
  });
});
