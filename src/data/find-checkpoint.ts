/**
 * From what a user names, a run folder or a file, to the file of the checkpoint.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { nearest } from '../listing.ts';
import { CHECKPOINT_FILE, CheckpointError } from './checkpoint.ts';

const OTHERWISE = 'give a run folder or a checkpoint file';
/** Of what lies in a folder, so many are told. */
const MOST_TOLD = 3;

/** The path of a checkpoint file. Throws CheckpointError where there is none, with those that lie nearby. */
export function findCheckpoint(runOrFile: string): string {
  const stats = statSync(runOrFile, { throwIfNoEntry: false });
  if (!stats) {
    const folder = dirname(runOrFile);
    const meant = nearest(basename(runOrFile), checkpointsIn(folder));
    throw new CheckpointError(`${runOrFile} does not exist; ${meant === undefined ? OTHERWISE : `did you mean ${join(folder, meant)}?`}`);
  }
  if (!stats.isDirectory()) return runOrFile;
  const file = join(runOrFile, CHECKPOINT_FILE);
  if (existsSync(file)) return file;
  const inIt = checkpointsIn(runOrFile).slice(0, MOST_TOLD).map((name) => join(runOrFile, name));
  const instead = inIt.length > 0 ? `give one that lies in it, such as ${inIt.join(' or ')}` : OTHERWISE;
  throw new CheckpointError(`${runOrFile} holds no ${CHECKPOINT_FILE}; ${instead}`);
}

/** Runs and checkpoints that lie in a folder. */
function checkpointsIn(folder: string): string[] {
  const here = existsSync(folder) ? readdirSync(folder) : [];
  return here.filter((name) => name.endsWith('.dream') || existsSync(join(folder, name, CHECKPOINT_FILE))).sort();
}
