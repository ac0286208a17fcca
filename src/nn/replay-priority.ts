/** Keys of whatever says how much there is to learn from a sequence (Schaul et al. 2016). */
import { fraction, type Shape } from '../config/index.ts';

export const replayPriority = {
  priority: fraction.default(0).describe('Exponent of the priority by value error; 0 replays uniformly.'),
  correction: fraction.default(1).describe('How much of that preference the weights of the losses take back.'),
} as const satisfies Shape;
