/**
 * The form of a replay: the shapes of its steps and how many of them a number of bytes holds.
 */
import { z } from 'zod';
import { sizeOf } from '../nd-array.ts';
import type { Group } from '../types.ts';
import { stepBytes } from './lane-buffer.ts';
import type { StepLayout } from './lane-buffer.ts';
import { PRIORITY_BYTES } from './start-priorities.ts';

const whole = z.number().int().nonnegative();

/** What two replays must share for one to continue the other. */
export const formSchema = z.object({
  lanes: whole,
  stepsPerLane: whole,
  imageShape: z.array(whole),
  actionSize: whole,
  /** By leaf of the latent; the order is that of their memory. */
  contextShapes: z.record(z.string(), z.array(whole)),
  /** Likewise for targets. Marks written before there were any lack this key and the next. */
  targetShapes: z.record(z.string(), z.array(whole)).default({}),
  /** Are starts drawn by priorities, which are kept then? */
  priorities: z.boolean().default(false),
});

export type ReplayForm = z.infer<typeof formSchema>;

type Shapes = Omit<ReplayForm, 'lanes' | 'stepsPerLane'>;

/** The form that fits into `capacityBytes` of memory. Throws RangeError where not even one step a lane does. */
export function fitForm(options: {
  readonly lanes: number;
  readonly imageShape: readonly number[];
  readonly actionSize: number;
  readonly contextShapes: Group<readonly number[]>;
  readonly targetShapes?: Group<readonly number[]>;
  readonly priority?: { readonly exponent: number };
  readonly capacityBytes: number;
}): ReplayForm {
  const { lanes, actionSize, capacityBytes } = options;
  const shapes = {
    imageShape: [...options.imageShape],
    actionSize,
    contextShapes: copyShapes(options.contextShapes),
    targetShapes: copyShapes(options.targetShapes ?? {}),
    priorities: (options.priority?.exponent ?? 0) > 0,
  };
  const bytesPerStep = bytesPerStepOf(shapes);
  const stepsPerLane = Math.floor(capacityBytes / bytesPerStep / lanes);
  if (!Number.isSafeInteger(stepsPerLane) || stepsPerLane < 1) {
    throw new RangeError(
      `expected a replay capacity of at least ${bytesPerStep * lanes} bytes, one step of ${bytesPerStep} bytes ` +
        `in each of ${lanes} lanes, got ${capacityBytes}`,
    );
  }
  return { lanes, stepsPerLane, ...shapes };
}

export function layoutOf(form: Shapes): StepLayout {
  return {
    imageSize: sizeOf(form.imageShape),
    actionSize: form.actionSize,
    contextSize: totalSize(form.contextShapes),
    targetSize: totalSize(form.targetShapes),
  };
}

/** Memory of one step with everything that is kept beside it. */
export function bytesPerStepOf(form: Shapes): number {
  return stepBytes(layoutOf(form)) + (form.priorities ? PRIORITY_BYTES : 0);
}

function totalSize(shapes: Group<readonly number[]>): number {
  return Object.values(shapes).reduce((sum, shape) => sum + sizeOf(shape), 0);
}

function copyShapes(shapes: Group<readonly number[]>): Record<string, number[]> {
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, [...shape]]));
}
