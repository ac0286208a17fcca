/** How far something that is counted has come: nothing where it is short, a bar on a terminal, else a line now and then. */
import cliProgress from 'cli-progress';

const QUIET_MS = 2000;
const LINE_EVERY_MS = 10_000;

export interface Counter {
  /** More than the total is shown as all of it. */
  show(count: number): void;
  /** Take the bar away. Must be called, errors included. */
  stop(): void;
}

/** @param stream usually process.stderr, so that stdout is kept for results */
export function createCounter(total: number, noun: string, stream: NodeJS.WritableStream): Counter {
  const startedMs = performance.now();
  let bar: cliProgress.SingleBar | undefined;
  return {
    show(count) {
      if (!bar) {
        if (performance.now() - startedMs < QUIET_MS) return;
        bar = new cliProgress.SingleBar({
          stream, clearOnComplete: true, hideCursor: true, noTTYOutput: true, notTTYSchedule: LINE_EVERY_MS,
          format: `{bar} {value} of {total} ${noun}`, barsize: 16, barCompleteChar: '━', barIncompleteChar: '─',
        });
        bar.start(total, 0);
      }
      bar.update(Math.min(count, total));
    },
    stop: () => bar?.stop(),
  };
}
