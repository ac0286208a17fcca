/**
 * From what a user names, a run folder or a file, to the file of the checkpoint.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { distance } from 'fastest-levenshtein';
import { CHECKPOINT_FILE, CheckpointError } from './checkpoint.ts';

/** The path of a checkpoint file. Throws CheckpointError where there is none, with those that lie nearby. */
export function findCheckpoint(runOrFile: string): string {
  const stats = statSync(runOrFile, { throwIfNoEntry: false });
  if (!stats) throw new CheckpointError(`${runOrFile} does not exist; ${suggest(dirname(runOrFile), runOrFile)}`);
  if (!stats.isDirectory()) return runOrFile;
  const file = join(runOrFile, CHECKPOINT_FILE);
  if (existsSync(file)) return file;
  throw new CheckpointError(`${runOrFile} holds no ${CHECKPOINT_FILE}; ${suggest(runOrFile, file)}`);
}

/** What to give instead: the checkpoints in a folder and in the folders in it, the most alike first. */
function suggest(directory: string, wanted: string): string {
  const here = existsSync(directory) ? readdirSync(directory) : [];
  const near = here
    .map((name) => join(directory, name))
    .filter((path) => path.endsWith('.dream') || existsSync(join(path, CHECKPOINT_FILE)))
    .map((path) => ({ path, unlike: distance(basename(path), basename(wanted)) }))
    .sort((a, b) => a.unlike - b.unlike || (a.path < b.path ? -1 : 1))
    .slice(0, 3);
  if (near.length === 0) return 'give a run folder or a checkpoint file';
  return `did you mean ${near.map(({ path }) => path).join(' or ')}?`;
}
