/** The learner's side of the thread: answers the calls of learner.ts, one after the other. */
import { compile } from '../engine/compile.ts';
import type { CompileReport, Program } from '../engine/program.ts';
import { resolveEngine } from '../engine/resolve-engine.ts';
import { createRng } from '../random.ts';
import type { Agent, Groups, NdArray, Refresher, Rng, Stage, TensorSpec } from '../types.ts';
import { answer } from '../thread.ts';
import { actingPolicy, buildAgent, loadAgent, openPolicy } from './configure.ts';
import { wrongArray, wrongMetric } from './finite.ts';
import type { LearnerCalls } from './learner.ts';
import { withRefreshed } from './refreshed.ts';
import { roundsOf, stepsUntil, stepsAt } from './schedule.ts';
import {
  batchSpecs, byGradients, initLearner, nextState, requireDisjoint, requireStages, schedulesFor, stateInputs, updateProgram,
  updateSpecs, withHardCopies, type LearnerState,
} from './update.ts';

interface Running {
  readonly agent: Agent;
  /** The program of stages that are due together, compiled when they first are. */
  programOf(stages: readonly Stage[]): Promise<Program>;
  readonly refresher: Refresher | undefined;
  readonly noise: Rng;
  state: LearnerState;
}

let running: Running | undefined;

function learner(): Running {
  if (!running) throw new Error('the learner was asked before it was started');
  return running;
}

answer<LearnerCalls>({
  async start({ config, shape, state: given }) {
    const variant = await loadAgent(config.agent);
    const agent = buildAgent(variant, config, shape);
    requireStages(agent);
    const rng = createRng(config.seed);
    const state = given ?? initLearner(agent, rng.split('init'));
    const { batchSize, batchLength, threads } = config.train;
    const { size, channels } = shape.image;
    const specs = batchSpecs(agent, { batchSize, length: batchLength, size, channels, actionSize: shape.actionSize });
    const engine = await resolveEngine(config.engine.name, config.engine.provider);
    const programOf = compiler(agent, specs, { engine, threads });
    const first = firstDue(agent.stages);
    const report = first.length > 0 ? (await programOf(first)).report : NOTHING_COMPILED;
    const policy = await openPolicy(actingPolicy(config, variant, shape.actions), config, shape.actions, agent);
    const refresher = await agent.refresh?.({
      batchSize, batchLength, imageShape: [size, size, channels], actionSize: shape.actionSize, policy, threads, engine,
    });
    running = { agent, programOf, state, refresher, noise: rng.split('update') };
    return report;
  },

  async update({ update, inputs }) {
    const { agent, programOf, noise, refresher } = learner();
    const rng = noise.split(update);
    const before = learner().state;
    const { params, slow } = before;
    const refreshed = await refresher?.run({ ...params, ...slow }, inputs, rng.split('reanalyse'));
    const fresh = refreshed ? { ...inputs, targets: withRefreshed(inputs.targets, refreshed) } : inputs;
    let metrics: Readonly<Record<string, number>> = {};
    let found: Groups<NdArray> = {};
    for (const [round, due] of roundsOf(agent.stages, update).entries()) {
      const stream = round === 0 ? rng : rng.split(`round ${round}`);
      const stages = byGradients(due);
      if (stages.length > 0) {
        const program = await programOf(stages);
        const stepOf = ({ when }: Stage) => stepsUntil(when, update) - stepsAt(when, update) + round + 1;
        const { state } = learner();
        const outputs = await program.run({ ...stateInputs(state, stages), ...fresh, ...schedulesFor(stages, stepOf) }, stream);
        learner().state = nextState(state, outputs);
        found = { ...found, ...outputs };
        metrics = { ...metrics, ...numbersOf(outputs.metrics) };
      }
      for (const { name, search } of due) {
        if (!search) continue;
        const { state } = learner();
        const { params: now, statistics } = state;
        const next = await search({ params: now, statistics, inputs: fresh, update, rng: stream.split(name) });
        metrics = { ...metrics, ...next.metrics };
        learner().state = { ...state, params: { ...now, ...next.params }, statistics: { ...statistics, ...next.statistics } };
      }
    }
    const { slots, ...now } = learner().state;
    const wrong = wrongMetric(metrics) ?? wrongArray({ ...now, ...slots });
    if (wrong !== undefined) {
      learner().state = before;
      return { metrics: {}, context: {}, refused: wrong };
    }
    learner().state = withHardCopies(learner().state, agent.stages, update);
    const priority = found.priority?.priority.data;
    return {
      metrics, context: found.context ?? {}, ...(refreshed ? { refreshed } : {}),
      ...(priority instanceof Float32Array ? { priority } : {}),
    };
  },

  async params() {
    return learner().state.params;
  },

  async state() {
    return learner().state;
  },
});

/** Of an agent that learns without gradients. */
const NOTHING_COMPILED: CompileReport = { engine: 'none', nodes: 0, gflop: 0, traceMs: 0, buildMs: 0, cached: false };

function compiler(
  agent: Agent,
  specs: Groups<TensorSpec>,
  options: Parameters<typeof compile>[3],
): Running['programOf'] {
  const programs = new Map<string, Promise<Program>>();
  return (due) => {
    const stages = byGradients(due);
    const key = stages.map(({ name }) => name).join(' + ');
    const known = programs.get(key);
    if (known) return known;
    requireDisjoint(agent, stages);
    const program = compile('update', updateProgram(agent, stages), updateSpecs(agent, stages, specs), options);
    programs.set(key, program);
    return program;
  };
}

/** The stages of the first update at which any is learned by gradients: what is compiled before a run begins. */
function firstDue(stages: readonly Stage[]): readonly Stage[] {
  const learning = byGradients(stages);
  const first = Math.min(...learning.map(({ when }) => when?.from ?? 1));
  return learning.filter(({ when }) => stepsAt(when, first) > 0);
}

const numbersOf = (metrics: Groups<NdArray>[string]): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(metrics).map(([name, { data }]) => [name, data[0]]));
