/** A folder to train in: empty, or a run's own. Nothing that somebody else keeps there is ever written over or deleted. */
import { existsSync, lstatSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { CHECKPOINT_FILE } from '../data/checkpoint.ts';
import { hasLock, lockFolder, LOCK_FILE, type FolderLock } from '../data/folder-lock.ts';
import { UserError } from '../user-error.ts';

/** What a run that was stopped before its first checkpoint leaves behind. */
const BEGINNINGS = /^(run\.lock(\.[\d-]+)?|checkpoint\.dream\.\d+|config\.yaml(\.\d+)?|(metrics|timing)\.jsonl(\.\d+)?|events\.out\.tfevents\..*|replay)$/;
const REPLAY_FILES = /^(segment|contexts)-\d{6,}\.bin(\.\d+)?$/;

/**
 * Make `directory` ours: made where it is not there, locked, and looked at. The result must be released.
 * @throws UserError where it cannot be made or written, where another process writes in it, where it holds what no run
 * wrote, or a run without its checkpoint
 */
export function claimFolder(directory: string, command: string): FolderLock {
  if (directory.trim() === '') throw new UserError("--logdir: expected the name of a folder, got ''");
  let lock: FolderLock;
  try {
    mkdirSync(directory, { recursive: true });
    if (!statSync(directory).isDirectory()) throw new UserError(`${directory} is not a folder; give another --logdir`);
    requireOurs(directory);
    lock = lockFolder(directory, command);
  } catch (error) {
    throw inWords(directory, error);
  }
  try {
    // Again, since another process may have been at work there until now.
    requireOurs(directory);
    return lock;
  } catch (error) {
    lock.release();
    throw inWords(directory, error);
  }
}

/** @throws UserError where what lies there is not ours to write over */
function requireOurs(directory: string): void {
  const names = readdirSync(directory);
  if (names.length === 0 || existsSync(path.join(directory, CHECKPOINT_FILE))) return;
  const replay = path.join(directory, 'replay');
  const kept = existsSync(replay) && lstatSync(replay).isDirectory() ? readdirSync(replay) : [];
  const foreign = names.find((name) => !BEGINNINGS.test(name)) ?? kept.find((name) => !REPLAY_FILES.test(name));
  const learned = statSync(path.join(directory, 'metrics.jsonl'), { throwIfNoEntry: false })?.size ?? 0;
  if (foreign === undefined && learned === 0 && hasLock(directory)) return;
  if (learned > 0 && names.includes('config.yaml')) {
    throw new UserError(`${directory} is a run whose ${CHECKPOINT_FILE} is gone: put it back, or give another --logdir`);
  }
  const found = names.find((name) => name !== LOCK_FILE) ?? LOCK_FILE;
  throw new UserError(`${directory} holds ${foreign ?? found}, which is not of a run that could go on: give a new or an empty folder as --logdir`);
}

function inWords(directory: string, error: unknown): Error {
  if (error instanceof UserError || !(error instanceof Error)) return error as Error;
  return new UserError(`${directory} cannot be used as a run folder (${error.message}); give another --logdir`, { cause: error });
}
