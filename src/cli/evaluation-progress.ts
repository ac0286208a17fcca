/** How far an evaluation has come: nothing where it is short, a bar on a terminal, else a line now and then. */
import cliProgress from 'cli-progress';
import type { PlayProgress } from '../world/play.ts';

const QUIET_MS = 2000;
const LINE_EVERY_MS = 10_000;

export interface EvaluationProgress {
  watch(progress: PlayProgress): void;
  /** Take the bar away. Must be called, errors included. */
  stop(): void;
}

/** @param stream usually process.stderr, so that stdout is kept for results */
export function watchEvaluation(episodes: number, stream: NodeJS.WritableStream & { isTTY?: boolean }): EvaluationProgress {
  const startedMs = performance.now();
  let bar: cliProgress.SingleBar | undefined;
  return {
    watch({ ended, longest }) {
      if (!bar) {
        if (performance.now() - startedMs < QUIET_MS) return;
        bar = new cliProgress.SingleBar({
          stream, clearOnComplete: true, hideCursor: true, noTTYOutput: true, notTTYSchedule: LINE_EVERY_MS,
          format: 'evaluating {bar} {value} of {total} episodes, the longest in play at action {longest}',
          barsize: 16, barCompleteChar: '━', barIncompleteChar: '─',
        });
        bar.start(episodes, ended, { longest });
      }
      bar.update(ended, { longest });
    },
    stop: () => bar?.stop(),
  };
}

/** Play with the progress on stderr. */
export async function watchingEvaluation<T>(episodes: number, play: (watch: (progress: PlayProgress) => void) => Promise<T>): Promise<T> {
  const progress = watchEvaluation(episodes, process.stderr);
  try {
    return await play((values) => progress.watch(values));
  } finally {
    progress.stop();
  }
}
