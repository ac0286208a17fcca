/** SAC (Haarnoja et al. 2018), from pixels: an actor and two critics that learn from what was really received alone. */
import softActorCritic, { createSoftActorCritic } from '../behavior/soft-actor-critic.ts';
import { compose, defineAgent } from '../config/index.ts';
import { createFrames, frames } from '../models/parts/frames.ts';
import { createLaprop, laprop } from '../nn/laprop.ts';
import actor from '../policies/actor.ts';
import { jointly } from './parts/jointly.ts';
import { refusesRules } from './parts/refusals.ts';

export default defineAgent({
  ...compose(frames, softActorCritic, laprop, actor),
  description: 'an actor and two critics that keep choices open and imagine nothing (SAC)',
  acts: 'actor',
  // A step of 128 transitions for each real one, as there; with a fourth of that it learns Pendulum on some seeds alone.
  layer: { train: { trainRatio: 128 } },
  refuses: refusesRules,
  build({ model: modelOptions, behavior, optimizer }, world) {
    const model = createFrames(modelOptions, world);
    const { featureSize } = model.representation;
    return jointly({ model, behavior: createSoftActorCritic(behavior, { ...world, ...modelOptions, featureSize }), optimizer: createLaprop(optimizer) });
  },
});
