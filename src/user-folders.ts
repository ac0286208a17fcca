/** Where a user's own things are kept between runs, apart from the runs themselves. */
import { homedir } from 'node:os';
import path from 'node:path';

/** Optimised models, which may be deleted at any time: `DREAMTREE_CACHE`, or dreamtree's own in the user's cache folder. */
export const cacheFolder = (): string | undefined => userFolder('DREAMTREE_CACHE', 'XDG_CACHE_HOME', ['.cache']);

/** The key by which a user's own checkpoints are known again: `DREAMTREE_STATE`, or where the system keeps such things. */
export const stateFolder = (): string | undefined => userFolder('DREAMTREE_STATE', 'XDG_STATE_HOME', ['.local', 'state']);

/** Undefined where HOME is empty. What is not absolute counts as not set (XDG Base Directory Specification 0.8). */
function userFolder(own: string, shared: string, underHome: readonly string[]): string | undefined {
  const named = process.env[own];
  if (named) return path.resolve(named);
  const windows = process.platform === 'win32' ? process.env.LOCALAPPDATA : undefined;
  const mac = process.platform === 'darwin' && shared === 'XDG_CACHE_HOME';
  const folders = [process.env[shared], windows, path.join(homedir(), ...(mac ? ['Library', 'Caches'] : underHome))];
  const base = folders.find((folder) => folder !== undefined && path.isAbsolute(folder));
  return base && path.join(base, 'dreamtree');
}
