/** What an ensemble knows, and whether it says so: members beside a world of one number that can be worked out by hand. */
import type { Tensor } from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { modelAlone } from '../../../src/agents/parts/model-alone.ts';
import { compile } from '../../../src/engine/compile.ts';
import { apartness, deviation } from '../../../src/models/parts/disagreement.ts';
import { withEnsemble, type EnsembleOptions } from '../../../src/models/parts/ensemble.ts';
import { float32, mapGroup, specsOf } from '../../../src/nd-array.ts';
import { createLaprop } from '../../../src/nn/laprop.ts';
import { createRng } from '../../../src/random.ts';
import { byGradients, initLearner, nextState, schedulesFor, stateInputs, updateProgram } from '../../../src/train/update.ts';
import type { Group, NdArray, ParamArrays, Rng } from '../../../src/types.ts';
import { evaluate, onnx } from '../../engine/parity.ts';
import { numberWorld } from './number-world.ts';

const OPTIONS: EnsembleOptions = {
  members: 5, units: 16, layers: 1, bootstrap: 0.7, quantile: 0.9,
};
const model = withEnsemble(numberWorld, OPTIONS, { actionSize: 1 });
const [B, T] = [16, 9];

/** Walks within [0, 1]: nothing was ever seen beyond. */
function batchOf(rng: Rng): Group<NdArray> {
  const [state, action, reward] = [0, 1, 2].map(() => new Float32Array(B * T));
  for (let i = 0; i < B * T; i++) {
    const first = i % T === 0;
    const before = first ? rng.uniform() : state[i - 1];
    action[i] = first ? 0 : Math.min(1, Math.max(0, before + rng.uniform() - 0.5)) - before;
    state[i] = before + action[i];
    reward[i] = state[i] ** 2;
  }
  const isFirst = Float32Array.from({ length: B * T }, (_, i) => Number(i % T === 0));
  return {
    state: float32(state, [B, T, 1]), action: float32(action, [B, T, 1]), reward: float32(reward, [B, T]),
    isFirst: float32(isFirst, [B, T]), isTerminal: float32(new Float32Array(B * T), [B, T]),
  };
}

const agent = modelAlone(model, createLaprop({
  learningRate: 3e-3, warmup: 10, agc: 0.3, agcMin: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-20,
}));

async function learned(steps: number): Promise<ParamArrays> {
  const rng = createRng(3);
  let state = initLearner(agent, rng.split('begin'));
  const stages = byGradients(agent.stages);
  const inputs = (step: number) => {
    const { state: context, ...batch } = batchOf(rng.split(step));
    return {
      ...stateInputs(state, stages), ...schedulesFor(stages, () => step + 1), batch: { image: context, ...batch }, context: { state: context },
      weight: { weight: float32(new Float32Array(B).fill(1), [B]) },
    };
  };
  const program = await compile('learn', updateProgram(agent, stages), specsOf(inputs(0)), { engine: onnx });
  for (let step = 0; step < steps; step++) state = nextState(state, await program.run(inputs(step), rng.split(`noise ${step}`)));
  await program.dispose();
  return state.params;
}

/** What is said of a step from each of these states under each of these actions. */
async function outcomesOf(params: ParamArrays, states: readonly number[], actions: readonly number[]) {
  const inputs = {
    params, latent: { state: float32(states, [states.length, 1]), disagreement: float32(states, [states.length, 1]), spread: float32(states, [states.length, 1]) },
    do: { action: float32(actions, [actions.length, 1]) },
  };
  const program = await compile('ask', (v) => {
    const next = model.dynamics.imagine(v.params, v.latent, v.do.action);
    const { reward, disagreement, known, usual, spread } = model.dynamics.outcome(v.params, next) as Record<'disagreement' | 'known' | 'usual' | 'spread', Tensor> & { reward: { predict(): Tensor } };
    return { out: { state: next.state, reward: reward.predict(), disagreement, known, usual, spread } };
  }, specsOf(inputs), { engine: onnx });
  const { out } = await program.run(inputs, createRng(0));
  await program.dispose();
  return mapGroup(out, ({ data }) => [...data]);
}

