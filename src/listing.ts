/** Variants are files: every file of a folder by its name, or a user's own by its path. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { distance } from 'fastest-levenshtein';
import { printableLine } from './printable.ts';
import { UserError } from './user-error.ts';

const EXTENSIONS = ['.ts', '.mts', '.js', '.mjs'];

/** A folder whose files are variants of one thing. */
export interface VariantFolder {
  /** What a file in it is, for example `policy`. */
  readonly noun: string;
  readonly url: URL;
  /** What a user may name besides, for example a way to write a file's path. */
  readonly example: string;
}

export const AGENTS: VariantFolder = { noun: 'agent', url: new URL('./agents/', import.meta.url), example: './my-agent.ts' };
export const WORLDS: VariantFolder = {
  noun: 'world', url: new URL('../envs/', import.meta.url), example: './my-env.ts, or gym:CartPole-v1 and the like',
};
export const POLICIES: VariantFolder = { noun: 'policy', url: new URL('./policies/', import.meta.url), example: './my-policy.ts' };

/** Of a name, at most so many letters are wrong, and at most such a share of them. */
const MOST_WRONG = 3;
const WRONG_SHARE = 0.4;
/** So many first letters of a name are a name cut short. */
const LEAST_BEGINNING = 3;

/** The known name that was probably meant: the least unlike, or the only one that begins so; undefined where none is near. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const wrong = (other: string): number => distance(name.toLowerCase(), other.toLowerCase());
  const bound = (other: string): number => Math.min(MOST_WRONG, WRONG_SHARE * Math.max(name.length, other.length));
  const near = known.filter((other) => Math.abs(name.length - other.length) <= MOST_WRONG && wrong(other) <= bound(other));
  if (near.length > 0) return near.reduce((best, other) => (wrong(other) < wrong(best) ? other : best));
  const begun = name.length < LEAST_BEGINNING ? [] : [...new Set(known)].filter((other) => other.startsWith(name));
  return begun.length === 1 ? begun[0] : undefined;
}

/** The end of a sentence about a name that is not known: a question where one is near, else its full stop. */
export function didYouMean(name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  return meant === undefined ? '.' : `; did you mean '${meant}'?`;
}

const MOST_LISTED = 100;

/** All of them, or the first ones and where the others are. */
function inShort(names: readonly string[]): string {
  const all = names.join(', ');
  return all.length <= MOST_LISTED ? all : `${all.slice(0, all.lastIndexOf(',', MOST_LISTED))}, … (all: dreamtree list)`;
}

function short(name: string): string {
  const line = printableLine(name);
  return line.length > 40 ? `${line.slice(0, 40)}…` : line;
}

/** The names of all files in it. */
export async function variantNames({ url }: Pick<VariantFolder, 'url'>): Promise<string[]> {
  const files = await readdir(url);
  return files.filter((file) => file.endsWith('.ts')).map((file) => file.slice(0, -'.ts'.length)).sort();
}

/** Whether this is meant as the path of a user's own file. */
export const isFile = (nameOrFile: string): boolean =>
  EXTENSIONS.includes(extname(nameOrFile)) || /[/\\]/.test(nameOrFile);

/** The name of a variant, or of the file that holds it, without its folder. */
export const nameOf = (nameOrFile: string): string => basename(nameOrFile, isFile(nameOrFile) ? extname(nameOrFile) : '');

/** @throws UserError that names the nearest known variant, or the file that is not there */
export async function variantUrl(folder: VariantFolder, nameOrFile: string): Promise<URL> {
  if (isFile(nameOrFile)) {
    const path = resolve(nameOrFile);
    if (!EXTENSIONS.includes(extname(path))) {
      throw new UserError(`expected the file of ${articleOf(folder)} to end in ${EXTENSIONS.join(', ')}, got '${nameOrFile}'`);
    }
    if (!existsSync(path)) throw new UserError(`no such file: '${nameOrFile}' (looked for ${path})`);
    return pathToFileURL(path);
  }
  const names = await variantNames(folder);
  if (!names.includes(nameOrFile)) {
    throw new UserError(
      `unknown ${folder.noun} '${short(nameOrFile)}'${didYouMean(nameOrFile, names)} ` +
        `Known: ${inShort(names)}, or the path of your own file, such as ${folder.example}`,
    );
  }
  return new URL(`${nameOrFile}.ts`, folder.url);
}

/**
 * What a file exports by default, if `isVariant` finds it to be one.
 * @throws UserError that says what is wrong with the file
 */
export async function loadVariant<T>(folder: VariantFolder, nameOrFile: string, isVariant: (value: unknown) => value is T): Promise<T> {
  const url = await variantUrl(folder, nameOrFile);
  const value = await importDefault(url);
  if (isVariant(value)) return value;
  throw new UserError(`${fileURLToPath(url)}: its default export is not ${articleOf(folder)}`);
}

/** @throws UserError with the reason where the file cannot be imported */
export async function importDefault(url: URL): Promise<unknown> {
  try {
    const { default: value }: { readonly default?: unknown } = await import(url.href);
    return value;
  } catch (error) {
    const problem = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new UserError(`cannot load ${fileURLToPath(url)}: ${problem}`, { cause: error });
  }
}

const articleOf = ({ noun }: VariantFolder): string => `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
