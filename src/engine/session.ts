/**
 * ONNX Runtime sessions. Optimising a large graph takes seconds, so the optimised model is kept in the user's cache
 * folder under a key of everything that it depends on: the graph, ONNX Runtime, the processor and the options.
 */
import { createHash } from 'node:crypto';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { cpus } from 'node:os';
import path from 'node:path';
import { threadId } from 'node:worker_threads';
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import type { Group, NdArray } from '../types.ts';
import { UserError } from '../user-error.ts';
import { cacheFolder } from '../user-folders.ts';

export interface SessionSettings {
  readonly provider: string;
  readonly threads: number;
  /** Write what every node took to `<profile>_<time>.json` when it is released. */
  readonly profile?: string;
}

export interface Session {
  /** It came optimised from the cache. */
  readonly cached: boolean;
  /** Every run gives the same arrays with other numbers in them, instead of new ones. */
  readonly lends: boolean;
  /** Arrays by the names of the graph's inputs; those that the graph does not use are left alone. */
  run(inputs: Group<NdArray>): Promise<Group<NdArray['data']>>;
  release(): Promise<void>;
}

/** Graphs that optimise in a moment are not worth a file. */
const WORTH_CACHING_BYTES = 50_000;

/** @throws UserError where the provider asked for does not start. */
export async function openSession(model: Uint8Array, settings: SessionSettings): Promise<Session> {
  const { Tensor } = await import('onnxruntime-node');
  const { session, cached } = await createSession(model, settings);
  // What the graph does not use is not among them.
  const names = session.inputNames;
  return {
    cached,
    lends: false,
    async run(inputs) {
      const feeds: Record<string, OrtTensor> = {};
      for (const name of names) {
        const { dtype, data, shape } = inputs[name];
        feeds[name] = new Tensor(dtype, data, shape);
      }
      const results = await session.run(feeds);
      const outputs: Record<string, NdArray['data']> = {};
      for (const name of session.outputNames) {
        const { data, type } = results[name];
        if (!(data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint8Array)) {
          throw new Error(`ONNX Runtime returned ${type} for ${name}`);
        }
        outputs[name] = data;
      }
      return outputs;
    },
    async release() {
      if (settings.profile !== undefined) session.endProfiling();
      await session.release();
    },
  };
}

async function createSession(
  model: Uint8Array,
  { provider, threads, profile }: SessionSettings,
): Promise<{ session: InferenceSession; cached: boolean }> {
  const { InferenceSession, env } = await import('onnxruntime-node');
  const options = {
    executionProviders: [provider],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    // Idle threads that spin take the core from environments and pictures.
    ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
    extra: { session: { intra_op: { allow_spinning: threads > 1 ? '1' : '0' } } },
  } satisfies InferenceSession.SessionOptions;
  if (provider !== 'cpu') {
    const session = await InferenceSession.create(model, options).catch((error: Error) => {
      const [reason] = error.message.split('\n');
      throw new UserError(`ONNX Runtime's provider ${provider} could not start here: ${reason}; use --provider cpu`);
    });
    return { session, cached: false };
  }
  const folder = cacheFolder();
  if (folder === undefined || model.length < WORTH_CACHING_BYTES) return { session: await InferenceSession.create(model, options), cached: false };
  const key = createHash('sha256')
    .update(model)
    .update(JSON.stringify([env.versions, cpus()[0]?.model, process.arch, options]))
    .digest('hex')
    .slice(0, 32);
  // In ONNX Runtime's own format, which opens a fifth faster than ONNX.
  const file = path.join(folder, `${key}.ort`);
  if (await exists(file)) {
    try {
      const session = await InferenceSession.create(file, { ...options, graphOptimizationLevel: 'disabled' });
      return { session, cached: true };
    } catch {
      await rm(file, { force: true }); // a damaged file is made again
    }
  }
  const temporary = `${file}.${process.pid}.${threadId}`;
  const writable = await mkdir(folder, { recursive: true }).then(() => true, () => false);
  if (writable) {
    try {
      const extra = { session: { ...options.extra.session, save_model_format: 'ORT' } };
      const session = await InferenceSession.create(model, { ...options, extra, optimizedModelFilePath: temporary });
      await rename(temporary, file);
      return { session, cached: false };
    } catch {
      await rm(temporary, { force: true }); // a cache that cannot be written is none; a model that is wrong fails below
    }
  }
  return { session: await InferenceSession.create(model, options), cached: false };
}

const exists = (file: string): Promise<boolean> => access(file).then(() => true, () => false);
