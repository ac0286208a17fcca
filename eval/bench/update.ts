/**
 * How fast an agent learns: the time of one update at the sizes of a preset, and what share that is of the machine's
 * own best matrix product in the same run.
 */
import { compile } from '../../src/engine/compile.ts';
import type { Program } from '../../src/engine/program.ts';
import { normalArray, sizeOf, specsOf } from '../../src/nd-array.ts';
import { inspect } from '../../src/engine/traced-model.ts';
import { resolveEngine } from '../../src/engine/resolve-engine.ts';
import * as tf from '@tensorflow/tfjs';
import { createRng } from '../../src/random.ts';
import { buildAgent, configure } from '../../src/train/configure.ts';
import {
  batchSpecs, byGradients, initLearner, nextState, schedulesFor, stateInputs, updateProgram, updateSpecs, type LearnerState,
} from '../../src/train/update.ts';
import type { Agent, Groups, NdArray, Rng, TensorSpec } from '../../src/types.ts';
import { median } from '../statistics.ts';
import { channelsOf } from '../../src/world/frame-stack.ts';

export interface UpdateBench {
  readonly preset: string;
  /** Median of the timed updates. */
  readonly ms: number;
  /** Matrix products and convolutions of one update. */
  readonly gflop: number;
  readonly gflops: number;
  /** The best matrix product over several sizes, with the same threads. */
  readonly peakGflops: number;
  readonly peakShare: number;
  readonly nodes: number;
  /** Tracing and building. */
  readonly compileMs: number;
  readonly cached: boolean;
  readonly rssMb: number;
  readonly parameters: number;
}

export interface UpdateRequest {
  readonly preset: string;
  /** By name or file; the default one where it is absent. */
  readonly agent?: string;
  readonly overrides?: readonly string[];
}

export interface UpdateBenchOptions extends UpdateRequest {
  readonly updates?: number;
}

const ACTIONS = { kind: 'discrete', n: 3 } as const;

export async function benchUpdate({ updates = 15, ...request }: UpdateBenchOptions): Promise<UpdateBench> {
  const { config, agent, batch, stages } = await describeUpdate(request);
  const state = initLearner(agent, createRng(0));
  const engine = await resolveEngine(config.engine.name, config.engine.provider);
  const { threads } = config.train;
  const program = await compile('update', updateProgram(agent, stages), updateSpecs(agent, stages, batch), { engine, threads });
  const times = await timeUpdates(stages, program, state, randomInputs(batch, createRng(1)), updates);
  const ms = median(times);
  const { nodes, gflop, traceMs, buildMs, cached } = program.report;
  const rssMb = process.memoryUsage.rss() / 2 ** 20;
  await program.dispose();
  const peakGflops = await peak(threads);
  const gflops = gflop / (ms / 1000);
  return {
    preset: request.preset, ms, gflop, gflops, peakGflops, peakShare: gflops / peakGflops, nodes, compileMs: traceMs + buildMs, cached,
    rssMb, parameters: countParameters(agent),
  };
}

/** The graph of an update at any size, without numbers: for presets that are too large to run here. */
export async function inspectUpdate(request: UpdateRequest): Promise<{ preset: string; parameters: number; nodes: number; gflop: number }> {
  const { agent, batch, stages } = await describeUpdate(request);
  const graph = inspect(updateProgram(agent, stages), updateSpecs(agent, stages, batch));
  return { preset: request.preset, parameters: countParameters(agent), ...graph };
}

/** An agent, what its batches look like, and the stages that learn in the first update. */
export async function describeUpdate(request: UpdateRequest) {
  const { config, agent: variant } = await configure({ world: 'catch', ...request });
  const image = { size: config.env.size, channels: channelsOf(config.env) };
  const agent = buildAgent(variant, config, { actions: ACTIONS, actionSize: ACTIONS.n, image });
  const { batchSize, batchLength: length } = config.train;
  const batch = batchSpecs(agent, { batchSize, length, ...image, actionSize: ACTIONS.n });
  return { config, agent, batch, stages: byGradients(agent.stages) };
}

const countParameters = ({ parameters }: Agent): number =>
  Object.values(parameters).reduce((sum, { shape }) => sum + sizeOf(shape), 0);

/** Bytes and numbers of no meaning; a tenth of the flags is set. */
export function randomInputs(specs: Groups<TensorSpec>, rng: Rng): Groups<NdArray> {
  return Object.fromEntries(Object.entries(specs).map(([group, members]) => [group, Object.fromEntries(
    Object.entries(members).map(([key, { shape, dtype }]) => {
      const values = new Float32Array(sizeOf(shape));
      rng.split(key).fillUniform(values);
      if (dtype === 'uint8') return [key, { data: Uint8Array.from(values, (value) => value * 256), shape, dtype }];
      const data = key.startsWith('is') ? values.map((value) => Number(value < 0.1)) : values;
      return [key, { data, shape, dtype }];
    }),
  )]));
}

export async function timeUpdates(
  stages: ReturnType<typeof byGradients>,
  program: Program,
  start: LearnerState,
  inputs: Groups<NdArray>,
  updates: number,
) {
  const rng = createRng(2);
  const times: number[] = [];
  let state = start;
  const warmup = 3;
  for (let update = 1; update <= warmup + updates; update++) {
    const started = performance.now();
    const schedules = schedulesFor(stages, () => update);
    state = nextState(state, await program.run({ ...stateInputs(state, stages), ...inputs, ...schedules }, rng));
    if (update > warmup) times.push(performance.now() - started);
  }
  return times;
}

/** GFLOP/s of the best product of two matrices that ONNX Runtime makes with so many threads. */
async function peak(threads: number): Promise<number> {
  let best = 0;
  for (const [rows, inner, columns] of [[512, 512, 512], [1024, 512, 512], [1024, 1024, 1024], [2048, 1024, 512]]) {
    const inputs = { x: { a: normalArray([rows, inner], createRng(1)), b: normalArray([inner, columns], createRng(2)) } };
    const program = await compile('peak', ({ x }) => ({ out: { c: tf.matMul(x.a, x.b) } }), specsOf(inputs), { threads });
    for (let i = 0; i < 10; i++) {
      const started = performance.now();
      await program.run(inputs);
      best = Math.max(best, (2 * rows * inner * columns) / (performance.now() - started) / 1e6);
    }
    await program.dispose();
  }
  return best;
}
