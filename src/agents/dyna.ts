/**
 * Dyna (Sutton 1990) with networks: values of actions learn from what was really received, and from short branches of an
 * RSSM's imagination, by the same rule.
 */
import qLearning, { createQLearning } from '../behavior/q-learning.ts';
import { compose, defineAgent } from '../config/index.ts';
import { withEnsemble } from '../models/parts/ensemble.ts';
import rssm, { createRssm } from '../models/rssm.ts';
import { branching } from '../nn/branches.ts';
import { createLaprop, laprop } from '../nn/laprop.ts';
import actor from '../policies/actor.ts';
import { doubting, doubts } from './parts/doubting.ts';
import { jointly } from './parts/jointly.ts';
import { refusesGames } from './parts/refusals.ts';

export default defineAgent({
  ...compose(rssm, doubts, qLearning, branching, laprop, actor),
  description: 'values of actions that learn from what was received and from short branches of imagination alike (Dyna)',
  acts: 'actor',
  refuses: (world) => qLearning.refuses?.(world.actions) ?? refusesGames(world),
  build({ model: modelOptions, ensemble: ensembleOptions, behavior, branches, optimizer }, world) {
    const model = withEnsemble(createRssm(modelOptions, world), ensembleOptions, world);
    const { featureSize } = model.representation;
    return jointly({
      model,
      behavior: createQLearning(behavior, { ...world, ...modelOptions, featureSize }, { branching: { options: branches, ...doubting(ensembleOptions) } }),
      optimizer: createLaprop(optimizer),
    });
  },
});
