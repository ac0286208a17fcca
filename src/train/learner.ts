/**
 * The learner: owns everything that an update changes, and makes updates one after the other. It lives in a worker
 * thread of its own, because ONNX Runtime computes on the thread that calls it.
 */
import type { Config } from '../config/index.ts';
import type { CompileReport } from '../engine/program.ts';
import type { Group, Groups, NdArray, ParamArrays, RefreshedTargets, WorldShape } from '../types.ts';
import { startThread, type ThreadTimes } from '../thread.ts';
import type { LearnerState } from './update.ts';

export interface LearnerOptions {
  readonly config: Config;
  readonly shape: WorldShape;
  /** Where to go on; a fresh state from the seed where absent. */
  readonly state?: LearnerState;
}

export interface UpdateRequest {
  /** Counted from 1. */
  readonly update: number;
  /** The groups of `batchSpecs`; their memory is handed over. */
  readonly inputs: Groups<NdArray>;
}

export interface UpdateResult {
  readonly metrics: Readonly<Record<string, number>>;
  /** For replay to keep: of the latents, leaves [B, T, …], and the targets that were made anew. */
  readonly context: Group<NdArray>;
  readonly refreshed?: RefreshedTargets;
  /** [B], where a stage gives priorities. */
  readonly priority?: Float32Array;
  /** What was not finite, where the update was not made: nothing has changed then, and there is nothing else in here. */
  readonly refused?: string;
}

/** What the thread is asked, by name. */
export interface LearnerCalls {
  start(options: LearnerOptions): CompileReport;
  update(request: UpdateRequest): UpdateResult;
  params(): ParamArrays;
  state(): LearnerState;
}

export interface Learner {
  readonly report: CompileReport;
  update(request: UpdateRequest): Promise<UpdateResult>;
  /** A copy of the parameters as they are now. */
  params(): Promise<ParamArrays>;
  /** A copy of everything, for a checkpoint. */
  state(): Promise<LearnerState>;
  /** Of its thread. */
  times(): ThreadTimes;
  close(): Promise<void>;
}

/** Start a learner in a thread of its own. Rejects where the program does not compile; every later failure rejects a call. */
export async function createLearner(options: LearnerOptions): Promise<Learner> {
  const thread = startThread<LearnerCalls>('the learner', new URL('./learner-thread.ts', import.meta.url));
  try {
    const report = await thread.ask('start', [options]);
    return {
      report,
      update: (request) => thread.ask('update', [request], buffersOf(request.inputs)),
      params: () => thread.ask('params', []),
      state: () => thread.ask('state', []),
      times: () => thread.times(),
      close: () => thread.close(),
    };
  } catch (error) {
    await thread.close();
    throw error;
  }
}

const buffersOf = (groups: Groups<NdArray>): ArrayBuffer[] => {
  const buffers = Object.values(groups).flatMap((group) => Object.values(group).map(({ data }) => data.buffer));
  return [...new Set(buffers)].filter((buffer) => buffer instanceof ArrayBuffer);
};
