/** PlaNet (Hafner et al. 2019): a world model alone. Nothing is learned about acting; every action is planned anew. */
import { compose, defineAgent } from '../config/index.ts';
import { mapGroup } from '../nd-array.ts';
import rssm, { createRssm } from '../models/rssm.ts';
import { createLaprop, laprop } from '../nn/laprop.ts';
import cem from '../policies/cem.ts';
import type { Stage } from '../types.ts';
import { refusesGames } from './parts/refusals.ts';

export default defineAgent({
  ...compose(rssm, laprop, cem),
  description: 'an RSSM world model without actor or critic: every action is planned by CEM (PlaNet)',
  acts: 'cem',
  // As PlaNet: whatever lies beyond the horizon is not seen, and the first plans are as wide as the actions.
  layer: { plan: { horizon: 15, terminal: 'none', own: 0 }, cem: { candidates: 100, iterations: 5, elites: 10, std: 1 } },
  refuses: refusesGames,
  build({ model: modelOptions, optimizer }, world) {
    const model = createRssm(modelOptions, world);
    const { representation, dynamics, parameters, largest } = model;
    const stage: Stage = {
      name: 'model',
      trains: [''],
      optimizer: createLaprop(optimizer),
      loss({ params, batch, noise }) {
        const { total, parts, latents } = model.loss(params, batch, noise);
        return {
          total, context: mapGroup(representation.contextShapes, (_, leaf) => latents[leaf]), shared: { latents },
          parts: Object.fromEntries(Object.entries(parts).map(([name, part]) => [`model/${name}`, part])),
        };
      },
    };
    return { parameters, representation, dynamics, targetShapes: {}, stages: [stage], ...(largest ? { largest: { reward: largest } } : {}) };
  },
});
