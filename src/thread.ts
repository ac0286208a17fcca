/**
 * Threads that answer calls: one function after the other, in the order in which they were asked. `startThread` is the
 * side that asks, and `answer` the side that answers.
 */
import { Worker, parentPort } from 'node:worker_threads';
import { UserError } from './user-error.ts';

/** Functions by name; what they take and give crosses between threads. */
type Calls<Names> = { readonly [Name in keyof Names]: (...args: never[]) => unknown };

export interface Thread<C> {
  /** Rejects with what the function threw, or with what ended the thread. Memory in `transfer` is handed over. */
  ask<Name extends keyof C>(name: Name, args: ArgumentsOf<C[Name]>, transfer?: ArrayBuffer[]): Promise<ResultOf<C[Name]>>;
  /** How long it has worked and waited since it began. */
  times(): ThreadTimes;
  close(): Promise<void>;
}

export interface ThreadTimes {
  readonly busyMs: number;
  readonly idleMs: number;
}

type ArgumentsOf<F> = F extends (...args: infer A) => unknown ? A : never;
type ResultOf<F> = F extends (...args: never[]) => infer R ? R : never;

/** An error as it crosses between threads, where it loses its class. */
interface Failure {
  readonly message: string;
  readonly stack?: string;
  /** The stack of what caused it. */
  readonly cause?: string;
  readonly forUser: boolean;
}

/** Start the TypeScript file `module` in a thread; `name` says in errors what it is. */
export function startThread<C extends Calls<C>>(name: string, module: URL): Thread<C> {
  const worker = new Worker(new URL('./loader/worker.mjs', import.meta.url), { workerData: { module: module.href } });
  const waiting: { resolve(value: never): void; reject(error: Error): void }[] = [];
  let failure: Error | undefined;
  const fail = (error: Error) => {
    failure ??= error;
    for (const call of waiting.splice(0)) call.reject(failure);
  };
  worker.unref(); // idle, it keeps no process alive whose main thread has failed or is done
  worker.on('error', fail);
  worker.on('exit', () => fail(new Error(`${name} has stopped`)));
  worker.on('message', ({ failure: failed, value }: { failure?: Failure; value: never }) => {
    const call = waiting.shift();
    if (waiting.length === 0) worker.unref();
    if (failed) call?.reject(rebuildError(failed));
    else call?.resolve(value);
  });
  return {
    ask(call, args, transfer = []) {
      if (failure) return Promise.reject(failure);
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        worker.ref();
        worker.postMessage({ call, args }, transfer);
      });
    },
    times() {
      const { active, idle } = worker.performance.eventLoopUtilization();
      return { busyMs: active, idleMs: idle };
    },
    async close() {
      worker.removeAllListeners('exit');
      await worker.terminate();
    },
  };
}

type Async<F> = F extends (...args: infer A) => infer R ? (...args: A) => Promise<R> : never;

/** In the thread itself: answer with these functions from now on. */
export function answer<C extends Calls<C>>(calls: { readonly [Name in keyof C]: Async<C[Name]> }): void {
  let before: Promise<void> = Promise.resolve();
  parentPort?.on('message', ({ call, args }: { call: keyof C; args: readonly unknown[] }) => {
    const asked = calls[call] as (...args: readonly unknown[]) => Promise<unknown>;
    before = before.then(() => asked(...args)).then(
      (value) => parentPort?.postMessage({ value }),
      (error: unknown) => parentPort?.postMessage({ failure: describeFailure(error) }),
    );
  });
}

function describeFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return { message: String(error), forUser: false };
  const { message, stack, cause } = error;
  return {
    message, forUser: error instanceof UserError, ...(stack ? { stack } : {}),
    ...(cause instanceof Error && cause.stack ? { cause: cause.stack } : {}),
  };
}

function rebuildError({ message, stack, cause, forUser }: Failure): Error {
  const options = cause === undefined ? {} : { cause: Object.assign(new Error(cause.split('\n', 1)[0]), { stack: cause }) };
  const error = forUser ? new UserError(message, options) : new Error(message, options);
  if (stack) error.stack = stack;
  return error;
}
