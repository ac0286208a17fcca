import { describe, expect, it } from 'vitest';
import { optionsOf } from '../../src/config/index.ts';
import { compile } from '../../src/engine/compile.ts';
import rssm from '../../src/models/rssm.ts';
import { createRng } from '../../src/random.ts';
import { buildAgent, configure } from '../../src/train/configure.ts';
import {
  batchSpecs, byGradients, initLearner, schedulesFor, stageGradients, stateInputs, updateProgram, updateSpecs,
} from '../../src/train/update.ts';
import type { ActionSpace, Groups, NdArray, ParamArrays } from '../../src/types.ts';
import { float32, mapGroup, sizeOf } from '../../src/nd-array.ts';
import { normals, onnx, reference, uniforms } from '../engine/parity.ts';

const SPACES: readonly [string, ActionSpace, number][] = [
  ['discrete', { kind: 'discrete', n: 3 }, 3],
  ['continuous', { kind: 'continuous', low: [-2, -1], high: [2, 1] }, 2],
];

/** What makes updates small, and shows in them what would hide, in the configuration of each model. */
const OF_MODEL = { rssm: ['model.blocks=2', 'model.freeNats=0'], trio: ['model.frames=2', 'model.unroll=2'] };

async function setting(actions: ActionSpace, actionSize: number, overrides: readonly string[] = [], name = 'dreamer') {
  const { config, agent: variant } = await configure({
    world: 'catch', preset: 'debug', agent: name,
    overrides: ['train.batchLength=4', ...OF_MODEL[name.startsWith('dreamer') ? 'rssm' : 'trio'], ...overrides],
  });
  const agent = buildAgent(variant, config, { actions, actionSize, image: { size: config.env.size, channels: 3 } });
  const stages = byGradients(agent.stages);
  // Heads that begin at zero would hide errors behind them.
  const state = initLearner(agent, createRng(0));
  const awake = (params: ParamArrays) =>
    mapGroup(params, (array, name) => (/logits\/kernel|out\/kernel/.test(name) ? { ...array, data: normals(array.shape, 5).data.map((v) => v * 0.1) } : array));
  const learner = { ...state, params: awake(state.params), slow: awake(state.slow) };
  const specs = batchSpecs(agent, {
    batchSize: 2, length: config.train.batchLength, size: config.env.size, channels: 3, actionSize,
  });
  const batch = mapGroup(specs.batch, ({ shape, dtype }, name): NdArray => {
    const values = uniforms(shape, 0, 1, name.length).data;
    if (dtype === 'uint8') return { data: Uint8Array.from(values, (value) => value * 256), shape, dtype };
    return float32(Float32Array.from(values, (value) => (name.startsWith('is') ? Number(value < 0.2) : value)), shape);
  });
  const context = mapGroup(specs.context, ({ shape }) => uniforms(shape, 0, 1));
  const targets = mapGroup(specs.targets, ({ shape }, leaf) =>
    (leaf === 'searchPolicy' ? policies(shape) : uniforms(shape, -1, 1)));
  const weight = { weight: float32([1, 0.5], [2]) };
  const inputs: Groups<NdArray> = {
    ...stateInputs(learner, stages), batch, context, targets, weight, ...schedulesFor(stages, () => 1),
  };
  return { config, agent, stages, inputs, specs: updateSpecs(agent, stages, specs) };
}

/** Rows of probabilities; all zeros, as where nothing was searched, in every fifth. */
function policies(shape: readonly number[]): NdArray {
  const n = shape[shape.length - 1];
  const weights = [...uniforms(shape, 0, 1, 11).data];
  const rows = Array.from({ length: weights.length / n }, (_, row) => weights.slice(row * n, (row + 1) * n));
  const normalized = (row: number[]) => row.map((weight) => weight / row.reduce((sum, each) => sum + each));
  return float32(rows.flatMap((row, i) => (i % 5 === 0 ? row.fill(0) : normalized(row))), shape);
}

/** Losses and gradients of a whole update on both engines must agree, and every parameter must have a gradient. */
async function expectParity({ stages, inputs, specs }: Awaited<ReturnType<typeof setting>>): Promise<void> {
  const gradients: Parameters<typeof compile>[1] = (v, noise) => {
    const { total, extras, gradients: g } = stageGradients(stages, v, noise);
    return { gradients: g, metrics: { ...extras.metrics, total }, context: extras.context, priority: extras.priority };
  };
  const [compiled, expected] = await Promise.all([onnx, reference].map(async (engine) =>
    (await compile('gradients', gradients, specs, { engine })).run(inputs, createRng(3)),
  ));
  // The same noise gives the same samples; were one to flip, nothing below would be comparable.
  expect(compiled.context?.stoch?.data).toEqual(expected.context?.stoch?.data);
  for (const [name, { data }] of Object.entries({ ...expected.metrics, ...expected.priority })) {
    const found = { ...compiled.metrics, ...compiled.priority }[name].data;
    data.forEach((value, i) => {
      expect(Math.abs(found[i] - value), name).toBeLessThanOrEqual(1e-3 * Math.max(1, Math.abs(value)));
    });
  }
  const norm = (values: ArrayLike<number>) => Math.hypot(...Array.from(values));
  const still: string[] = [];
  for (const [name, { data }] of Object.entries(expected.gradients)) {
    const difference = norm(Array.from(data, (value, i) => value - compiled.gradients[name].data[i]));
    expect(difference, name).toBeLessThanOrEqual(1e-3 * norm(data) + 1e-9);
    if (norm(data) === 0) still.push(name);
  }
  expect(Object.keys(expected.gradients)).toEqual(Object.keys(inputs.params));
  expect(still).toEqual([]);
}

