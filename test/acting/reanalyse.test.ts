/** Searching replayed steps anew, for every agent that learns from search. */
import { describe, expect, it } from 'vitest';
import { float32, mapGroup, mapGroups } from '../../src/nd-array.ts';
import { initParameters } from '../../src/nn/parameters.ts';
import { createRng } from '../../src/random.ts';
import { actingPolicy, buildAgent, configure, openPolicy } from '../../src/train/configure.ts';
import { withRefreshed } from '../../src/train/refreshed.ts';
import { batchSpecs } from '../../src/train/update.ts';
import type { ActionSpace, Groups, NdArray } from '../../src/types.ts';
import { normals, onnx, uniforms } from '../engine/parity.ts';

const [B, T] = [4, 5];
const DISCRETE: ActionSpace = { kind: 'discrete', n: 3 };
const CONTINUOUS: ActionSpace = { kind: 'continuous', low: [-2, 0], high: [2, 1] };

async function setting(name: string, actions: ActionSpace, overrides: readonly string[], forbids = false) {
  const small = name === 'dreamer-mcts' ? [] : ['model.frames=2', 'model.unroll=2'];
  const { config, agent: variant } = await configure({
    world: 'catch', preset: 'debug', agent: name,
    overrides: [`train.batchSize=${B}`, `train.batchLength=${T}`, ...small, ...overrides],
  });
  const actionSize = actions.kind === 'discrete' ? actions.n : actions.low.length;
  const image = { size: config.env.size, channels: 3 };
  const agent = buildAgent(variant, config, { actions, actionSize, image, forbids });
  const specs = batchSpecs(agent, { batchSize: B, length: T, ...image, actionSize });
  const inputs = mapGroups(specs, ({ shape: sides, dtype }, key): NdArray => {
    const values = [...uniforms(sides, 0, 1, key.length).data];
    if (dtype === 'uint8') return { data: Uint8Array.from(values, (value) => 256 * value), shape: sides, dtype };
    return float32(key.startsWith('batch/is') ? values.map((value) => Number(value < 0.2)) : values, sides);
  });
  // Heads that begin at zero would find everything equal.
  const params = mapGroup(initParameters(agent.parameters, createRng(0)), (array, key) =>
    (/(logits|actor\/out)\/kernel/.test(key) ? normals(array.shape, 5) : array));
  const policy = await openPolicy(actingPolicy(config, variant, actions), config, actions, agent);
  const reanalysis = await agent.refresh?.({
    batchSize: B, batchLength: T, imageShape: [image.size, image.size, image.channels], actionSize, policy, threads: 1, engine: onnx,
  });
  return {
    agent, reanalysis, inputs, params,
    /** The targets of the whole batch afterwards. */
    async run(given: Groups<NdArray> = inputs, seed = 1) {
      if (!reanalysis) throw new Error('expected that something is searched');
      return withRefreshed(given.targets, await reanalysis.run(params, given, createRng(seed)));
    },
  };
}

/** What one of the sequences has. */
const row = ({ data }: NdArray, index: number) =>
  [...data].slice((index * data.length) / B, ((index + 1) * data.length) / B);

const HALF = ['search.reanalyse=0.5', 'search.simulations=4'];

