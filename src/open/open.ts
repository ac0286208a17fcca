/**
 * From what a user names to what it stands for: a world, or an agent that can act. They stand for each other, since an
 * agent has learned a world, and its dream is one.
 */
import { readCheckpoint, type Checkpoint } from '../data/checkpoint.ts';
import { findCheckpoint } from '../data/find-checkpoint.ts';
import { resolveEngine } from '../engine/resolve-engine.ts';
import { actingPolicy, configure, openPolicy, settle, type Settled } from '../train/configure.ts';
import { requireSameWorld } from '../train/same-world.ts';
import { requireTrusted } from '../train/named-code.ts';
import type { EngineChoice, Environment, Group, ParamArrays, ParameterSpec, RunningPolicy } from '../types.ts';
import { UserError } from '../user-error.ts';
import { dreamTarget, dreamWorld } from './dream-world.ts';
import { loadTrueWorld } from './worlds.ts';

/**
 * A world by its name in `envs/`, by the path of a file whose default export is one, by `gym:` and a Gymnasium id or .py
 * file, or by `dream:` and the run or checkpoint whose imagination it is.
 * @throws UserError that names the nearest known world, or says what is wrong with the file, the checkpoint or in Python
 */
export async function loadWorld(name: string): Promise<Environment> {
  const target = dreamTarget(name);
  return target === undefined ? loadTrueWorld(name) : dreamWorld(name, await openAgent(target));
}

/** The name of the world that a dream is of; the world's own where it is none. */
export async function worldBehind(name: string): Promise<string> {
  const target = dreamTarget(name);
  if (target === undefined) return name;
  const { config } = await readCheckpoint(findCheckpoint(target));
  return String(config.world);
}

export interface OpenedAgent extends Settled {
  readonly file: string;
  readonly checkpoint: Checkpoint;
  readonly params: ParamArrays;
  readonly engine: EngineChoice;
}

export interface OpenOptions {
  /** `key=value`, laid over the checkpoint's own configuration. */
  readonly overrides?: readonly string[];
  /** Policies that will act, whose keys may be overridden: names or files. */
  readonly policies?: readonly string[];
}

/**
 * @throws UserError where there is no checkpoint, where it does not fit its configuration, or where it names code that
 * this user has not (`trustCode`)
 */
export async function openAgent(runOrFile: string, { overrides = [], policies = [] }: OpenOptions = {}): Promise<OpenedAgent> {
  const file = findCheckpoint(runOrFile);
  const checkpoint = await readCheckpoint(file);
  requireTrusted(file, checkpoint.config, checkpoint.extra.mark);
  await requireKnown(file, checkpoint);
  const configured = await configure({ base: { ...checkpoint.config }, overrides, policies });
  const { config } = configured;
  const plain = await loadWorld(config.world);
  requireSameWorld(file, checkpoint.extra.world, plain);
  const settled = settle(configured, plain);
  const params = checkpoint.arrays.params ?? {};
  requireSameShapes(file, settled.agent.parameters, params);
  const engine = await resolveEngine(config.engine.name, config.engine.provider);
  return { ...settled, file, checkpoint, params, engine };
}

/** @throws UserError where the configuration, before anything is laid over it, cannot be */
async function requireKnown(file: string, { config }: Checkpoint): Promise<void> {
  try {
    await configure({ base: { ...config } });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${file}: its configuration is not one of this version (${error.message})`, { cause: error });
  }
}

export interface ActingRequest {
  /** A name in `policies` or a file; how the agent acted while it learned where it is absent. */
  readonly name?: string;
  readonly lanes: number;
}

/**
 * The agent at its best under a policy.
 * @throws UserError with the reason, where the policy does not go with the world or the agent
 */
export async function actBy(
  { config, variant, shape, agent, params, engine }: Omit<OpenedAgent, 'file' | 'checkpoint' | 'world' | 'environment'>,
  { name, lanes }: ActingRequest,
): Promise<RunningPolicy> {
  const { actions, actionSize, image: { size, channels } } = shape;
  const policy = await openPolicy(name ?? actingPolicy(config, variant, actions), config, actions, agent);
  return policy.variant.create({
    agent, actions, engine, params, lanes, explore: false, frozen: true, threads: config.train.threads,
    imageShape: [size, size, channels], actionSize,
  }, policy.options);
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

/**
 * The same agent in another world.
 * @throws UserError where it could not see what is shown there, or not do what is done there
 */
export async function inWorld(opened: OpenedAgent, name: string): Promise<OpenedAgent> {
  const { variant } = opened;
  const environment = await loadWorld(name);
  // What was done to the true world is in its dream already.
  const once = { actionRepeat: 1, stickyActions: 0, timeLimit: 0, distract: 'none', camera: 'fixed' } as const;
  const done = environment.ahead && name !== opened.config.world;
  const config = done ? { ...opened.config, env: { ...opened.config.env, ...once } } : opened.config;
  const settled = settle({ config, agent: variant }, environment);
  const [own, other] = [opened.shape, settled.shape].map(({ actions, takesTurns, forbids }) =>
    JSON.stringify([actions.kind, actions.kind === 'discrete' ? actions.n : actions.low.length, takesTurns, forbids]));
  if (own !== other) {
    throw new UserError(`${name}: its actions or its rules are not those of ${opened.environment.name}, which this agent has learned`);
  }
  return { ...opened, ...settled };
}
