/** The true worlds that can be named: every file in `envs/`, whatever file a user names, Python's by `gym:…`. */
import { WORLDS, importDefault, variantNames, variantUrl } from '../listing.ts';
import type { Environment } from '../types.ts';
import { UserError } from '../user-error.ts';
import { isGymName, loadGymWorld } from '../world/gym/gym-world.ts';
import { isEnvironment, shapeProblems } from '../world/shape.ts';

/** All worlds of the `envs/` folder, by name. */
export async function listWorlds(): Promise<Environment[]> {
  return Promise.all((await variantNames(WORLDS)).map(loadTrueWorld));
}

/**
 * A world by its name in `envs/`, by the path of a .ts, .mts, .js or .mjs file whose default export is one, or by
 * `gym:` and a Gymnasium id or .py file; that one is external (world/external.ts).
 * @throws UserError that names the nearest known world, or says what is wrong with the file or missing in Python
 */
export async function loadTrueWorld(nameOrFile: string): Promise<Environment> {
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
  if (nameOrFile.startsWith('dream:')) throw new UserError(`${nameOrFile} is imagined; expected a true world here`);
  if (isGymName(nameOrFile)) throw new UserError(`${nameOrFile} lives in Python; expected a world in TypeScript here`);
  return importDefault(await variantUrl(WORLDS, nameOrFile));
}
