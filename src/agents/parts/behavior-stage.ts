/** A behaviour that learns by itself on what a stage before it made of the batch: no gradient of it reaches the model. */
import type { Behavior } from '../../config/index.ts';
import type { Model, Optimizer, Stage } from '../../types.ts';
import { prefixed, sharedWorld } from './jointly.ts';

export interface BehaviorStage {
  /** The stage's, and what the names of its metrics begin with. */
  readonly name: string;
  readonly behavior: Behavior;
  readonly model: Model;
  /** The stage that learns the model. */
  readonly after: string;
  readonly optimizer: Optimizer;
}

export const behaviorStage = ({ name, behavior, model, after, optimizer }: BehaviorStage): Stage => ({
  name,
  trains: Object.keys(behavior.prediction.parameters),
  optimizer,
  slow: behavior.slow,
  statistics: behavior.statistics,
  loss({ earlier, ...input }) {
    const { parts, ...found } = behavior.loss({ ...input, model, world: sharedWorld(earlier[after], model.representation) });
    return { ...found, parts: prefixed(name, parts) };
  },
});
