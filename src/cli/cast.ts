/** Players of worlds: a scripted expert, random actions, or an agent that was trained. */
import type { Config } from '../config/index.ts';
import type { Policy, Rng } from '../types.ts';
import { UserError } from '../user-error.ts';
import type { ConfiguredWorld } from '../world/configured.ts';
import type { Player } from '../world/record.ts';

/** Who plays a world, and the world as it is configured for whoever does. */
export interface Cast {
  readonly who: string;
  readonly world: ConfiguredWorld;
  readonly player: Player;
  /** How the world was configured that an agent learned in. */
  readonly env?: Config['env'];
}

/** Who plays, in the world as it is configured: an agent brings the configuration that it learned in. */
export async function findPlayer(
  name: string,
  { policy, set = [] }: { readonly policy?: string | undefined; readonly set?: readonly string[] | undefined },
  rng: Rng,
): Promise<Cast> {
  const { dreamTarget } = await import('../open/dream-world.ts');
  const { loadWorld } = await import('../open/open.ts');
  const { expertPlayer, policyPlayer } = await import('../world/record.ts');
  const environment = await loadWorld(name);
  const agent = policy ?? dreamTarget(name); // whose dream it is, where nobody else is named
  if (agent !== undefined && agent !== 'random' && agent !== 'expert') {
    const { world, policy: acting, env } = await openPlayer(agent, name, set);
    if (world.environment.name !== environment.name) {
      throw new UserError(`--policy ${agent}: its agent plays ${world.environment.name}, not ${environment.name}`);
    }
    return { who: agent, world, player: policyPlayer(world, acting, rng), env };
  }

  const { configure } = await import('../train/configure.ts');
  const { randomPolicy } = await import('../policies/random.ts');
  const { configureWorld } = await import('../world/configured.ts');
  const world = configureWorld(environment, (await configure({ world: name, overrides: set })).config.env);
  const expert = policy === 'random' ? undefined : expertPlayer(world);
  if (expert) return { who: 'expert', world, player: expert };
  if (policy === 'expert') throw new UserError(`--policy expert: ${environment.name} has no scripted expert`);
  return { who: 'random', world, player: policyPlayer(world, randomPolicy(environment.actions), rng) };
}

/** An agent in the world that it learned, or in a dream. */
async function openPlayer(
  runOrFile: string,
  name: string,
  overrides: readonly string[],
): Promise<{ world: ConfiguredWorld; policy: Policy; env: Config['env'] }> {
  const { dreamTarget } = await import('../open/dream-world.ts');
  const { actBy, inWorld, openAgent } = await import('../open/open.ts');
  const own = await openAgent(runOrFile, { overrides });
  const opened = dreamTarget(name) === undefined ? own : await inWorld(own, name);
  const policy = await actBy(opened, { lanes: 1 });
  const { world, config: { env } } = opened;
  return { world, policy, env };
}
