/** What an agent's name stands for: a model, a behaviour that shares its latent, and a way to act. */
import { createActorCritic } from '../behavior/actor-critic.ts';
import { createSearchDistillation } from '../behavior/search-distillation.ts';
import { isTrio, learnsFromSearch, type Config } from '../config/index.ts';
import { createMuzero } from '../models/muzero.ts';
import { createRssm } from '../models/rssm.ts';
import type { PolicyVariant } from '../planning/acting.ts';
import type { SearchKind } from '../planning/program-search.ts';
import type { ActionSpace, Agent } from '../types.ts';
import { UserError } from '../user-error.ts';
import { channelsOf } from '../world/frame-stack.ts';

/** The sides of the world that an agent is built for. */
export interface AgentShape {
  readonly actions: ActionSpace;
  /** Length of an encoded action. */
  readonly actionSize: number;
}

export function createAgent(config: Config, { actions, actionSize }: AgentShape): Agent {
  const trio = isTrio(config.agent);
  const modelShape = { image: { size: config.env.size, channels: channelsOf(config.env) }, actionSize };
  const model = (trio ? createMuzero : createRssm)(config.model, modelShape);
  const { bins, horizonDiscount, support } = config.model;
  const shape = { featureSize: model.featureSize, actions, bins, horizonDiscount, support };
  const behavior = (trio && learnsFromSearch(config) ? createSearchDistillation : createActorCritic)(
    config.behavior, config.search, shape,
  );
  return { model, behavior };
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
