/** What an agent's name stands for: a model, a behaviour that shares its latent, and a way to act. */
import { createActorCritic } from '../behavior/actor-critic.ts';
import { createSearchDistillation } from '../behavior/search-distillation.ts';
import { isTrio, learnsFromSearch, type Config } from '../config/index.ts';
import { createMuzero } from '../models/muzero.ts';
import { createRssm } from '../models/rssm.ts';
import type { PolicyVariant } from '../planning/acting.ts';
import type { SearchKind } from '../planning/program-search.ts';
import type { ActionSpace, Agent, Environment } from '../types.ts';
import { UserError } from '../user-error.ts';
import { actionSize } from '../world/actions.ts';
import { channelsOf } from '../world/frame-stack.ts';

/** The sides of the world that an agent is built for. */
export interface AgentShape {
  readonly actions: ActionSpace;
  /** Length of an encoded action. */
  readonly actionSize: number;
  /** Two players act in turn. */
  readonly takesTurns?: boolean;
  /** Some actions are forbidden in some states. */
  readonly forbids?: boolean;
}

export const shapeOf = ({ actions, toMove, legal }: Environment): AgentShape =>
  ({ actions, actionSize: actionSize(actions), takesTurns: toMove !== undefined, forbids: legal !== undefined });

/** The agent for a world where the user names none; the configuration's default where it is undefined. */
export const agentFor = ({ toMove, legal }: Environment): Config['agent'] | undefined =>
  toMove || legal ? 'gumbel-muzero' : undefined;

/** @throws UserError where this agent cannot learn what the world asks for */
export function createAgent(config: Config, shape: AgentShape): Agent {
  const { actions, takesTurns = false, forbids = false } = shape;
  if ((takesTurns || forbids) && !(isTrio(config.agent) && learnsFromSearch(config))) {
    const why = forbids ? 'it would imagine actions that this world forbids' : 'it imagines one player, and here two act in turn';
    throw new UserError(`agent '${config.agent}' cannot learn this world: ${why}; use --agent gumbel-muzero or muzero`);
  }
  const trio = isTrio(config.agent);
  const modelShape = { image: { size: config.env.size, channels: channelsOf(config.env) }, actionSize: shape.actionSize };
  const model = (trio ? createMuzero : createRssm)(config.model, modelShape);
  const { bins, horizonDiscount, support } = config.model;
  const heads = { featureSize: model.featureSize, actions, bins, horizonDiscount, support, takesTurns, forbids };
  const behavior = (trio && learnsFromSearch(config) ? createSearchDistillation : createActorCritic)(
    config.behavior, config.search, heads,
  );
  return { model, behavior, takesTurns };
}

/** The name of the policy that an agent acts by while it learns. */
export function actingPolicy({ search: { policy } }: Config, actions: ActionSpace): SearchKind | 'actor' {
  return policy === 'auto' ? searchFor(actions) : policy;
}

/** The search that learns from few simulations in a world with these actions. */
export const searchFor = ({ kind }: ActionSpace): SearchKind => (kind === 'discrete' ? 'gumbel' : 'sampled');

/**
 * A way to act by its name, which is the name of a file in `policies`.
 * @throws UserError with the reason, where it does not go with the world's actions
 */
export async function loadPolicy(name: string, actions: ActionSpace): Promise<PolicyVariant> {
  const { default: variant }: { readonly default: PolicyVariant } = await import(`../policies/${name}.ts`);
  const refusal = variant.refuses(actions);
  if (refusal) throw new UserError(`policy '${name}' does not go with this world: ${refusal}`);
  return variant;
}
