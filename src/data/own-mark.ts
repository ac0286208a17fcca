/**
 * A mark by which this user's own checkpoints are known again: a keyed hash of the files of code that they name, with a
 * key that never leaves this user's state folder. A checkpoint is data; what it names is run without asking only where
 * the mark says that this user named it before.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stateFolder } from '../user-folders.ts';

const KEY_BYTES = 32;

/** The key of this user, made where there is none; undefined where it can be neither read nor kept. */
function ownKey(make: boolean): Buffer | undefined {
  const folder = stateFolder();
  if (folder === undefined) return undefined;
  try {
    const file = path.join(folder, 'key');
    if (make) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      try {
        writeFileSync(file, randomBytes(KEY_BYTES), { flag: 'wx', mode: 0o600 });
      } catch {} // it is there already, as a rule
    }
    const key = readFileSync(file);
    return key.length === KEY_BYTES ? key : undefined;
  } catch {
    return undefined;
  }
}

const markBy = (key: Buffer, files: readonly string[]): Buffer => createHmac('sha256', key).update(JSON.stringify(files)).digest();

/** The mark of absolute paths, to be kept beside them; undefined where this user has no place for a key. */
export function ownMark(files: readonly string[]): string | undefined {
  const key = ownKey(true);
  return key && markBy(key, files).toString('hex');
}

/** Whether this user has marked these very paths. */
export function isOwnMark(mark: unknown, files: readonly string[]): boolean {
  const key = ownKey(false);
  if (!key || typeof mark !== 'string' || !/^[0-9a-f]{64}$/.test(mark)) return false;
  return timingSafeEqual(markBy(key, files), Buffer.from(mark, 'hex'));
}