describe.each([
  ['gumbel-muzero', DISCRETE, HALF], ['muzero', DISCRETE, HALF], ['sampled-muzero', CONTINUOUS, [...HALF, 'search.samples=3']],
  ['dreamer-mcts', DISCRETE, [...HALF, 'search.distill=true']],
] as const)('reanalysis for %s', (name, actions, overrides) => {
  it('searches the last sequences anew and leaves the first as they are', async () => {
    const { agent, inputs, run } = await setting(name, actions, overrides);
    const given = mapGroup(inputs.targets, ({ data }) => [...data]);
    const fresh = await run();
    const blind = agent.representation.blindSteps;
    expect(Object.keys(fresh).sort()).toEqual(Object.keys(agent.targetShapes).sort());
    // The batch itself is left alone.
    expect(mapGroup(inputs.targets, ({ data }) => [...data])).toEqual(given);
    for (const [leaf, array] of Object.entries(fresh)) {
      expect(array.shape).toEqual(inputs.targets[leaf].shape);
      for (const first of [0, 1]) expect(row(array, first), leaf).toEqual(row(inputs.targets[leaf], first));
      for (const last of [2, 3]) {
        // From the first step on that has its whole history.
        const from = (blind * array.data.length) / B / T;
        const [now, before] = [row(array, last), row(inputs.targets[leaf], last)];
        expect(now.slice(0, from)).toEqual(before.slice(0, from));
        expect(now.slice(from).every((value, i) => value !== before[from + i]), leaf).toBe(true);
      }
    }
    const policy = fresh.searchPolicy;
    const choices = policy.shape[2];
    for (let step = 2 * T; step < 4 * T; step++) {
      if (step % T < blind) continue;
      const chances = [...policy.data].slice(step * choices, (step + 1) * choices);
      expect(chances.reduce((sum, value) => sum + value)).toBeCloseTo(1, 5);
    }
    if (fresh.searchActions) expect(row(fresh.searchActions, 3).every((value) => Math.abs(value) <= 1)).toBe(true);
  });
});

describe('reanalysis', () => {
  it('looks at nothing but the sequences that it searches, and follows its seed', async () => {
    const { inputs, run } = await setting('gumbel-muzero', DISCRETE, ['search.reanalyse=0.5', 'search.simulations=4']);
    const search = async (image: NdArray, seed = 1) =>
      mapGroup(await run({ ...inputs, batch: { ...inputs.batch, image } }, seed), ({ data }) => [...data]);
    const { image } = inputs.batch;
    const sequence = image.data.length / B;
    const dark = (index: number): NdArray =>
      ({ ...image, data: image.data.map((value, i) => (Math.floor(i / sequence) === index ? 0 : value)) });
    const found = await search(image);
    expect(await search(image)).toEqual(found);
    expect(await search(image, 2)).not.toEqual(found);
    expect(await search(dark(1))).toEqual(found);
    const other = await search(dark(3));
    const value = 3 * T;
    expect(other.searchValue.slice(0, value)).toEqual(found.searchValue.slice(0, value));
    expect(other.searchValue.slice(value + 1)).not.toEqual(found.searchValue.slice(value + 1));
  });

  it('searches legal actions alone, where it is known which they were', async () => {
    const { inputs, run, agent } = await setting('gumbel-muzero', DISCRETE, ['search.reanalyse=1', 'search.simulations=4'], true);
    // At every third step all is legal, then two, then nothing was written down.
    const legal = float32(Array.from({ length: B * T }, (_, step) => [[1, 1, 1], [0, 1, 1], [0, 0, 0]][step % 3]).flat(), [B, T, 3]);
    const fresh = await run({ ...inputs, targets: { ...inputs.targets, legal } });
    expect([...fresh.legal.data]).toEqual([...legal.data]);
    for (let step = 0; step < B * T; step++) {
      if (step % T < agent.representation.blindSteps) continue;
      const chances = [...fresh.searchPolicy.data.slice(3 * step, 3 * step + 3)];
      // Of what is not known nothing is learned.
      const expected = [[true, true, true], [false, true, true], [false, false, false]][step % 3];
      expect(chances.map((chance) => chance > 0)).toEqual(expected);
      if (step % 3 === 2) expect(fresh.searchValue.data[step]).toBe(0);
    }
  });

  it('is made of the share that is asked for, and not at all where nothing is learned from search', async () => {
    const changedRows = async (share: number) => {
      const { inputs, run } = await setting('gumbel-muzero', DISCRETE, [`search.reanalyse=${share}`, 'search.simulations=4']);
      const { searchValue } = await run();
      const given = inputs.targets.searchValue;
      return Array.from({ length: B }, (_, b) => String(row(searchValue, b)) !== String(row(given, b)));
    };
    expect(await changedRows(0.25)).toEqual([false, false, false, true]);
    expect(await changedRows(1)).toEqual([true, true, true, true]);
    expect((await setting('gumbel-muzero', DISCRETE, ['search.reanalyse=0', 'search.simulations=4'])).reanalysis).toBeUndefined();
    expect((await setting('muzero-ac', DISCRETE, [])).reanalysis).toBeUndefined();
  });
});
