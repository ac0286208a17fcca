/** DQN (Mnih et al. 2015), double and with returns of three steps: values of actions, from pixels, and nothing imagined. */
import qLearning, { createQLearning } from '../behavior/q-learning.ts';
import { compose, defineAgent } from '../config/index.ts';
import { createFrames, frames } from '../models/parts/frames.ts';
import { createLaprop, laprop } from '../nn/laprop.ts';
import actor from '../policies/actor.ts';
import { jointly } from './parts/jointly.ts';
import { refusesRules } from './parts/refusals.ts';

export default defineAgent({
  ...compose(frames, qLearning, laprop, actor),
  description: 'values of actions that are learned from what was really received: nothing is imagined (DQN)',
  acts: 'actor',
  refuses: (world) => qLearning.refuses?.(world.actions) ?? refusesRules(world),
  build({ model: modelOptions, behavior, optimizer }, world) {
    const model = createFrames(modelOptions, world);
    const { featureSize } = model.representation;
    return jointly({ model, behavior: createQLearning(behavior, { ...world, ...modelOptions, featureSize }), optimizer: createLaprop(optimizer) });
  },
});
