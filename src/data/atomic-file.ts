/**
 * Files that are whole or not there: written under another name, synced to disk and renamed into place, so that
 * whatever interrupts the write, the old file stays readable.
 */
import { open, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { removeFile } from './regular-file.ts';

/**
 * Write `pieces` one after another as the file `path`, or leave what was there. Resolves when the file would survive
 * a loss of power. Throws what the file system throws.
 */
export async function writeAtomically(path: string, pieces: Iterable<Uint8Array>): Promise<void> {
  // The library writes in one call and never looks at how much of it went, so a disk that fills up half way would
  // leave a short file in place of a good one. Hence the bytes are written here; it waits, syncs and renames.
  await writeFileAtomic(path, '', { tmpfileCreated: (temporary) => writeFile(temporary, pieces) });
  await syncDirectory(dirname(path));
}

/** Make the names in a folder durable, as far as the platform lets a folder be synced. */
export async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return; // folders cannot be opened there
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Delete what killed writers of `directory/NAME` left behind, for every NAME that `names` matches: files called
 * `NAME.<number>`. Only the process that writes those files may call this.
 */
export async function sweepTemporaries(directory: string, names: RegExp): Promise<void> {
  for (const file of await readdir(directory)) {
    const temporary = /^(.+)\.\d{1,10}$/.exec(file);
    if (temporary && names.test(temporary[1])) await removeFile(join(directory, file));
  }
}
