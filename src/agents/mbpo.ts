/**
 * MBPO (Janner et al. 2019), from pixels: a soft actor-critic that learns from what was really received and from branches
 * through an ensemble of probabilistic networks.
 */
import softActorCritic, { createSoftActorCritic } from '../behavior/soft-actor-critic.ts';
import { compose, defineAgent } from '../config/index.ts';
import pets, { createPets } from '../models/pets.ts';
import { branching } from '../nn/branches.ts';
import { createLaprop, laprop } from '../nn/laprop.ts';
import actor from '../policies/actor.ts';
import { doubting, doubts } from './parts/doubting.ts';
import { jointly } from './parts/jointly.ts';
import { refusesGames } from './parts/refusals.ts';

export default defineAgent({
  ...compose(doubts, pets, softActorCritic, branching, laprop, actor),
  description: 'a soft actor-critic that also learns from short branches through an ensemble of dynamics (MBPO)',
  acts: 'actor',
  layer: {
    model: { frames: 3, bins: 51, deter: 32 },
    // Another member at every step, as there.
    ensemble: { propagation: 'ts1' },
    // Two updates for each real step: few of them are what it is for.
    train: { batchLength: 16, trainRatio: 256, steps: 10_000 },
  },
  refuses: refusesGames,
  build({ behavior, branches, optimizer, ...options }, world) {
    const model = createPets(options, world);
    const { featureSize } = model.representation;
    return jointly({
      model,
      behavior: createSoftActorCritic(behavior, { ...world, ...options.model, featureSize }, { branching: { options: branches, ...doubting(options.ensemble) } }),
      optimizer: createLaprop(optimizer),
    });
  },
});