describe.each(SPACES)('a whole update with %s actions', (_, actions, actionSize) => {
  it('has the losses and the gradients of the reference engine', async () => {
    await expectParity(await setting(actions, actionSize));
  });

  it('changes every parameter, and moves the slow critic a fiftieth of the way', async () => {
    const { config, agent, stages, inputs, specs } = await setting(actions, actionSize);
    const program = await compile('update', updateProgram(agent, stages), specs, { engine: onnx });
    const next = await program.run(inputs, createRng(3));
    for (const [name, { data }] of Object.entries(inputs.params)) {
      expect(next.params[name].data.some((value, i) => value !== data[i]), name).toBe(true);
    }
    for (const [name, { data }] of Object.entries(inputs.slow)) {
      const fresh = next.params[name].data;
      expect(next.slow[name].data[0]).toBeCloseTo(data[0] * 0.98 + fresh[0] * 0.02, 6);
    }
    expect(Object.keys(inputs.slow).every((name) => name.startsWith('critic/'))).toBe(true);
    expect(next.context.deter.shape).toEqual([2, 4, optionsOf(config, rssm).model.deter]);
  });
});

describe('a whole update of', () => {
  const [discrete, continuous] = SPACES;
  const longer = ['train.batchLength=5'];
  it.each([
    ['gumbel-muzero', ...discrete, longer], ['gumbel-muzero', ...discrete, []], ['efficientzero', ...discrete, longer],
    ['sampled-muzero', ...continuous, [...longer, 'search.samples=3']], ['muzero-ac', ...discrete, longer], ['dreamer-mcts', ...discrete, ['search.distill=true']],
    ['dreamer-mcts', ...continuous, ['search.distill=true', 'search.samples=3']],
  ] as const)('%s with %s actions has the losses and the gradients of the reference engine', async (
    name, _, actions, actionSize, overrides,
  ) => {
    await expectParity(await setting(actions, actionSize, overrides, name));
  });

  it.each(['dreamer', 'muzero-ac'])('%s learns nothing from what it imagines beyond the end of the world', async (name) => {
    const [, actions, actionSize] = discrete;
    const { stages, inputs, specs } = await setting(actions, actionSize, ['train.batchLength=5'], name);
    const program = await compile('losses', (v, noise) => ({ out: stageGradients(stages, v, noise).extras.metrics }), specs, { engine: onnx });
    const partsWhere = async (isTerminal: 0 | 1) => {
      const { shape } = inputs.batch.isTerminal;
      const batch = { ...inputs.batch, isTerminal: float32(new Float32Array(sizeOf(shape)).fill(isTerminal), shape) };
      const { out } = await program.run({ ...inputs, batch }, createRng(3));
      return [Math.abs(out['behavior/policy'].data[0]), out['behavior/value'].data[0]];
    };
    expect(await partsWhere(1)).toEqual([0, 0]);
    for (const part of await partsWhere(0)) expect(part).toBeGreaterThan(0);
  });

  it('MuZero changes every parameter, and moves the slow copy of each a fiftieth of the way', async () => {
    const [, actions, actionSize] = discrete;
    const { agent, stages, inputs, specs } = await setting(actions, actionSize, longer, 'gumbel-muzero');
    const program = await compile('update', updateProgram(agent, stages), specs, { engine: onnx });
    const next = await program.run(inputs, createRng(3));
    expect(Object.keys(inputs.slow)).toEqual(Object.keys(inputs.params));
    for (const [name, { data }] of Object.entries(inputs.params)) {
      const fresh = next.params[name].data;
      expect(fresh.some((value, i) => value !== data[i]), name).toBe(true);
      expect(next.slow[name].data[0]).toBeCloseTo(inputs.slow[name].data[0] * 0.98 + fresh[0] * 0.02, 6);
    }
    expect(next.priority.priority.shape).toEqual([2]);
    expect(next.context).toBeUndefined();
  });
});

it('the world model does not learn from the actor, nor the actor from the world', async () => {
  const [, actions, actionSize] = SPACES[0];
  const silent = ['model.scales.image=0', 'model.scales.reward=0', 'model.scales.continue=0', 'model.scales.dynamics=0',
    'model.scales.representation=0', 'behavior.replayCritic=0'];
  const { stages, inputs, specs } = await setting(actions, actionSize, silent);
  const program = await compile('gradients', (v, noise) => ({ out: stageGradients(stages, v, noise).gradients }), specs, { engine: onnx });
  const { out } = await program.run(inputs, createRng(3));
  for (const [name, { data, shape }] of Object.entries(out)) {
    const still = data.every((value) => value === 0);
    expect(sizeOf(shape)).toBe(data.length);
    expect(still, name).toBe(!/^(actor|critic)\//.test(name));
  }
});
