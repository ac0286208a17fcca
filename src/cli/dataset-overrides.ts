/** `--dataset` as keys of the configuration. */
import { readManifest } from '../data/dataset.ts';
import { DATASET_KEYS } from '../train/dataset-env.ts';
import { integer } from './arguments.ts';

/** Its steps, and the world as it was recorded; `taken` steps more. */
export function datasetOverrides(folder: string, taken: string): string[] {
  const { steps, env } = readManifest(folder);
  return [
    ...DATASET_KEYS.flatMap((key) => (env[key] === undefined ? [] : [`env.${key}=${env[key]}`])),
    `train.dataset=${JSON.stringify(folder)}`, `train.givenSteps=${steps}`, `train.steps=${steps + integer('--steps', taken, 0)}`,
  ];
}
