/** One worker of the benchmark of worlds: says when it is warm, and measures when it is told to. */
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { stopwatch } from '../../src/clock.ts';
import { createRng } from '../../src/random.ts';
import type { Environment, Rng } from '../../src/types.ts';
import { randomAction } from '../../src/world/actions.ts';
import { playAtRandom } from './env-play.ts';

export interface WorkerRates {
  readonly framesPerSecond: number;
  readonly stepsPerSecond: number;
}

/** As long as V8 compiles what is hot beside it, on a core that another worker needs. */
const WARM_UP_MS = 1500;
const MEASURE_MS = 600;

async function framesPerSecond(environment: Environment, rng: Rng, durationMs: number): Promise<number> {
  const act = await playAtRandom(environment, rng);
  let frames = 0;
  const elapsed = stopwatch();
  let elapsedMs = 0;
  while (elapsedMs < durationMs) {
    frames += await act();
    elapsedMs = elapsed();
  }
  return (1000 * frames) / elapsedMs;
}

/** Steps per second of the world itself, random actions included. */
function stepsPerSecond(environment: Environment, rng: Rng, durationMs: number): number {
  let state = environment.reset(rng);
  let steps = 0;
  let length = 0;
  const elapsed = stopwatch();
  let elapsedMs = 0;
  while (elapsedMs < durationMs) {
    for (let i = 0; i < 256; i++) {
      const action = randomAction(environment.actions, rng, environment.legal?.(state));
      const next = environment.step(state, action, rng);
      const over = next.terminated || ++length >= environment.maxSteps;
      state = over ? environment.reset(rng) : next.state;
      if (over) length = 0;
    }
    steps += 256;
    elapsedMs = elapsed();
  }
  return (1000 * steps) / elapsedMs;
}

async function measure(environment: Environment, durationMs: number): Promise<WorkerRates> {
  const rng = createRng(0);
  return {
    framesPerSecond: await framesPerSecond(environment, rng, durationMs),
    stepsPerSecond: stepsPerSecond(environment, rng, durationMs),
  };
}

if (!parentPort) throw new Error('expected to run as a worker of eval/bench/env.ts');
const { default: environment } = (await import((workerData as { world: string }).world)) as { default: Environment };
await measure(environment, WARM_UP_MS);
parentPort.postMessage('warm');
await once(parentPort, 'message');
parentPort.postMessage(await measure(environment, MEASURE_MS));
