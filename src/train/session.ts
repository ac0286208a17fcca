/**
 * A session of training: the loop, and around it when rows are written, when checkpoints are, when it ends, and what is
 * evaluated then. Whoever shows something, a terminal or a page, watches its moments.
 */
import { isFileError, UserError } from '../user-error.ts';
import { WorldError } from '../world/world-error.ts';
import { DivergedError } from './diverged.ts';
import { trainingLoop, type Moment } from './loop.ts';
import type { Run } from './run.ts';

export interface SessionOptions<Evaluation> {
  /** Told of every moment, before anything else happens; the run waits for it. */
  watch?(moment: Moment): void | Promise<void>;
  /** Asked after every block: whether to save and stop. */
  stopped?(): boolean;
  /** Asked every `train.evalEvery` steps for the return by then, which becomes a metric; the run waits for it. */
  returnAt?(step: number): Promise<number>;
  /** What is done once all is learned, or the time is up. */
  evaluate?(reached: Reached): Promise<Evaluation>;
}

export interface Reached {
  readonly step: number;
  readonly update: number;
  /** Time spent training, in this session and those before. */
  readonly trainedMs: number;
}

export interface SessionEnd<Evaluation> extends Reached {
  /** It was stopped with steps left, and nothing was evaluated. */
  readonly interrupted: boolean;
  readonly evaluation?: Evaluation;
}

/**
 * Train until the budget of steps or of time is used, or until it is stopped; then evaluate, unless it was stopped.
 * What has diverged is not saved: the last good checkpoint stays.
 * @throws WorldError where a world did what it may not, after the run was saved at the last moment before; DivergedError
 */
export async function trainSession<Evaluation = never>(
  run: Run,
  { watch, stopped = () => false, returnAt, evaluate }: SessionOptions<Evaluation> = {},
): Promise<SessionEnd<Evaluation>> {
  const { config: { train }, metrics, clock, resume } = run;
  const outOfTime = () => train.minutes > 0 && clock.elapsedMs() >= train.minutes * 60_000;
  let { step, update } = resume ?? { step: 0, update: 0 };
  // A run that has just begun is saved at once, so that from then on there is something to go on from.
  let savedAt = resume ? step : -Infinity;
  let last: Moment | undefined;
  let interrupted = false;
  /** What is being saved while training goes on, and why the latest could not be. */
  let saving: Promise<void> = Promise.resolve();
  let failed: { readonly error: unknown } | undefined;
  const save = async (state: Moment['state']): Promise<void> => {
    await saving;
    saving = run.save(state).catch((error: unknown) => {
      failed = { error };
    });
  };
  const requireSaved = (): void => {
    if (failed) throw failed.error;
  };
  try {
    for await (const moment of trainingLoop(run)) {
      last = moment;
      const examined = passes(train.evalEvery, step, moment.state.step);
      ({ step, update } = moment.state);
      await watch?.(moment);
      if (moment.row) {
        metrics.write(step, update, moment.row);
        metrics.writeTiming(step, {
          elapsedMs: clock.elapsedMs(), updatesPerSecond: clock.rate('updates', update),
          stepsPerSecond: clock.rate('steps', step), rssMb: process.memoryUsage.rss() / 2 ** 20,
        });
      }
      if (examined && returnAt && !moment.refused) metrics.write(step, update, { 'eval/return': await returnAt(step) });
      requireSaved(); // where the one before could not be saved, this one may be, with its row
      const [stop, late] = [stopped(), outOfTime()];
      const due = moment.done || stop || late || step - savedAt >= train.checkpointEvery;
      if (due && !moment.refused) {
        await save(moment.state);
        if (savedAt < 0) {
          await saving; // until there is a first checkpoint, nothing is done that it would have to be found beside
          requireSaved();
        }
        savedAt = step;
      }
      if (stop || late) {
        interrupted = stop && !moment.done;
        break;
      }
    }
    await saving;
    requireSaved();
  } catch (error) {
    if ((error instanceof WorldError || isFileError(error)) && last && !last.refused) await saveAfter(error, run, last);
    if (error instanceof DivergedError) {
      throw new DivergedError(`${error.message}; the checkpoint of step ${Math.max(0, savedAt)} stays as it was`, { cause: error });
    }
    throw error;
  }
  const reached = { step, update, trainedMs: clock.elapsedMs() };
  if (interrupted || !evaluate) return { ...reached, interrupted };
  return { ...reached, interrupted, evaluation: await evaluate(reached) };
}

/** Whether a multiple of `every` lies beyond `from` and not beyond `to`; never of 0. */
const passes = (every: number, from: number, to: number): boolean => every > 0 && Math.floor(to / every) > Math.floor(from / every);

/** Save the last moment after something went wrong. @throws UserError with both where that goes wrong too */
async function saveAfter(error: Error, run: Run, { state }: Moment): Promise<void> {
  try {
    await run.save(state);
  } catch (saving) {
    if (!(saving instanceof UserError)) throw saving;
    throw new UserError(`${error.message}; nor could the run be saved: ${saving.message}`, { cause: error });
  }
}
