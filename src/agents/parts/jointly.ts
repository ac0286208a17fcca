/**
 * A model and a behaviour that learn in one stage: one backward pass through both losses, one optimiser. What the
 * behaviour's gradients do to the model's latents is up to the behaviour.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { Behavior } from '../../config/index.ts';
import { mapGroup } from '../../nd-array.ts';
import type { Agent, Group, LatentModel, Optimizer, Stage } from '../../types.ts';

export interface Joined {
  /** Its `dynamics` may be wrapped: the behaviour imagines with what is given here. */
  readonly model: LatentModel;
  readonly behavior: Behavior;
  readonly optimizer: Optimizer;
}

/**
 * Metrics are named by what made them: `model/image`, `behavior/policy`, …. The stage is called `joint`, and shares the
 * batch's `latents` with stages that may follow it.
 */
export function jointly({ model, behavior, optimizer }: Joined): Agent {
  const { representation, dynamics } = model;
  const { prediction, targetShapes, slow, statistics } = behavior;
  const stage: Stage = {
    name: 'joint',
    trains: [''],
    optimizer,
    slow,
    statistics,
    loss({ earlier: _, ...input }) {
      const world = model.loss(input.params, input.batch, input.noise);
      const acting = behavior.loss({ ...input, model, world });
      return {
        total: tf.add(world.total, acting.total) as Tensor,
        parts: { ...prefixed('model', world.parts), ...prefixed('behavior', acting.parts) },
        context: mapGroup(representation.contextShapes, (_shape, leaf) => world.latents[leaf]),
        ...(acting.priority ? { priority: acting.priority } : {}),
        ...(acting.statistics ? { statistics: acting.statistics } : {}),
        shared: { latents: world.latents },
      };
    },
  };
  return {
    parameters: { ...model.parameters, ...prediction.parameters },
    representation, dynamics, prediction, targetShapes, stages: [stage],
    largest: { ...(model.largest ? { reward: model.largest } : {}), ...(behavior.largest ? { value: behavior.largest } : {}) },
  };
}

const prefixed = (prefix: string, parts: Group<Tensor>): Group<Tensor> =>
  Object.fromEntries(Object.entries(parts).map(([name, tensor]) => [`${prefix}/${name}`, tensor]));
