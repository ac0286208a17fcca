/** PPO (Schulman et al. 2017), from pixels: on-policy, nothing imagined, and nothing learned from twice as many steps ago. */
import clippedPolicy, { createClippedPolicy } from '../behavior/clipped-policy.ts';
import { compose, defineAgent, type Component } from '../config/index.ts';
import { createFrames, frames } from '../models/parts/frames.ts';
import { createLaprop, laprop } from '../nn/laprop.ts';
import actor from '../policies/actor.ts';
import { jointly } from './parts/jointly.ts';
import { refusesRules } from './parts/refusals.ts';

/** Of a random burst nobody knows how probable the policy would have found it. */
const ownActions: Component<Record<never, never>> = {
  options: {},
  rules: (_, { train: { explore } }) => (explore > 0 ? [{ key: 'train.explore', expected: 'expected 0, since it learns from what it chose itself alone' }] : []),
};

export default defineAgent({
  ...compose(frames, clippedPolicy, ownActions, laprop, actor),
  description: 'an actor that learns from its newest steps alone, and from each a few times (PPO)',
  acts: 'actor',
  layer: {
    behavior: { entropy: 0.01, scales: { value: 0.5 } },
    env: { lanes: 16 },
    // 16 lanes of 64 steps; four minibatches, four times over (as Lange 2022 has it for small worlds). Of the 35 steps of a
    // sequence 32 are learned from: two are before them, and one after.
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
