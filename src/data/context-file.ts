/**
 * The latents stored in a replay, with its targets and priorities where it has any, as one file `contexts-000001.bin`
 * a flush: raw bytes, checked by the length and the checksum in the mark that refers to it.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { writeAtomically } from './atomic-file.ts';
import { openRegularFile, refuseOther, removeFile } from './regular-file.ts';
import { ReplayError } from './segments.ts';

/** What a mark says about its file. */
export interface ContextFile {
  readonly number: number;
  readonly bytes: number;
  readonly crc32: number;
}

export async function writeContexts(
  directory: string,
  number: number,
  pieces: readonly Uint8Array[],
): Promise<ContextFile> {
  const path = contextsPath(directory, number);
  await refuseOther(path); // what is written as a whole would be written where a link leads
  await writeAtomically(path, pieces);
  return { number, bytes: totalBytes(pieces), crc32: pieces.reduce((crc, piece) => crc32(piece, crc), 0) };
}

/** Fill `pieces` with the file. Throws ReplayError where it is missing or not what was written. */
export async function readContexts(
  directory: string,
  file: ContextFile,
  pieces: readonly Uint8Array[],
): Promise<void> {
  const path = contextsPath(directory, file.number);
  const wrong = (why: string) => new ReplayError(`${path} ${why}; restore it or start a new run`);
  const handle = await openRegularFile(path, { links: 'refuse' }).catch((error: Error) => {
    throw wrong(`cannot be read (${error.message})`);
  });
  try {
    const { size } = await handle.stat();
    const expected = totalBytes(pieces);
    if (size !== file.bytes || size !== expected) throw wrong(`is damaged: expected ${expected} bytes, got ${size}`);
    let crc = 0;
    let position = 0;
    for (const piece of pieces) {
      for (let done = 0; done < piece.length; ) {
        const { bytesRead } = await handle.read(piece, done, piece.length - done, position);
        if (bytesRead === 0) throw wrong('ended while it was read');
        done += bytesRead;
        position += bytesRead;
      }
      crc = crc32(piece, crc);
    }
    if (crc !== file.crc32) throw wrong('is damaged (wrong checksum)');
  } catch (error) {
    throw error instanceof ReplayError ? error : wrong(`cannot be read (${error instanceof Error ? error.message : String(error)})`);
  } finally {
    await handle.close();
  }
}

/** Delete every file but those of the given numbers. */
export async function removeContexts(directory: string, kept: readonly (number | undefined)[]): Promise<void> {
  for (const name of await readdir(directory)) {
    const number = Number(/^contexts-(\d{6,})\.bin$/.exec(name)?.[1] ?? -1);
    // Only names that this program gives: it writes no more zeros than six digits need.
    if (number >= 0 && contextsName(number) === name && !kept.includes(number)) await removeFile(join(directory, name));
  }
}

const contextsName = (number: number): string => `contexts-${String(number).padStart(6, '0')}.bin`;
const contextsPath = (directory: string, number: number): string => join(directory, contextsName(number));

function totalBytes(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}
