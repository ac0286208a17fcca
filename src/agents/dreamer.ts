/** DreamerV3 (Hafner et al. 2025): an RSSM, and an actor and a critic that learn in its imagination. */
import actorCritic, { createActorCritic } from '../behavior/actor-critic.ts';
import { compose, defineAgent } from '../config/index.ts';
import { withEnsemble } from '../models/parts/ensemble.ts';
import rssm, { createRssm } from '../models/rssm.ts';
import { createLaprop, laprop } from '../nn/laprop.ts';
import actor from '../policies/actor.ts';
import { doubting, doubts } from './parts/doubting.ts';
import { jointly } from './parts/jointly.ts';
import { refusesGames } from './parts/refusals.ts';

export default defineAgent({
  ...compose(rssm, doubts, actorCritic, laprop, actor),
  description: 'an RSSM world model, and an actor and a critic that learn in its imagination (DreamerV3)',
  acts: 'actor',
  refuses: refusesGames,
  build({ model: modelOptions, ensemble: ensembleOptions, behavior, optimizer }, world) {
    const model = withEnsemble(createRssm(modelOptions, world), ensembleOptions, world);
    const { featureSize } = model.representation;
    return jointly({
      model,
      behavior: createActorCritic(behavior, { ...world, ...modelOptions, featureSize }, doubting(ensembleOptions)),
      optimizer: createLaprop(optimizer),
    });
  },
});
