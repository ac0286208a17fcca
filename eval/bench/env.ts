/**
 * How fast worlds run: 64×64 frames drawn per second, and steps per second without drawing, by workers that run side
 * by side. Every worker plays at random (env-worker.ts); rates of workers add up.
 */
import { Worker } from 'node:worker_threads';
import type { WorkerRates } from './env-worker.ts';

export interface WorldBench {
  readonly env: string;
  readonly workers: number;
  readonly framesPerSecond: number;
  readonly stepsPerSecondWithoutDrawing: number;
}

const WORLDS = new URL('../../envs/', import.meta.url);

/** Each of these worlds of `envs/` with one worker and with two; about nine seconds a world. */
export async function benchWorlds(names: readonly string[]): Promise<readonly WorldBench[]> {
  const results: WorldBench[] = [];
  for (const name of names) {
    for (const workers of [1, 2]) results.push(await benchWorld(name, workers));
  }
  return results;
}

async function benchWorld(env: string, workers: number): Promise<WorldBench> {
  const threads = Array.from({ length: workers }, () => startWorker(new URL(`${env}.ts`, WORLDS)));
  try {
    await Promise.all(threads.map(nextMessage)); // all are warm
    for (const thread of threads) thread.postMessage('measure');
    const rates = (await Promise.all(threads.map(nextMessage))) as WorkerRates[];
    return {
      env,
      workers,
      framesPerSecond: rates.reduce((sum, rate) => sum + rate.framesPerSecond, 0),
      stepsPerSecondWithoutDrawing: rates.reduce((sum, rate) => sum + rate.stepsPerSecond, 0),
    };
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}

function startWorker(world: URL): Worker {
  const module = new URL('./env-worker.ts', import.meta.url).href;
  return new Worker(new URL('../../src/loader/worker.mjs', import.meta.url), {
    workerData: { module, world: world.href },
  });
}

function nextMessage(thread: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    thread.once('message', resolve);
    thread.once('error', reject);
  });
}
