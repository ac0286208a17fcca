// Where worker threads start: they do not inherit the hooks that let Node read TypeScript, so this file registers
// them and then imports `workerData.module`, the URL of the TypeScript file to run:
//   new Worker(new URL('../loader/worker.mjs', import.meta.url), { workerData: { module: url.href, … } })
import { workerData } from 'node:worker_threads';
import './register.mjs';

await import(workerData.module);
