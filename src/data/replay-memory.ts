/**
 * What a replay keeps in memory: the steps of every lane, and the priorities of their starts where it has any.
 */
import { LaneBuffer } from './lane-buffer.ts';
import { layoutOf } from './replay-form.ts';
import type { ReplayForm } from './replay-form.ts';
import { StartPriorities } from './start-priorities.ts';

export interface ReplayMemory {
  readonly lanes: readonly LaneBuffer[];
  readonly priorities?: StartPriorities;
}

/** Memory of a form, empty. `counts` says at which step every lane goes on where it is to be restored. */
export function createMemory(form: ReplayForm, exponent: number, counts: readonly number[] = []): ReplayMemory {
  const layout = layoutOf(form);
  return {
    lanes: Array.from({ length: form.lanes }, (_, lane) => new LaneBuffer(layout, form.stepsPerLane, counts[lane])),
    priorities: form.priorities ? new StartPriorities(form, exponent) : undefined,
  };
}

/** Views of all that may change after a step was appended, always cut the same way for the same counts. */
export function changingBytes({ lanes, priorities }: ReplayMemory): Uint8Array[] {
  return [
    ...lanes.flatMap((lane) => lane.changingBytes()),
    ...(priorities?.views(lanes.map((lane) => lane.stored)) ?? []),
  ];
}
