/** What an agent's name stands for: a model and a behaviour that share one latent. */
import { createActorCritic } from '../behavior/actor-critic.ts';
import type { Config } from '../config/index.ts';
import { createRssm } from '../models/rssm.ts';
import type { ActionSpace, Agent } from '../types.ts';

/** The sides of the world that an agent is built for. */
export interface AgentShape {
  readonly actions: ActionSpace;
  /** Length of an encoded action. */
  readonly actionSize: number;
}

export const CHANNELS = 3;

export function createAgent(config: Config, { actions, actionSize }: AgentShape): Agent {
  const model = createRssm(config.model, { image: { size: config.env.size, channels: CHANNELS }, actionSize });
  const { bins, horizonDiscount } = config.model;
  const behavior = createActorCritic(config.behavior, {
    featureSize: model.featureSize, actions, bins, horizonDiscount,
  });
  return { model, behavior };
}
