import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../src/config/index.ts';
import { compile } from '../../src/engine/compile.ts';
import { createRng } from '../../src/random.ts';
import { createAgent } from '../../src/train/agent.ts';
import { agentGradients, batchSpecs, initLearner, scheduleFor, updateProgram, updateSpecs } from '../../src/train/update.ts';
import type { ActionSpace, Groups, NdArray, ParamArrays } from '../../src/types.ts';
import { float32, mapGroup, sizeOf } from '../../src/engine/nd-array.ts';
import { normals, onnx, reference, uniforms } from '../engine/parity.ts';

const SPACES: readonly [string, ActionSpace, number][] = [
  ['discrete', { kind: 'discrete', n: 3 }, 3],
  ['continuous', { kind: 'continuous', low: [-2, -1], high: [2, 1] }, 2],
];

function setting(actions: ActionSpace, actionSize: number, overrides: readonly string[] = []) {
  const config = resolveConfig({ world: 'catch', preset: 'debug', overrides: ['train.batchLength=4', 'model.blocks=2', 'model.freeNats=0', ...overrides] });
  const agent = createAgent(config, { actions, actionSize });
  // Heads that begin at zero would hide errors behind them.
  const state = initLearner(agent, createRng(0));
  const awake = (params: ParamArrays) =>
    mapGroup(params, (array, name) => (/logits\/kernel|out\/kernel/.test(name) ? { ...array, data: normals(array.shape, 5).data.map((v) => v * 0.1) } : array));
  const learner = { ...state, params: awake(state.params), slow: awake(state.slow) };
  const specs = batchSpecs(agent, { batchSize: 2, length: 4, size: config.env.size, channels: 3, actionSize });
  const batch = mapGroup(specs.batch, ({ shape, dtype }, name): NdArray => {
    const values = uniforms(shape, 0, 1, name.length).data;
    if (dtype === 'uint8') return { data: Uint8Array.from(values, (value) => value * 256), shape, dtype };
    return float32(Float32Array.from(values, (value) => (name.startsWith('is') ? Number(value < 0.2) : value)), shape);
  });
  const context = mapGroup(specs.context, ({ shape }) => uniforms(shape, 0, 1));
  const weight = { weight: float32([1, 0.5], [2]) };
  const inputs: Groups<NdArray> = { ...learner, batch, context, targets: {}, weight, schedule: scheduleFor(config, 1) };
  return { config, agent, inputs, specs: updateSpecs(config, agent, specs) };
}

describe.each(SPACES)('a whole update with %s actions', (_, actions, actionSize) => {
  it('has the losses and the gradients of the reference engine', async () => {
    const { agent, inputs, specs } = setting(actions, actionSize);
    const gradients: Parameters<typeof compile>[1] = (v, noise) => {
      const { total, extras, gradients: g } = agentGradients(agent, v, noise);
      return { gradients: g, metrics: { ...extras.metrics, total }, context: extras.context };
    };
    const results = await Promise.all([onnx, reference].map(async (engine) =>
      (await compile('gradients', gradients, specs, { engine })).run(inputs, createRng(3)),
    ));
    const [compiled, expected] = results;
    // The same noise gives the same samples; were one to flip, nothing below would be comparable.
    expect(compiled.context.stoch.data).toEqual(expected.context.stoch.data);
    for (const [name, { data }] of Object.entries(expected.metrics)) {
      expect(Math.abs(compiled.metrics[name].data[0] - data[0]), name).toBeLessThanOrEqual(1e-3 * Math.max(1, Math.abs(data[0])));
    }
    const norm = (values: ArrayLike<number>) => Math.hypot(...Array.from(values));
    let moving = 0;
    for (const [name, { data }] of Object.entries(expected.gradients)) {
      const difference = norm(Array.from(data, (value, i) => value - compiled.gradients[name].data[i]));
      expect(difference, name).toBeLessThanOrEqual(1e-3 * norm(data) + 1e-9);
      if (norm(data) > 0) moving++;
    }
    expect(moving).toBe(Object.keys(inputs.params).length);
  });

  it('changes every parameter, and moves the slow critic a fiftieth of the way', async () => {
    const { config, agent, inputs, specs } = setting(actions, actionSize);
    const program = await compile('update', updateProgram(config, agent), specs, { engine: onnx });
    const next = await program.run(inputs, createRng(3));
    for (const [name, { data }] of Object.entries(inputs.params)) {
      expect(next.params[name].data.some((value, i) => value !== data[i]), name).toBe(true);
    }
    for (const [name, { data }] of Object.entries(inputs.slow)) {
      const fresh = next.params[name].data;
      expect(next.slow[name].data[0]).toBeCloseTo(data[0] * 0.98 + fresh[0] * 0.02, 6);
    }
    expect(Object.keys(inputs.slow).every((name) => name.startsWith('critic/'))).toBe(true);
    expect(next.context.deter.shape).toEqual([2, 4, config.model.deter]);
  });
});

it('the world model does not learn from the actor, nor the actor from the world', async () => {
  const [, actions, actionSize] = SPACES[0];
  const silent = ['model.scales.image=0', 'model.scales.reward=0', 'model.scales.continue=0', 'model.scales.dynamics=0',
    'model.scales.representation=0', 'behavior.replayCritic=0'];
  const { agent, inputs, specs } = setting(actions, actionSize, silent);
  const program = await compile('gradients', (v, noise) => ({ out: agentGradients(agent, v, noise).gradients }), specs, { engine: onnx });
  const { out } = await program.run(inputs, createRng(3));
  for (const [name, { data, shape }] of Object.entries(out)) {
    const still = data.every((value) => value === 0);
    expect(sizeOf(shape)).toBe(data.length);
    expect(still, name).toBe(!/^(actor|critic)\//.test(name));
  }
});
