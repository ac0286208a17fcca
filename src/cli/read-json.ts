/** Files of JSON that the user names. */
import { readFile } from 'node:fs/promises';
import { UserError } from '../user-error.ts';

/** @throws UserError that names the file, where it cannot be read or is no JSON */
export async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new UserError(`${file}: expected a file of JSON, got: ${problem}`, { cause: error });
  }
}
