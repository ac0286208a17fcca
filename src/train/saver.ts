/** Writes checkpoints of a run while it goes on. */
import type { Config } from '../config/index.ts';
import { writeCheckpoint } from '../data/checkpoint.ts';
import type { Plain } from '../data/plain.ts';
import type { Replay } from '../data/replay.ts';
import type { Groups, NdArray } from '../types.ts';
import type { Collector } from './collector.ts';
import { DivergedError } from './diverged.ts';
import { wrongArray } from './finite.ts';
import type { Learner } from './learner.ts';
import type { LoopState } from './loop.ts';
import type { Clock } from './metrics.ts';
import { SLOTS } from './saved-arrays.ts';
import type { LearnerState } from './update.ts';

export interface Saver {
  /** As of `Run`. */
  save(state: LoopState): Promise<void>;
  /** Resolves once nothing is being written any more, whether or not it could be. */
  close(): Promise<void>;
}

export interface SaverOptions {
  readonly file: string;
  readonly config: Config;
  readonly command: string;
  readonly replay: Pick<Replay, 'flush' | 'commit'>;
  readonly collector: Pick<Collector, 'snapshot'>;
  readonly learner: Pick<Learner, 'state'>;
  readonly clock: Pick<Clock, 'elapsedMs'>;
  /** What tells later whose run this is. */
  marks(): Plain;
}

export function createSaver({ file, config, command, replay, collector, learner, clock, marks }: SaverOptions): Saver {
  /** Settles when the latest one is written; never rejects. */
  let latest: Promise<unknown> = Promise.resolve();

  async function write({ means, pictures, ...counters }: LoopState, before: Promise<unknown>): Promise<void> {
    const numbers = { ...counters, elapsedMs: clock.elapsedMs() };
    // All are asked before any is waited for: each answers before it goes on.
    const taken = [replay.flush(), collector.snapshot(), learner.state()] as const;
    await Promise.allSettled([before, ...taken]); // so that none is left alone where another fails
    const [mark, { driver, carry }, state] = await Promise.all(taken);
    const arrays = { ...learnerArrays(state), carry };
    const wrong = wrongArray(arrays, { whole: true });
    if (wrong !== undefined) throw new DivergedError(`${wrong}, so this moment is not saved over the last good checkpoint`);
    await writeCheckpoint(file, {
      kind: 'run', config: { ...config }, command, counters: numbers, arrays, extra: { driver, replay: mark, means, pictures, ...marks() },
    });
    await replay.commit(mark);
  }

  return {
    save(state) {
      const saving = write(state, latest);
      latest = saving.catch(() => {}); // whoever asked for it is told
      return saving;
    },
    async close() {
      await latest;
    },
  };
}

const learnerArrays = ({ slots, ...state }: LearnerState): Groups<NdArray> =>
  ({ ...state, ...Object.fromEntries(Object.entries(slots).map(([key, group]) => [SLOTS + key, group])) });
