/** TD-MPC2 (Hansen, Su and Wang 2024): a latent that foresees itself, values of actions, and MPPI over both. */
import tdLearning, { createTdLearning } from '../behavior/td-learning.ts';
import { compose, defineAgent } from '../config/index.ts';
import { ensemble, withEnsemble } from '../models/parts/ensemble.ts';
import tdmpc2, { createTdmpc2 } from '../models/tdmpc2.ts';
import { createLaprop, laprop } from '../nn/laprop.ts';
import cem from '../policies/cem.ts';
import mppi from '../policies/mppi.ts';
import { jointly } from './parts/jointly.ts';
import { refusesGames } from './parts/refusals.ts';

export default defineAgent({
  ...compose(tdmpc2, ensemble, tdLearning, laprop, mppi, cem),
  description: 'a latent without a decoder, an ensemble of values, and short plans that end in them (TD-MPC2)',
  // The original knows continuous actions alone.
  acts: { discrete: 'cem', continuous: 'mppi' },
  layer: {
    // With the original's 20 for the consistency and 0.1 for the others the latent falls into one point here.
    model: { decoder: 'probe', bins: 101, scales: { reward: 1, consistency: 2 } },
    behavior: { actorLayers: 2, criticLayers: 2, entropy: 1e-4, slowRate: 0.01 },
    // As TD-MPC2, save that there are 512 plans, of which 24 are the policy's, and 64 elites.
    plan: { horizon: 3, own: 0.0625 },
    mppi: { candidates: 128, iterations: 6, elites: 16, temperature: 0.5, std: 1, smooth: 0 },
    train: { batchLength: 16 },
  },
  refuses: refusesGames,
  build({ model: modelOptions, ensemble: doubts, behavior, optimizer }, world) {
    const model = withEnsemble(createTdmpc2(modelOptions, world), doubts, world);
    const { featureSize } = model.representation;
    return jointly({
      model,
      behavior: createTdLearning(behavior, { ...world, ...modelOptions, featureSize }),
      optimizer: createLaprop(optimizer),
    });
  },
});
