/**
 * Plan2Explore (Sekar et al. 2020): one actor-critic goes in imagination where an ensemble disagrees, and gathers what is
 * not known yet; another learns the task on the same latents, from rewards that shape nothing.
 */
import actorCritic, { createActorCritic } from '../behavior/actor-critic.ts';
import { compose, defineAgent, weight } from '../config/index.ts';
import { withEnsemble } from '../models/parts/ensemble.ts';
import rssm, { createRssm } from '../models/rssm.ts';
import { createLaprop, laprop } from '../nn/laprop.ts';
import actor from '../policies/actor.ts';
import { behaviorStage } from './parts/behavior-stage.ts';
import { curious, doubting, doubts, required } from './parts/doubting.ts';
import { modelAlone } from './parts/model-alone.ts';
import { refusesGames } from './parts/refusals.ts';

const exploring = {
  options: { explorer: { entropy: weight.default(0.03).describe('Weight of the entropy of whoever explores: it is to try much, and not to be sure.') } },
};

export default defineAgent({
  ...compose(rssm, doubts, required, actorCritic, exploring, laprop, actor),
  description: 'a Dreamer that goes where an ensemble disagrees, and learns the task from what it saw (Plan2Explore)',
  acts: 'actor',
  layer: { model: { rewardShapes: false }, ensemble: { members: 5, bootstrap: 1 } },
  refuses: refusesGames,
  build({ model: modelOptions, ensemble: ensembleOptions, behavior, explorer: { entropy }, optimizer: options }, world) {
    const model = withEnsemble(createRssm(modelOptions, world), ensembleOptions, world);
    const shape = { ...world, ...modelOptions, featureSize: model.representation.featureSize };
    const optimizer = createLaprop(options);
    const agent = modelAlone(model, optimizer);
    const learned = { model, optimizer, after: agent.stages[0].name };
    const task = createActorCritic(behavior, shape, doubting(ensembleOptions));
    // What was received in replay is no measure of what was new there.
    const explorer = createActorCritic({ ...behavior, entropy, replayCritic: 0 }, shape, { prefix: 'explorer/', judge: curious });
    return {
      ...agent,
      parameters: { ...agent.parameters, ...task.prediction.parameters, ...explorer.prediction.parameters },
      prediction: task.prediction,
      explorer: explorer.prediction,
      stages: [
        { ...agent.stages[0], trains: Object.keys(agent.parameters) },
        behaviorStage({ name: 'behavior', behavior: task, ...learned }),
        behaviorStage({ name: 'explorer', behavior: explorer, ...learned }),
      ],
      largest: { ...agent.largest, ...(task.largest ? { value: task.largest } : {}) },
    };
  },
});
