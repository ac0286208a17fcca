/** Files that somebody asked for: where they cannot be made, one sentence says so, before long work where it can. */
import { accessSync, constants, mkdirSync, statSync, writeFileSync, type Stats } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../user-error.ts';
import { printableLine } from '../printable.ts';

/** What the system's codes mean for somebody who asked for a file. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'there is no permission to write there',
  EPERM: 'there is no permission to write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than the system allows',
  EISDIR: 'there is a folder of that name',
  ENOTDIR: 'a folder on the way to it is a file',
  EEXIST: 'a folder on the way to it is a file',
  ELOOP: 'the links on the way to it lead in a circle',
  ENAMETOOLONG: 'its name is too long',
  ENOENT: 'a link on the way to it leads nowhere',
  EINVAL: 'the system refuses its name',
  EIO: 'the disk failed',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  ETXTBSY: 'it is a program that runs',
};

/** One sentence for what kept `file` from being written; what is no error of the file system is given back as it is. */
export function outputError(file: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  if (error instanceof UserError || code === undefined) return error;
  const reason = REASONS[code] ?? (code === 'ERR_INVALID_ARG_VALUE' ? REASONS.EINVAL : undefined);
  if (reason === undefined) return error;
  return new UserError(`${printableLine(file)} cannot be written: ${reason}; give another place`, { cause: error });
}

/** @throws UserError where the folder of `file` is not there and cannot be made */
export async function makeFolderOf(file: string): Promise<void> {
  try {
    await mkdir(path.dirname(file), { recursive: true });
  } catch (error) {
    throw outputError(file, error);
  }
}

/** Write a file that was asked for, making its folder. @throws UserError where it cannot be written */
export async function writeOutput(file: string, content: string | Uint8Array): Promise<void> {
  await makeFolderOf(file);
  try {
    await writeFile(file, content);
  } catch (error) {
    throw outputError(file, error);
  }
}

/** The same, at once. @throws UserError where it cannot be written */
export function writeOutputSync(file: string, content: string | Uint8Array): void {
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  } catch (error) {
    throw outputError(file, error);
  }
}

/**
 * See whether a file could be written, before the work that makes it; nothing is made or changed.
 * @throws UserError where it could not
 */
export function requireWritableFile(file: string): void {
  const there = look(file);
  if (there?.isDirectory() || /[\\/]$/.test(file)) throw outputError(file, codeError('EISDIR'));
  if (there) requireAccess(file, file, constants.W_OK);
  else requireWritableFolder(path.dirname(file), file);
}

/**
 * The same for a folder that files are to be written into; `file` is what is asked for, for the sentence.
 * @throws UserError where it is none, or nothing can be written there
 */
export function requireWritableFolder(folder: string, file = folder): void {
  const there = look(folder, file);
  const parent = path.dirname(folder);
  if (!there && parent !== folder) requireWritableFolder(parent, file);
  else if (there && !there.isDirectory()) throw outputError(file, codeError('ENOTDIR'));
  else requireAccess(folder, file, constants.W_OK | constants.X_OK);
}

/** Undefined where nothing is there, and where what is asked for has no place, which the folder's turn will tell. */
function look(place: string, file = place): Stats | undefined {
  try {
    return statSync(place, { throwIfNoEntry: false });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return undefined;
    throw outputError(file, error);
  }
}

function requireAccess(place: string, file: string, mode: number): void {
  try {
    accessSync(place, mode);
  } catch (error) {
    throw outputError(file, error);
  }
}

const codeError = (code: string): Error => Object.assign(new Error(code), { code });
