/** The worlds that the command line knows: every file in `envs/`, whatever file a user names, Python's by `gym:…`. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { closest } from 'fastest-levenshtein';
import type { Environment } from '../types.ts';
import { UserError } from '../user-error.ts';
import { isGymName, loadGymWorld } from '../world/gym/gym-world.ts';
import { isEnvironment, shapeProblems } from '../world/shape.ts';

const FOLDER = new URL('../../envs/', import.meta.url);
const EXTENSIONS = ['.ts', '.mts', '.js', '.mjs'];

/** All worlds of the `envs/` folder, by name. */
export async function listWorlds(): Promise<Environment[]> {
  return Promise.all((await worldNames()).map(loadWorld));
}

/**
 * A world by its name in `envs/`, by the path of a .ts, .mts, .js or .mjs file whose default export is one, or by
 * `gym:` and a Gymnasium id or .py file; that one is external (world/external.ts).
 * @throws UserError that names the nearest known world, or says what is wrong with the file or missing in Python
 */
export async function loadWorld(nameOrFile: string): Promise<Environment> {
  if (isGymName(nameOrFile)) return loadGymWorld(nameOrFile);
  const world = await loadUnchecked(nameOrFile);
  if (!isEnvironment(world)) {
    const problems = shapeProblems(world).map((problem) => `\n  - ${problem}`);
    throw new UserError(`${nameOrFile} is not a world:${problems.join('')}`);
  }
  return world;
}

/** The same, whatever its default export is: for checking worlds that somebody is still writing. */
export async function loadUnchecked(nameOrFile: string): Promise<unknown> {
  const file = await fileOf(nameOrFile);
  try {
    const { default: world }: { readonly default?: unknown } = await import(file.href);
    return world;
  } catch (error) {
    const problem = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new UserError(`cannot load ${fileURLToPath(file)}: ${problem}`, { cause: error });
  }
}

async function worldNames(): Promise<string[]> {
  const files = await readdir(FOLDER);
  return files.filter((file) => file.endsWith('.ts')).map((file) => file.slice(0, -'.ts'.length)).sort();
}

async function fileOf(nameOrFile: string): Promise<URL> {
  if (isGymName(nameOrFile)) throw new UserError(`${nameOrFile} lives in Python; expected a world in TypeScript here`);
  if (EXTENSIONS.includes(extname(nameOrFile)) || /[/\\]/.test(nameOrFile)) {
    const path = resolve(nameOrFile);
    if (!EXTENSIONS.includes(extname(path))) {
      throw new UserError(`expected a world's file to end in ${EXTENSIONS.join(', ')}, got '${nameOrFile}'`);
    }
    if (!existsSync(path)) throw new UserError(`no such file: '${nameOrFile}' (looked for ${path})`);
    return pathToFileURL(path);
  }
  const names = await worldNames();
  if (!names.includes(nameOrFile)) {
    throw new UserError(
      `unknown world '${nameOrFile}'; did you mean '${closest(nameOrFile, names)}'? ` +
        `Known: ${names.join(', ')}, the path of your own file, such as ./my-env.ts, or gym:CartPole-v1 and the like`,
    );
  }
  return new URL(`${nameOrFile}.ts`, FOLDER);
}
