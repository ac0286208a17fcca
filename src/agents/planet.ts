/** PlaNet (Hafner et al. 2019): a world model alone. Nothing is learned about acting; every action is planned anew. */
import { compose, defineAgent } from '../config/index.ts';
import { ensemble, withEnsemble } from '../models/parts/ensemble.ts';
import rssm, { createRssm } from '../models/rssm.ts';
import { createLaprop, laprop } from '../nn/laprop.ts';
import cem from '../policies/cem.ts';
import { modelAlone } from './parts/model-alone.ts';
import { refusesGames } from './parts/refusals.ts';

export default defineAgent({
  ...compose(rssm, ensemble, laprop, cem),
  description: 'an RSSM world model without actor or critic: every action is planned by CEM (PlaNet)',
  acts: 'cem',
  // As PlaNet: whatever lies beyond the horizon is not seen, and the first plans are as wide as the actions.
  layer: { plan: { horizon: 15, terminal: 'none', own: 0 }, cem: { candidates: 100, iterations: 5, elites: 10, std: 1 } },
  refuses: refusesGames,
  build: ({ model, ensemble: doubts, optimizer }, world) => modelAlone(withEnsemble(createRssm(model, world), doubts, world), createLaprop(optimizer)),
});
