/** What files and folders are called after a world, without what a command line says of where it is. */
import path from 'node:path';

/** `catch`, `my-env` for ./my-env.ts, `CartPole-v1` for gym:CartPole-v1, `dream-of-catch` for dream:checkpoints/catch.dream. */
export function fileNameOf(world: string): string {
  const name = path.basename(world.replace(/^(gym|dream):/, '')).replace(/\.([cm]?[jt]s|py|dream)$/, '');
  return world.startsWith('dream:') ? `dream-of-${name}` : name;
}
