/**
 * The form of a replay: the shapes of its steps and how many of them a number of bytes holds.
 */
import { z } from 'zod';
import type { Group } from '../types.ts';
import { stepBytes } from './lane-buffer.ts';
import type { StepLayout } from './lane-buffer.ts';

const whole = z.number().int().nonnegative();

/** What two replays must share for one to continue the other. */
export const formSchema = z.object({
  lanes: whole,
  stepsPerLane: whole,
  imageShape: z.array(whole),
  actionSize: whole,
  /** By leaf of the latent; the order is that of their memory. */
  contextShapes: z.record(z.string(), z.array(whole)),
});

export type ReplayForm = z.infer<typeof formSchema>;

/** The form that fits into `capacityBytes` of memory. Throws RangeError where not even one step a lane does. */
export function fitForm(options: {
  readonly lanes: number;
  readonly imageShape: readonly number[];
  readonly actionSize: number;
  readonly contextShapes: Group<readonly number[]>;
  readonly capacityBytes: number;
}): ReplayForm {
  const { lanes, actionSize, capacityBytes } = options;
  const shapes = {
    imageShape: [...options.imageShape],
    actionSize,
    contextShapes: Object.fromEntries(Object.entries(options.contextShapes).map(([name, shape]) => [name, [...shape]])),
  };
  const bytesPerStep = stepBytes(layoutOf(shapes));
  const stepsPerLane = Math.floor(capacityBytes / bytesPerStep / lanes);
  if (!Number.isSafeInteger(stepsPerLane) || stepsPerLane < 1) {
    throw new RangeError(
      `expected a replay capacity of at least ${bytesPerStep * lanes} bytes, one step of ${bytesPerStep} bytes ` +
        `in each of ${lanes} lanes, got ${capacityBytes}`,
    );
  }
  return { lanes, stepsPerLane, ...shapes };
}

export function layoutOf(form: Pick<ReplayForm, 'imageShape' | 'actionSize' | 'contextShapes'>): StepLayout {
  return {
    imageSize: product(form.imageShape),
    actionSize: form.actionSize,
    contextSize: Object.values(form.contextShapes).reduce((sum, shape) => sum + product(shape), 0),
  };
}

export function product(shape: readonly number[]): number {
  return shape.reduce((size, axis) => size * axis, 1);
}
