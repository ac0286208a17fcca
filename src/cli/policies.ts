/** The ways to act that the command line knows: every file in `src/policies`. */
import { readdir } from 'node:fs/promises';
import { closest } from 'fastest-levenshtein';
import type { PolicyVariant } from '../planning/acting.ts';
import { UserError } from '../user-error.ts';

const FOLDER = new URL('../policies/', import.meta.url);

export interface ListedPolicy extends Pick<PolicyVariant, 'description' | 'refuses'> {
  readonly name: string;
}

export async function listPolicies(): Promise<ListedPolicy[]> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.ts')).sort();
  return Promise.all(files.map(async (file) => {
    const { default: variant }: { readonly default: PolicyVariant } = await import(new URL(file, FOLDER).href);
    const { description, refuses } = variant;
    return { name: file.slice(0, -'.ts'.length), description, refuses };
  }));
}

/** @throws UserError that names the nearest known policy */
export async function requirePolicy(option: string, name: string): Promise<string> {
  const names = (await listPolicies()).map((policy) => policy.name);
  if (names.includes(name)) return name;
  throw new UserError(`${option}: expected ${names.join(', ')}, got '${name}'; did you mean '${closest(name, names)}'?`);
}
