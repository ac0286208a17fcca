/** From names on a command line to what they stand for: an agent's file, a policy's, and the configuration of both. */
import { isPolicy, loadPolicy, requireFits } from '../acting/load-policy.ts';
import type { PolicyVariant } from '../acting/policy-variant.ts';
import {
  optionsOf, ownPolicy, resolveConfig, type AgentVariant, type Config, type ConfigLayer, type ConfigRequest, type NamedComponent,
  type Options, type OptionsOf,
} from '../config/index.ts';
import { AGENTS, POLICIES, loadVariant, variantNames } from '../listing.ts';
import type { ActionSpace, Agent, Environment, WorldShape } from '../types.ts';
import { UserError } from '../user-error.ts';
import { actionSize } from '../world/actions.ts';
import { configureWorld, type ConfiguredWorld } from '../world/configured.ts';
import { channelsOf } from '../world/frame-stack.ts';

const DEFAULT_AGENT = 'dreamer';
const GAME_AGENT = 'gumbel-muzero';

export interface ConfigureRequest extends Pick<ConfigRequest, 'world' | 'preset' | 'worldDefaults' | 'overrides' | 'base'> {
  /** A name in `agents` or a file; `base`'s, or the default, where it is absent. */
  readonly agent?: string;
  /** A name in `policies` or a file; as the agent asks for where it is absent. */
  readonly policy?: string;
  /** Policies that will act as well, whose keys may be set. */
  readonly policies?: readonly string[];
}

export interface Configured {
  readonly config: Config;
  readonly agent: AgentVariant;
}

/** @throws UserError, in one sentence, on what is unknown, out of range, or read by others alone */
export async function configure(request: ConfigureRequest): Promise<Configured> {
  const { base } = request;
  const name = request.agent ?? textOf(base, 'agent') ?? DEFAULT_AGENT;
  const agent = await loadAgent(name);
  const policy = request.policy ?? textOf(base, 'policy') ?? policyBefore(base, agent);
  const others = await listVariants();
  const acting = [...new Set([...(policy === undefined || policy === 'auto' ? [] : [policy]), ...(request.policies ?? [])])];
  const policies = await Promise.all(acting.map(async (each) => ({ name: each, component: await loadPolicy(each) })));
  const { layer } = agent;
  const config = resolveConfig({
    ...request, ...(policy === undefined ? {} : { policy }), others, policies,
    agent: { name, component: agent, ...(layer ? { layer } : {}) },
  });
  return { config, agent };
}

/** How runs said it whose way of acting was the key `search.policy`. */
function policyBefore(base: ConfigLayer | undefined, { acts }: AgentVariant): string | undefined {
  const search = base?.search;
  const named = typeof search === 'object' && search !== null && 'policy' in search ? search.policy : undefined;
  const own = typeof acts === 'string' ? [acts] : Object.values(acts);
  return typeof named === 'string' && !own.includes(named) ? named : undefined;
}

function textOf(layer: ConfigLayer | undefined, key: string): string | undefined {
  const value = layer?.[key];
  return typeof value === 'string' ? value : undefined;
}

export interface ListedVariants {
  readonly agents: readonly (NamedComponent & { readonly component: AgentVariant })[];
  readonly policies: readonly (NamedComponent & { readonly component: PolicyVariant })[];
}

/** Everything in `agents` and `policies`, loaded once. */
export const listVariants = (): Promise<ListedVariants> => (listed ??= loadVariants());

let listed: Promise<ListedVariants> | undefined;

async function loadVariants(): Promise<ListedVariants> {
  const [agents, policies] = await Promise.all([variantNames(AGENTS), variantNames(POLICIES)]);
  return {
    agents: await Promise.all(agents.map(async (name) => ({ name, component: await loadAgent(name) }))),
    policies: await Promise.all(policies.map(async (name) => ({ name, component: await loadVariant(POLICIES, name, isPolicy) }))),
  };
}

/**
 * An agent by its name in `agents`, or by the path of a file whose default export is one.
 * @throws UserError that names the nearest known agent, or says what is wrong with the file
 */
export const loadAgent = (nameOrFile: string): Promise<AgentVariant> => loadVariant(AGENTS, nameOrFile, isAgent);

function isAgent(value: unknown): value is AgentVariant {
  return typeof value === 'object' && value !== null
    && 'description' in value && typeof value.description === 'string'
    && 'options' in value && typeof value.options === 'object'
    && 'acts' in value && (typeof value.acts === 'string' || typeof value.acts === 'object')
    && 'refuses' in value && typeof value.refuses === 'function'
    && 'build' in value && typeof value.build === 'function';
}

/** The agent for a world where the user names none. */
export const agentFor = ({ toMove, legal }: Environment): string => (toMove || legal ? GAME_AGENT : DEFAULT_AGENT);

/** What an agent is told of a world as it is configured. */
export const shapeOf = ({ actions, toMove, legal }: Environment, { size, frameStack }: Config['env']): WorldShape => ({
  actions, actionSize: actionSize(actions), image: { size, channels: channelsOf({ frameStack }) },
  takesTurns: toMove !== undefined, forbids: legal !== undefined,
});

/** @throws UserError where this agent cannot learn what the world asks for */
export function buildAgent(variant: AgentVariant, config: Config, world: WorldShape): Agent {
  const refusal = variant.refuses(world);
  if (refusal !== undefined) throw new UserError(`agent '${config.agent}' cannot learn this world: ${refusal}`);
  return variant.build(optionsOf(config, variant), world);
}

/** A world as it is configured, and the agent that is built for it. */
export interface Settled {
  readonly config: Config;
  readonly variant: AgentVariant;
  /** With the size and the look of its pictures. */
  readonly world: ConfiguredWorld;
  readonly environment: Environment;
  readonly shape: WorldShape;
  readonly agent: Agent;
}

/** @throws UserError where agent and world do not go together */
export function settle({ config, agent: variant }: Configured, plain: Environment): Settled {
  const world = configureWorld(plain, config.env);
  const { environment } = world;
  const shape = shapeOf(environment, config.env);
  return { config, variant, world, environment, shape, agent: buildAgent(variant, config, shape) };
}

/** The name of the policy that an agent acts by while it learns. */
export const actingPolicy = ({ policy }: Pick<Config, 'policy'>, agent: AgentVariant, actions: ActionSpace): string =>
  (policy === 'auto' ? ownPolicy(agent, actions) : policy);

/** A way to act, with the values of its options. */
export interface OpenPolicy {
  readonly name: string;
  readonly variant: PolicyVariant;
  readonly options: OptionsOf<Options>;
}

/** @throws UserError with the reason, where it does not go with the world's actions or the agent */
export async function openPolicy(name: string, config: Config, actions: ActionSpace, agent: Agent): Promise<OpenPolicy> {
  const variant = await loadPolicy(name);
  requireFits(name, variant, actions, agent);
  return { name, variant, options: optionsOf(config, variant) };
}
