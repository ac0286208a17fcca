/** PPO (Schulman et al. 2017), from pixels: it learns on-policy, and imagines nothing. */
import clippedPolicy, { createClippedPolicy } from '../behavior/clipped-policy.ts';
import { compose, defineAgent, type Component } from '../config/index.ts';
import { createFrames, frames } from '../models/parts/frames.ts';
import { createLaprop, laprop } from '../nn/laprop.ts';
import actor from '../policies/actor.ts';
import { jointly } from './parts/jointly.ts';
import { refusesRules } from './parts/refusals.ts';

/** What was done must have been chosen by the policy itself, as it sees when it learns: nobody else says how probable it was. */
const ownActions: Component<Pick<typeof frames.options, 'model'>> = {
  options: { model: frames.options.model },
  rules: ({ model: { memory } }, { policy, train: { explore } }) => [
    ...(explore > 0 ? [{ key: 'train.explore', expected: 'expected 0, since it learns from what it chose itself alone' }] : []),
    ...(['auto', 'actor'].includes(policy) ? [] : [{ key: 'policy', expected: 'expected actor, since it learns from what it chose itself alone' }]),
    // Replay keeps what was remembered only once a sequence was learned from.
    ...(memory === 'frames' ? [] : [{ key: 'model.memory', expected: 'expected frames, since what a recurrence remembered is not known of newest steps' }]),
  ],
};

export default defineAgent({
  ...compose(frames, clippedPolicy, ownActions, laprop, actor),
  description: 'an actor that learns from its newest steps alone, and from each a few times (PPO)',
  acts: 'actor',
  layer: {
    behavior: { entropy: 0.01, scales: { value: 0.5 } },
    env: { lanes: 16 },
    // 16 lanes of 64 steps, and as many updates as four minibatches, four times over, make (as Lange 2022 has it for small
    // worlds). Of the 35 steps of a sequence 32 are learned from: two are before them, and one after. Where episodes end,
    // lanes have more records than steps, and the oldest sequences reach back into the block before.
    train: { batchSize: 8, batchLength: 35, trainRatio: 4.375, blockUpdates: 16, prefill: 0, explore: 0, steps: 200_000 },
  },
  refuses: refusesRules,
  build({ model: modelOptions, behavior, optimizer }, world) {
    const model = createFrames(modelOptions, world);
    const { featureSize } = model.representation;
    return {
      ...jointly({ model, behavior: createClippedPolicy(behavior, { ...world, ...modelOptions, featureSize }), optimizer: createLaprop(optimizer) }),
      onPolicy: true,
    };
  },
});
