/** Dreamer's behaviour on MuZero's trio: an actor and a critic that learn in the imagination of another model. */
import actorCritic, { createActorCritic } from '../behavior/actor-critic.ts';
import { compose, defineAgent } from '../config/index.ts';
import { withEnsemble } from '../models/parts/ensemble.ts';
import muzero, { createMuzero } from '../models/muzero.ts';
import { createLaprop, laprop } from '../nn/laprop.ts';
import actor from '../policies/actor.ts';
import { doubting, doubts } from './parts/doubting.ts';
import { jointly } from './parts/jointly.ts';
import { refusesGames } from './parts/refusals.ts';

export default defineAgent({
  ...compose(muzero, doubts, actorCritic, laprop, actor),
  description: "an actor and a critic that learn in the trio's imagination",
  layer: { model: { frames: 3, bins: 51 }, train: { batchLength: 16 } },
  acts: 'actor',
  refuses: refusesGames,
  build({ model: modelOptions, ensemble: ensembleOptions, behavior, optimizer }, world) {
    const model = withEnsemble(createMuzero(modelOptions, world), ensembleOptions, world);
    const { featureSize } = model.representation;
    return jointly({
      model,
      behavior: createActorCritic(behavior, { ...world, ...modelOptions, featureSize }, doubting(ensembleOptions)),
      optimizer: createLaprop(optimizer),
    });
  },
});
