import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';

test('a worker runs TypeScript from any folder, and "dreamtree" is this copy', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'dreamtree-'));
  const file = path.join(folder, 'answer.ts');
  // No package.json says that these are ES modules, and the second is JavaScript.
  await writeFile(path.join(folder, 'double.js'), 'export const double = (x) => 2 * x;');
  await writeFile(
    file,
    `import { parentPort, workerData } from 'node:worker_threads';
     import { createRng, type Rng } from 'dreamtree';
     import { double } from './double.js';
     const rng: Rng = createRng(0);
     parentPort!.postMessage([double(workerData.x as number), rng.state().counter]);`,
  );
  const worker = new Worker(new URL('../../src/loader/worker.mjs', import.meta.url), {
    workerData: { module: pathToFileURL(file).href, x: 21 },
  });
  try {
    const message = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    expect(message).toEqual([42, 0]);
  } finally {
    await worker.terminate();
    await rm(folder, { recursive: true });
  }
});
