/** PETS (Chua et al. 2018), from pixels: an ensemble of probabilistic networks, and plans that are tried in all of them. */
import { compose, defineAgent } from '../config/index.ts';
import pets, { createPets } from '../models/pets.ts';
import { createLaprop, laprop } from '../nn/laprop.ts';
import cem from '../policies/cem.ts';
import { modelAlone } from './parts/model-alone.ts';
import { refusesGames } from './parts/refusals.ts';

export default defineAgent({
  ...compose(pets, laprop, cem),
  description: 'an ensemble of probabilistic dynamics; every action is planned in futures of all members (PETS)',
  acts: 'cem',
  layer: {
    // So narrow that a normal over it is one over what counts.
    model: { frames: 3, bins: 51, deter: 32 },
    // PETS has 400 plans of 20 particles; a latent world of pixels costs more a step, and has nothing beyond the horizon either.
    plan: { horizon: 12, terminal: 'none', own: 0, particles: 5 },
    cem: { candidates: 48, iterations: 3, elites: 6 },
    train: { batchLength: 16 },
  },
  refuses: refusesGames,
  build: ({ optimizer, ...options }, world) => modelAlone(createPets(options, world), createLaprop(optimizer)),
});
