/**
 * An error whose message is meant for the person at the keyboard: what was expected, what came, what to do.
 * The command line prints it as it stands, without a stack, and exits with 2. A leaf: it imports nothing of ours.
 */
export class UserError extends Error {
  override readonly name: string = 'UserError';
}

/** What the file system says where it is not our fault. */
const FILE_CODES = new Set([
  'EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'ENOENT', 'ENOTDIR', 'EISDIR', 'EEXIST', 'ENOTEMPTY', 'ELOOP',
  'ENAMETOOLONG', 'EMFILE', 'ENFILE', 'EBUSY', 'ETXTBSY', 'ESTALE',
]);

/** Whether a file or a folder is the matter, such as a full disk: something for the person at the keyboard. */
export const isFileError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && 'code' in error && FILE_CODES.has(String(error.code));
