/**
 * The learner: owns everything that an update changes, and makes updates one after the other. It lives in a worker
 * thread of its own, because ONNX Runtime computes on the thread that calls it.
 */
import { Worker } from 'node:worker_threads';
import type { Config } from '../config/index.ts';
import type { CompileReport } from '../engine/compile.ts';
import type { Group, Groups, NdArray, ParamArrays } from '../types.ts';
import { UserError } from '../user-error.ts';
import type { AgentShape } from './agent.ts';
import type { Searched } from './reanalyse.ts';
import type { LearnerState } from './update.ts';

export interface LearnerOptions {
  readonly config: Config;
  readonly shape: AgentShape;
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
  /** For replay to keep: of the latents, leaves [B, T, …], and what was searched anew. */
  readonly context: Group<NdArray>;
  readonly searched?: Searched;
  /** [B], where the behaviour gives priorities. */
  readonly priority?: Float32Array;
}

/** What goes over to the worker and what comes back, by name. */
export interface LearnerCalls {
  start(options: LearnerOptions): CompileReport;
  update(request: UpdateRequest): UpdateResult;
  params(): ParamArrays;
  state(): LearnerState;
}

/** An error as it crosses between threads. */
export interface LearnerFailure {
  readonly message: string;
  readonly stack?: string;
  readonly forUser: boolean;
}

export interface Learner {
  readonly report: CompileReport;
  update(request: UpdateRequest): Promise<UpdateResult>;
  /** A copy of the parameters as they are now. */
  params(): Promise<ParamArrays>;
  /** A copy of everything, for a checkpoint. */
  state(): Promise<LearnerState>;
  close(): Promise<void>;
}

/** Start a learner in a thread of its own. Rejects where the program does not compile; every later failure rejects a call. */
export async function createLearner(options: LearnerOptions): Promise<Learner> {
  const worker = new Worker(new URL('../loader/worker.mjs', import.meta.url), {
    workerData: { module: new URL('./learner-worker.ts', import.meta.url).href },
  });
  const waiting: { resolve(value: never): void; reject(error: Error): void }[] = [];
  let failure: Error | undefined;
  const fail = (error: Error) => {
    failure ??= error;
    for (const call of waiting.splice(0)) call.reject(failure);
  };
  worker.on('error', fail);
  worker.on('exit', () => fail(new Error('the learner has stopped')));
  worker.on('message', ({ failure: failed, value }: { failure?: LearnerFailure; value: never }) => {
    const call = waiting.shift();
    if (failed) call?.reject(rebuildError(failed));
    else call?.resolve(value);
  });

  /** The worker answers in the order in which it was asked. */
  function ask<Name extends keyof LearnerCalls>(
    name: Name,
    args: Parameters<LearnerCalls[Name]>,
    transfer: ArrayBuffer[] = [],
  ): Promise<ReturnType<LearnerCalls[Name]>> {
    if (failure) return Promise.reject(failure);
    return new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      worker.postMessage({ name, args }, transfer);
    });
  }

  try {
    const report = await ask('start', [options]);
    return {
      report,
      update: (request) => ask('update', [request], buffersOf(request.inputs)),
      params: () => ask('params', []),
      state: () => ask('state', []),
      async close() {
        worker.removeAllListeners('exit');
        await worker.terminate();
      },
    };
  } catch (error) {
    await worker.terminate();
    throw error;
  }
}

function rebuildError({ message, stack, forUser }: LearnerFailure): Error {
  const error = forUser ? new UserError(message) : new Error(message);
  if (stack) error.stack = stack;
  return error;
}

const buffersOf = (groups: Groups<NdArray>): ArrayBuffer[] => {
  const buffers = Object.values(groups).flatMap((group) => Object.values(group).map(({ data }) => data.buffer));
  return [...new Set(buffers)].filter((buffer) => buffer instanceof ArrayBuffer);
};
