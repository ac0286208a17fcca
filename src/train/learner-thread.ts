/** The learner's side of the thread: answers the calls of learner.ts, one after the other. */
import { compile, type Program } from '../engine/compile.ts';
import { resolveEngine } from '../engine/resolve-engine.ts';
import { createRng } from '../random.ts';
import type { Groups, NdArray, Rng } from '../types.ts';
import { answer } from '../thread.ts';
import { channelsOf } from '../world/frame-stack.ts';
import { createAgent } from './agent.ts';
import type { LearnerCalls } from './learner.ts';
import { createReanalysis, withSearched, type Reanalysis } from './reanalyse.ts';
import { batchSpecs, initLearner, scheduleFor, updateProgram, updateSpecs, type LearnerState } from './update.ts';

interface Running {
  readonly program: Program;
  readonly reanalysis: Reanalysis | undefined;
  readonly schedule: (update: number) => Groups<NdArray>;
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
    const agent = createAgent(config, shape);
    const rng = createRng(config.seed);
    const state = given ?? initLearner(agent, rng.split('init'));
    const specs = batchSpecs(agent, {
      batchSize: config.train.batchSize, length: config.train.batchLength,
      size: config.env.size, channels: channelsOf(config.env), actionSize: shape.actionSize,
    });
    const engine = await resolveEngine(config.engine.name, config.engine.provider);
    const program = await compile('update', updateProgram(config, agent), updateSpecs(config, agent, specs), {
      engine, threads: config.train.threads,
    });
    const reanalysis = await createReanalysis({ config, agent, shape, engine, specs });
    running = {
      program, state, reanalysis, noise: rng.split('update'),
      schedule: (update) => ({ schedule: scheduleFor(config, update) }),
    };
    return program.report;
  },

  async update({ update, inputs }) {
    const { program, schedule, noise, state, reanalysis } = learner();
    const rng = noise.split(update);
    const searched = await reanalysis?.run({ ...state.params, ...state.slow }, inputs, rng.split('reanalyse'));
    const targets = searched ? withSearched(inputs.targets, searched) : inputs.targets;
    const outputs = await program.run({ ...state, ...inputs, targets, ...schedule(update) }, rng);
    // A group without members does not come back.
    const { params, slow = {}, momentum, variance, statistics = {} } = outputs;
    learner().state = { params, slow, momentum, variance, statistics };
    const metrics = Object.fromEntries(Object.entries(outputs.metrics).map(([name, { data }]) => [name, data[0]]));
    const priority = outputs.priority?.priority.data;
    return {
      metrics, context: outputs.context ?? {}, ...(searched ? { searched } : {}),
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
