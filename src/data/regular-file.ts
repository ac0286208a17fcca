/** Files that must be files: not folders, not links that lead elsewhere, not pipes that never end. */
import { constants } from 'node:fs';
import { lstat, open, type FileHandle } from 'node:fs/promises';

/** @throws Error that says what it is instead; what the file system throws */
export async function requireRegular(path: string): Promise<void> {
  const stats = await lstat(path);
  if (stats.isFile()) return;
  const kind = stats.isDirectory() ? 'a folder' : stats.isSymbolicLink() ? 'a symbolic link' : 'not a regular file';
  throw new Error(`it is ${kind}`);
}

/** Open an existing file for reading. @throws as `requireRegular` */
export async function openRegular(path: string): Promise<FileHandle> {
  await requireRegular(path);
  return open(path, constants.O_RDONLY | NO_FOLLOW);
}

/** Not every platform has it. */
export const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
