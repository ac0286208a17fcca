import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../src/config/index.ts';
import { createReplay } from '../../src/data/replay.ts';
import { float32, mapGroup, mapGroups } from '../../src/nd-array.ts';
import { createRng } from '../../src/random.ts';
import { createAgent } from '../../src/train/agent.ts';
import { createReanalysis, searchedPositions, withSearched } from '../../src/train/reanalyse.ts';
import { batchSpecs, initLearner } from '../../src/train/update.ts';
import type { ActionSpace, Groups, NdArray } from '../../src/types.ts';
import { numberedStep } from '../data/numbered-steps.ts';
import { normals, onnx, uniforms } from '../engine/parity.ts';

const [B, T] = [4, 5];
const DISCRETE: ActionSpace = { kind: 'discrete', n: 3 };
const CONTINUOUS: ActionSpace = { kind: 'continuous', low: [-2, 0], high: [2, 1] };

async function setting(name: string, actions: ActionSpace, overrides: readonly string[], forbids = false) {
  const config = resolveConfig({
    world: 'catch', preset: 'debug', agent: name,
    overrides: [
      `train.batchSize=${B}`, `train.batchLength=${T}`, 'model.frames=2', 'model.unroll=2', 'search.simulations=4',
      'search.samples=3', ...overrides,
    ],
  });
  const shape = { actions, actionSize: actions.kind === 'discrete' ? actions.n : actions.low.length, forbids };
  const agent = createAgent(config, shape);
  const { actionSize } = shape;
  const specs = batchSpecs(agent, { batchSize: B, length: T, size: config.env.size, channels: 3, actionSize });
  const inputs = mapGroups(specs, ({ shape: sides, dtype }, key): NdArray => {
    const values = [...uniforms(sides, 0, 1, key.length).data];
    if (dtype === 'uint8') return { data: Uint8Array.from(values, (value) => 256 * value), shape: sides, dtype };
    return float32(key.startsWith('batch/is') ? values.map((value) => Number(value < 0.2)) : values, sides);
  });
  // Heads that begin at zero would find everything equal.
  const params = mapGroup(initLearner(agent, createRng(0)).params, (array, key) =>
    (/(logits|actor\/out)\/kernel/.test(key) ? normals(array.shape, 5) : array));
  const reanalysis = await createReanalysis({ config, agent, shape, engine: onnx, specs });
  return {
    agent, reanalysis, inputs, params,
    /** The targets of the whole batch afterwards. */
    async run(given: Groups<NdArray> = inputs, seed = 1) {
      if (!reanalysis) throw new Error('expected that something is searched');
      return withSearched(given.targets, await reanalysis.run(params, given, createRng(seed)));
    },
  };
}

/** What one of the sequences has. */
const row = ({ data }: NdArray, index: number) =>
  [...data].slice((index * data.length) / B, ((index + 1) * data.length) / B);

const HALF = ['search.reanalyse=0.5', 'search.distill=true'];

describe.each([
  ['gumbel-muzero', DISCRETE], ['muzero', DISCRETE], ['sampled-muzero', CONTINUOUS], ['dreamer-mcts', DISCRETE],
] as const)('reanalysis for %s', (name, actions) => {
  it('searches the last sequences anew and leaves the first as they are', async () => {
    const { agent, inputs, run } = await setting(name, actions, HALF);
    const given = mapGroup(inputs.targets, ({ data }) => [...data]);
    const fresh = await run();
    const blind = agent.model.blindSteps;
    expect(Object.keys(fresh).sort()).toEqual(Object.keys(agent.behavior.targetShapes).sort());
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
    const { inputs, run } = await setting('gumbel-muzero', DISCRETE, ['search.reanalyse=0.5']);
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
    const { inputs, run, agent } = await setting('gumbel-muzero', DISCRETE, ['search.reanalyse=1'], true);
    // At every third step all is legal, then two, then nothing was written down.
    const legal = float32(Array.from({ length: B * T }, (_, step) => [[1, 1, 1], [0, 1, 1], [0, 0, 0]][step % 3]).flat(), [B, T, 3]);
    const fresh = await run({ ...inputs, targets: { ...inputs.targets, legal } });
    expect([...fresh.legal.data]).toEqual([...legal.data]);
    for (let step = 0; step < B * T; step++) {
      if (step % T < agent.model.blindSteps) continue;
      const chances = [...fresh.searchPolicy.data.slice(3 * step, 3 * step + 3)];
      // Of what is not known nothing is learned.
      const expected = [[true, true, true], [false, true, true], [false, false, false]][step % 3];
      expect(chances.map((chance) => chance > 0)).toEqual(expected);
      if (step % 3 === 2) expect(fresh.searchValue.data[step]).toBe(0);
    }
  });

  it('is made of the share that is asked for, and not at all where nothing is learned from search', async () => {
    const changedRows = async (share: number) => {
      const { inputs, run } = await setting('gumbel-muzero', DISCRETE, [`search.reanalyse=${share}`]);
      const { searchValue } = await run();
      const given = inputs.targets.searchValue;
      return Array.from({ length: B }, (_, b) => String(row(searchValue, b)) !== String(row(given, b)));
    };
    expect(await changedRows(0.25)).toEqual([false, false, false, true]);
    expect(await changedRows(1)).toEqual([true, true, true, true]);
    expect((await setting('gumbel-muzero', DISCRETE, ['search.reanalyse=0'])).reanalysis).toBeUndefined();
    expect((await setting('muzero-ac', DISCRETE, ['search.reanalyse=1'])).reanalysis).toBeUndefined();
  });
});

it('writes back what it found, and nothing of what the batch was gathered with', () => {
  const replay = createReplay({
    lanes: 1, imageShape: [1, 2, 1], actionSize: 1, contextShapes: {}, targetShapes: { searchValue: [] }, capacityBytes: 10_000,
  });
  for (let step = 0; step < 8; step++) replay.append(0, numberedStep(0, step));
  const gathered = [{ lane: 0, start: 0 }, { lane: 0, start: 4 }];
  // Another update writes to both sequences after the batch was gathered; of these two, the second is searched anew.
  replay.writeTargets([{ lane: 0, start: 0 }], { searchValue: float32(new Float32Array(8).fill(5), [1, 8]) });
  const searched = { first: 1, targets: { searchValue: float32([7, 8, 9], [1, 3]) } };
  replay.writeTargets(searchedPositions(gathered, searched), searched.targets);
  const { targets } = replay.sample({ batchSize: 1, length: 8, rng: createRng(0) });
  expect([...targets.searchValue.data]).toEqual([5, 5, 5, 5, 5, 7, 8, 9]);
});
