/** What a run begins with where it has a dataset: its steps, as if they had been taken already. */
import type { Config } from '../config/index.ts';
import { openDataset, readManifest, type DatasetManifest } from '../data/dataset.ts';
import type { Replay } from '../data/replay.ts';
import type { WorldShape } from '../types.ts';
import { UserError } from '../user-error.ts';
import { datasetEnv, DATASET_KEYS } from './dataset-env.ts';

/**
 * Episodes go to the lanes in turn; no lane has one in the middle of another.
 * @throws UserError where it was recorded in another world or otherwise than this run sees it, or is damaged
 */
export async function fillFromDataset(replay: Replay, config: Config, world: string, shape: WorldShape): Promise<void> {
  const { train: { dataset: folder, givenSteps, batchLength }, env: { lanes } } = config;
  if (shape.forbids) throw new UserError(`${world} forbids actions, of which ${folder} says nothing: it cannot be learned from recorded steps`);
  const manifest = readManifest(folder);
  if (manifest.world !== world) throw new UserError(`${folder} was recorded in ${manifest.world}, not in ${world}`);
  requireFits(folder, manifest, config, shape);
  if (manifest.steps !== givenSteps) throw new UserError(`${folder} has ${manifest.steps} steps, and train.givenSteps is ${givenSteps}; --dataset sets it`);
  const steps = manifest.records + lanes;
  if (replay.capacitySteps < steps) {
    throw new UserError(`replay.bytes = ${config.replay.bytes}: ${folder} has ${manifest.records} records, which need ${steps * replay.bytesPerStep * 2}`);
  }
  const dataset = await openDataset(folder, manifest);
  try {
    let lane = -1;
    for (const step of dataset.steps()) {
      if (step.isFirst) lane = (lane + 1) % lanes;
      replay.append(Math.max(0, lane), step);
    }
  } finally {
    await dataset.close();
  }
  if (!replay.canSample(batchLength)) {
    throw new UserError(`train.batchLength = ${batchLength}: none of ${lanes} lanes holds so many steps of ${folder}; give fewer env.lanes or shorter sequences, or record more`);
  }
  replay.settle();
}

function requireFits(folder: string, manifest: DatasetManifest, { env }: Config, { actionSize, image: { size, channels } }: WorldShape): void {
  const wanted = datasetEnv(env);
  for (const key of DATASET_KEYS) {
    if (manifest.env[key] === wanted[key]) continue;
    throw new UserError(`${folder} was recorded with env.${key} = ${manifest.env[key]}, not ${wanted[key]}; give --set env.${key}=${manifest.env[key]}`);
  }
  const [got, expected] = [[...manifest.imageShape, manifest.actionSize].join(' × '), [size, size, channels, actionSize].join(' × ')];
  if (got !== expected) throw new UserError(`${folder}: expected pictures and actions of ${expected} numbers, got ${got}`);
}
