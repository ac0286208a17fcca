/** The parsed content of a file of JSON, which may be packed with gzip. */
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { UserError } from '../user-error.ts';

/** What every gzip file begins with (RFC 1952). */
const GZIP = [0x1f, 0x8b];

/** @throws UserError that names the file, where it is absent or no JSON */
export async function readJson(file: string): Promise<unknown> {
  try {
    const bytes = await readFile(file);
    const isPacked = GZIP.every((byte, i) => bytes[i] === byte);
    return JSON.parse((isPacked ? gunzipSync(bytes) : bytes).toString('utf8'));
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new UserError(`${file}: expected a file of JSON, got: ${problem}`, { cause: error });
  }
}
