/** A model that learns by itself: nothing is learned about acting. */
import { mapGroup } from '../../nd-array.ts';
import type { Agent, LatentModel, Optimizer, Stage } from '../../types.ts';
import { prefixed } from './jointly.ts';

/** One stage, called `model`; metrics are `model/image` and the like. */
export function modelAlone(model: LatentModel, optimizer: Optimizer): Agent {
  const { representation, dynamics, parameters, largest } = model;
  const stage: Stage = {
    name: 'model',
    trains: [''],
    optimizer,
    loss({ params, batch, noise }) {
      const { total, parts, latents } = model.loss(params, batch, noise);
      return {
        total, parts: prefixed('model', parts), context: mapGroup(representation.contextShapes, (_, leaf) => latents[leaf]),
        shared: { latents },
      };
    },
  };
  return { parameters, representation, dynamics, targetShapes: {}, stages: [stage], ...(largest ? { largest: { reward: largest } } : {}) };
}
