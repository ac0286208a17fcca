/** From what a user names to an agent that can act: checkpoint, configuration, world, parameters. */
import type { Config } from '../config/index.ts';
import type { Checkpoint } from '../data/checkpoint.ts';
import type { EngineChoice } from '../engine/compile.ts';
import type { Actor } from '../planning/acting.ts';
import type { Agent, Environment, Group, ParamArrays, ParameterSpec } from '../types.ts';
import { UserError } from '../user-error.ts';
import type { ConfiguredWorld } from '../world/configured.ts';

export interface OpenedAgent {
  readonly file: string;
  readonly checkpoint: Checkpoint;
  readonly config: Config;
  /** The world as the configuration has it, with the size and the look of its pictures. */
  readonly world: ConfiguredWorld;
  readonly environment: Environment;
  readonly agent: Agent;
  readonly params: ParamArrays;
  readonly engine: EngineChoice;
}

/**
 * @param overrides `key=value`, laid over the checkpoint's own configuration
 * @throws UserError where there is no checkpoint, or it does not fit its configuration
 */
export async function openAgent(runOrFile: string, overrides: readonly string[] = []): Promise<OpenedAgent> {
  const [
    { configSchema, resolveConfig }, { readCheckpoint }, { findCheckpoint }, { createAgent, shapeOf }, { parametersOf },
    { resolveEngine }, { configureWorld }, worlds,
  ] = await Promise.all([
    import('../config/index.ts'), import('../data/checkpoint.ts'), import('../data/find-checkpoint.ts'),
    import('../train/agent.ts'), import('../train/update.ts'), import('../engine/resolve-engine.ts'),
    import('../world/configured.ts'), import('./worlds.ts'),
  ]);
  const file = findCheckpoint(runOrFile);
  const checkpoint = await readCheckpoint(file);
  const parsed = configSchema.safeParse(checkpoint.config);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UserError(`${file}: its configuration is not one of this version (${issue.path.join('.')}: ${issue.message})`);
  }
  const config = resolveConfig({ base: parsed.data, overrides });
  const world = configureWorld(await worlds.loadWorld(config.world), config.env);
  const { environment } = world;
  const agent = createAgent(config, shapeOf(environment));
  const params = checkpoint.arrays.params ?? {};
  requireSameShapes(file, parametersOf(agent), params);
  const engine = await resolveEngine(config.engine.name, config.engine.provider);
  return { file, checkpoint, config, world, environment, agent, params, engine };
}

export interface ActingRequest {
  /** A file in `policies`; how the agent acted while it learned where it is absent. */
  readonly name?: string;
  readonly lanes: number;
}

/**
 * The agent at its best under a policy.
 * @throws UserError with the reason, where the policy does not go with the world
 */
export async function actBy(
  { config, world, environment, agent, params, engine }: Pick<OpenedAgent, Exclude<keyof OpenedAgent, 'file' | 'checkpoint'>>,
  { name, lanes }: ActingRequest,
): Promise<Actor> {
  const [{ actingPolicy, loadPolicy }, { actionSize }, { channelsOf }] = await Promise.all([
    import('../train/agent.ts'), import('../world/actions.ts'), import('../world/frame-stack.ts'),
  ]);
  const { actions } = environment;
  const variant = await loadPolicy(name ?? actingPolicy(config, actions), actions);
  return variant.create({
    agent, actions, engine, params, lanes, search: config.search, explore: false, frozen: true,
    greedy: config.behavior.greedy, threads: config.train.threads,
    imageShape: [world.size, world.size, channelsOf(config.env)], actionSize: actionSize(actions),
  });
}

function requireSameShapes(file: string, expected: Group<ParameterSpec>, params: ParamArrays): void {
  for (const [name, { shape }] of Object.entries(expected)) {
    const came = params[name]?.shape;
    if (came === undefined || String(came) !== String(shape)) {
      const got = came === undefined ? 'none' : `[${came.join(', ')}]`;
      throw new UserError(`${file}: expected parameter ${name} [${shape.join(', ')}], got ${got}; the file does not fit its configuration`);
    }
  }
}