describe('an ensemble beside a model', () => {
  const [few, many] = [learned(20), learned(1200)];
  const INSIDE = [0.2, 0.4, 0.5, 0.6, 0.8];
  const OUTSIDE = [-3, -2, 2.5, 3, 4];
  const still = (states: readonly number[]) => states.map(() => 0.1);
  const most = (values: readonly number[]) => Math.max(...values);
  const least = (values: readonly number[]) => Math.min(...values);

  it('agrees where there is data and not where there is none', async () => {
    const [inside, outside] = await Promise.all([INSIDE, OUTSIDE].map(async (states) => outcomesOf(await many, states, still(states))));
    expect(most(inside.disagreement)).toBeLessThan(least(outside.disagreement) / 2);
    expect(most(inside.spread)).toBeLessThan(least(outside.spread));
  });

  it('agrees more, the more it has seen', async () => {
    const [before, after] = [await outcomesOf(await few, INSIDE, still(INSIDE)), await outcomesOf(await many, INSIDE, still(INSIDE))];
    INSIDE.forEach((_, i) => expect(after.disagreement[i]).toBeLessThan(before.disagreement[i] / 2));
  });

  it('knows how much disagreement is usual: a share `quantile` of what it learned from is below', async () => {
    const params = await many;
    const rng = createRng(99);
    const { state, action, isFirst } = batchOf(rng);
    const steps = Array.from(state.data.keys()).filter((i) => isFirst.data[i] === 0);
    const { known, usual, disagreement } = await outcomesOf(params, steps.map((i) => state.data[i - 1]), steps.map((i) => action.data[i]));
    const share = known.reduce((sum, one) => sum + one, 0) / known.length;
    expect(share).toBeGreaterThan(0.8);
    expect(share).toBeLessThan(0.98);
    known.forEach((one, i) => expect(one).toBe(Number(disagreement[i] <= usual[0])));
    expect((await outcomesOf(params, OUTSIDE, still(OUTSIDE))).known).toEqual(OUTSIDE.map(() => 0));
  });

  it('leaves what is imagined to the model, and what is observed in no doubt', async () => {
    const { state, reward } = await outcomesOf(await few, [0.5, 3], [0.25, 5]);
    expect(state.map((value) => value.toFixed(4))).toEqual(['0.7500', '8.0000']);
    expect(reward.map((value) => value.toFixed(4))).toEqual(['0.5625', '64.0000']);
    const seen = { tokens: float32([0.5, 3], [2, 1]), previousAction: float32([0, 0], [2, 1]), isFirst: float32([0, 1], [2]) };
    const program = await compile('see', (v, noise) => {
      const { tokens, previousAction, isFirst } = v.seen;
      return { out: { ...model.representation.observe({}, {}, { tokens, previousAction, isFirst }, noise).latent } };
    }, specsOf({ seen }), { engine: onnx });
    const { out } = await program.run({ seen }, createRng(0));
    await program.dispose();
    expect(mapGroup(out, ({ data }) => [...data])).toEqual({ state: [0.5, 3], disagreement: [0, 0], spread: [0, 0] });
  });

  it('is not there where it has no members', () => {
    expect(withEnsemble(numberWorld, { ...OPTIONS, members: 0 }, { actionSize: 1 })).toBe(numberWorld);
  });
});

it('disagreement is the mean over features of the standard deviation over members', async () => {
  // Of 0, 2, 1: √(2/3); of 0, 0, 3: √2
  const each = { each: float32([0, 0, 2, 0, 1, 3], [3, 1, 2]) };
  expect((await evaluate(({ each: x }) => deviation(x), each)).map((value) => value.toFixed(4))).toEqual(['0.8165', '1.4142']);
  const [apart] = await evaluate(({ each: x }) => apartness(x), each);
  expect(apart).toBeCloseTo(1.1154, 4);
  const [alike] = await evaluate(({ each: x }) => apartness(x), { each: float32([7, 7, 7, 7], [2, 1, 2]) });
  expect(alike).toBeLessThan(1e-5);
});
