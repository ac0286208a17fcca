/**
 * What MuZero's agents have in common: the trio learns from search, by distillation and n-step returns. They differ in
 * the search and in what they ask of the configuration.
 */
import searchDistillation, { createSearchDistillation } from '../../behavior/search-distillation.ts';
import { compose, mergeLayers, ownPolicy, type AgentVariant, type Component, type ConfigLayer } from '../../config/index.ts';
import muzero, { createMuzero } from '../../models/muzero.ts';
import { createLaprop, laprop } from '../../nn/laprop.ts';
import { jointly } from './jointly.ts';
import { reanalysing, reanalysis } from './reanalysis.ts';

const parts = compose(muzero, searchDistillation, laprop, reanalysis);

const layer: ConfigLayer = {
  model: { frames: 3, bins: 51 },
  behavior: { actorLayers: 1, criticLayers: 1, scales: { value: 0.5 } },
  search: { reanalyse: 0.5 },
  train: { batchLength: 16 },
};

export interface TrioAgent extends Pick<AgentVariant, 'description' | 'acts' | 'layer'> {
  /** The policies that it acts by, which bring their options. */
  readonly searches: readonly Component[];
}

export function trioFromSearch({ description, acts, searches, layer: wishes = {} }: TrioAgent): AgentVariant<typeof parts.options> {
  return {
    ...parts,
    options: compose(parts, ...searches).options as typeof parts.options,
    description,
    acts,
    layer: mergeLayers(layer, wishes),
    refuses: () => undefined,
    build({ model: modelOptions, behavior, optimizer, search }, world) {
      const { actions, takesTurns = false } = world;
      const model = createMuzero(modelOptions, world);
      const { featureSize } = model.representation;
      const agent = jointly({
        model,
        behavior: createSearchDistillation({ behavior, search }, { ...world, ...modelOptions, featureSize }),
        optimizer: createLaprop(optimizer),
      });
      const own = { name: ownPolicy({ acts }, actions), options: { search } };
      return reanalysing({ ...agent, takesTurns }, { actions, share: search.reanalyse, own });
    },
  };
}
