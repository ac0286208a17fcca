/** A Dreamer that acts by tree search over the latents of its RSSM, and may learn from what the search found. */
import { z } from 'zod';
import actorCritic, { createActorCritic } from '../behavior/actor-critic.ts';
import { compose, defineAgent, ownPolicy } from '../config/index.ts';
import { withEnsemble } from '../models/parts/ensemble.ts';
import rssm, { createRssm } from '../models/rssm.ts';
import { createLaprop, laprop } from '../nn/laprop.ts';
import gumbel from '../policies/gumbel.ts';
import sampled from '../policies/sampled.ts';
import { doubting, doubts } from './parts/doubting.ts';
import { jointly } from './parts/jointly.ts';
import { reanalysing, reanalysis } from './parts/reanalysis.ts';
import { refusesGames } from './parts/refusals.ts';

const distillation = {
  options: {
    search: { distill: z.boolean().default(false).describe('Whether the actor also learns what search found.') },
  },
};
const acts = { discrete: 'gumbel', continuous: 'sampled' };

export default defineAgent({
  ...compose(rssm, doubts, actorCritic, laprop, gumbel, sampled, reanalysis, distillation),
  description: 'the same, acting by tree search over the latents of the RSSM',
  acts,
  refuses: refusesGames,
  build({ model: modelOptions, ensemble: ensembleOptions, behavior, optimizer, search }, world) {
    const model = withEnsemble(createRssm(modelOptions, world), ensembleOptions, world);
    const { featureSize } = model.representation;
    const agent = jointly({
      model,
      behavior: createActorCritic(behavior, { ...world, ...modelOptions, featureSize }, {
        ...doubting(ensembleOptions), ...(search.distill ? { distill: search } : {}),
      }),
      optimizer: createLaprop(optimizer),
    });
    if (!search.distill) return agent;
    const { actions } = world;
    return reanalysing(agent, { actions, share: search.reanalyse, own: { name: ownPolicy({ acts }, actions), options: { search } } });
  },
});
