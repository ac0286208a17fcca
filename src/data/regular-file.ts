/**
 * Files that are opened only where they are files: not folders, pipes or devices, at which a read would wait for ever or
 * never end, and, where that is asked for, not links to somewhere else.
 */
import { constants } from 'node:fs';
import { lstat, open, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

type Kind = 'a folder' | 'a symbolic link' | 'not a regular file';

/** Something else than a file stands where one was expected. */
export class NotRegularError extends Error {
  override readonly name = 'NotRegularError';
  readonly kind: Kind;

  constructor(kind: Kind) {
    super(`it is ${kind}`);
    this.kind = kind;
  }
}

/**
 * Open a regular file, to read unless `flags` say otherwise. Nothing is waited for: a pipe without a writer is refused
 * at once. Throws NotRegularError where something else is there; what the file system throws where it cannot be opened.
 */
export async function openRegularFile(
  path: string,
  options: { readonly flags?: number; readonly links?: 'follow' | 'refuse' } = {},
): Promise<FileHandle> {
  const { flags = constants.O_RDONLY, links = 'follow' } = options;
  // Windows knows neither of these; there is no pipe in a folder there, and links take a right that few have.
  const { O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants;
  const handle = await open(path, flags | O_NONBLOCK | (links === 'refuse' ? O_NOFOLLOW : 0)).catch((error: Error) => {
    throw refusalOf(error);
  });
  try {
    const stats = await handle.stat();
    if (stats.isDirectory()) throw new NotRegularError('a folder');
    if (!stats.isFile()) throw new NotRegularError('not a regular file');
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Delete a file, or a link and not what it leads to. A folder of that name is somebody else's and stays. */
export async function removeFile(path: string): Promise<void> {
  const stats = await lstatIfThere(path);
  if (stats && !stats.isDirectory()) await unlink(path);
}

/** Throws NotRegularError where something else than a file stands at `path`; a link is something else. */
export async function refuseOther(path: string): Promise<void> {
  const stats = await lstatIfThere(path);
  if (!stats || stats.isFile()) return;
  throw new NotRegularError(stats.isDirectory() ? 'a folder' : stats.isSymbolicLink() ? 'a symbolic link' : 'not a regular file');
}

/** Throws Error, the end of a sentence, where what stands at `path` is no folder but a file or a link. */
export async function refuseOtherFolder(path: string): Promise<void> {
  const stats = await lstatIfThere(path);
  if (stats?.isSymbolicLink()) throw new Error('it is a symbolic link, and what it leads to is not written over; put a folder there');
  if (stats && !stats.isDirectory()) throw new Error('it is not a folder; move it away');
}

async function lstatIfThere(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function refusalOf(error: Error): Error {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ELOOP' || code === 'EMLINK') return new NotRegularError('a symbolic link');
  if (code === 'EISDIR') return new NotRegularError('a folder');
  if (code === 'ENXIO') return new NotRegularError('not a regular file'); // a pipe that nobody reads, or a socket
  return error;
}
