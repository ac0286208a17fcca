/**
 * A model and a behaviour that learn in one stage: one backward pass through both losses, one optimiser. What the
 * behaviour's gradients do to the model's latents is up to the behaviour. What it learns apart is a second stage.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { Behavior } from '../../config/index.ts';
import { mapGroup } from '../../nd-array.ts';
import type {
  Agent, Group, Groups, LearnedModel, ModelLoss, Optimizer, Representation, Stage, StageLoss,
} from '../../types.ts';

export interface Joined {
  /** Its `dynamics` may be wrapped: the behaviour imagines with what is given here. */
  readonly model: LearnedModel;
  readonly behavior: Behavior;
  readonly optimizer: Optimizer;
}

/**
 * Metrics are named by what made them: `model/image`, `behavior/policy`, …. The first stage is called `joint`, and shares
 * what the model's loss came to (`sharedWorld`) with stages that may follow it.
 */
export function jointly({ model, behavior, optimizer }: Joined): Agent {
  const { representation, dynamics } = model;
  const { prediction, targetShapes, slow, statistics, apart } = behavior;
  const parameters = { ...model.parameters, ...prediction.parameters };
  const isApart = (name: string) => apart?.trains.some((prefix) => name.startsWith(prefix)) ?? false;
  const joint: Stage = {
    name: JOINT,
    trains: apart ? Object.keys(parameters).filter((name) => !isApart(name)) : [''],
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
        shared: shareWorld(world),
      };
    },
  };
  const second = apart && {
    name: apart.name,
    trains: apart.trains,
    optimizer,
    statistics: apart.statistics,
    loss({ earlier, ...input }) {
      const { parts, ...found } = apart.loss({ ...input, model, world: sharedWorld(earlier[JOINT], representation) });
      return { ...found, parts: prefixed('behavior', parts) };
    },
  } satisfies Stage;
  return {
    parameters, representation, ...(dynamics ? { dynamics } : {}), prediction, targetShapes, stages: [joint, ...(second ? [second] : [])],
    largest: { ...(model.largest ? { reward: model.largest } : {}), ...(behavior.largest ? { value: behavior.largest } : {}) },
  };
}

const JOINT = 'joint';

export const prefixed = (prefix: string, parts: Group<Tensor>): Group<Tensor> =>
  Object.fromEntries(Object.entries(parts).map(([name, tensor]) => [`${prefix}/${name}`, tensor]));

/** What a model's loss came to, as a stage hands it on, … */
const shareWorld = ({ latents, unrolled }: Pick<ModelLoss, 'latents' | 'unrolled'>): Groups<Tensor> => ({
  latents, ...(unrolled ? { unrolled: unrolled.latents, valid: { valid: unrolled.valid } } : {}),
});

/** … and as a later one takes it. @throws Error where that stage learned no world */
export function sharedWorld({ shared }: StageLoss, { blindSteps }: Representation): Pick<ModelLoss, 'latents' | 'unrolled'> {
  if (!shared?.latents) throw new Error('expected a stage before this one that learns a world');
  const { latents, unrolled, valid } = shared;
  return { latents, ...(unrolled ? { unrolled: { first: blindSteps, latents: unrolled, valid: valid.valid } } : {}) };
}
