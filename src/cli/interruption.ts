/**
 * Being asked to stop: Ctrl-C, `kill`, a terminal that goes away. The first time whoever listens finishes in order, the
 * second time the process ends. Exit codes are a shell's: 128 and the number of the signal.
 */
import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type Signal = (typeof SIGNALS)[number];

/** npm and npx pass a signal on that the terminal has sent to everyone, so that one Ctrl-C comes twice. */
const SAME_MS = 400;

export const exitCodeOf = (signal: NodeJS.Signals): number => 128 + constants.signals[signal];

export interface Interruption {
  /** The signal that came first; undefined as long as none has. */
  signal(): Signal | undefined;
  /** Leave signals to the system again. */
  ignore(): void;
}

/** Listen until `ignore` is called. @param first called once */
export function listenForInterruption(first: (signal: Signal) => void): Interruption {
  let came: Signal | undefined;
  let cameAtMs = 0;
  const on = (signal: Signal) => {
    const ms = performance.now();
    if (came === undefined) {
      [came, cameAtMs] = [signal, ms];
      first(signal);
    } else if (ms - cameAtMs > SAME_MS) {
      process.exit(exitCodeOf(signal));
    }
  };
  for (const signal of SIGNALS) process.on(signal, on);
  const parent = watchParent(() => on('SIGTERM'));
  return {
    signal: () => came,
    ignore() {
      clearInterval(parent);
      for (const signal of SIGNALS) process.off(signal, on);
    },
  };
}

const LOOK_MS = 500;

/**
 * npm and npx start a program in a shell, which dies of a signal that was sent to npm alone, and passes nothing on: all
 * that can be seen of it is another parent.
 * @param gone called once
 */
function watchParent(gone: () => void): NodeJS.Timeout | undefined {
  if (process.env.npm_command === undefined || process.platform === 'win32') return undefined;
  const { ppid } = process;
  const timer = setInterval(() => {
    if (process.ppid === ppid) return;
    clearInterval(timer);
    gone();
  }, LOOK_MS);
  return timer.unref();
}

/** The first process of a container is not ended by signals unless it does so itself. */
export function endWhenAsked(): void {
  if (process.pid !== 1) return;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(exitCodeOf(signal));
    });
  }
}

/**
 * What nobody reads is not written: a reader that has gone is no failure.
 * @param closed told where nobody reads stdout any more
 * @param failed told where stdout cannot be written for another reason, such as a full disk
 */
export function outliveReaders(closed: () => void, failed: (error: NodeJS.ErrnoException) => void): void {
  const gone = ({ code }: NodeJS.ErrnoException): boolean => code === 'EPIPE' || code === 'EIO' || code === 'ERR_STREAM_DESTROYED';
  process.stdout.on('error', (error: NodeJS.ErrnoException) => (gone(error) ? closed() : failed(error)));
  // Where stderr cannot be written, there is nowhere left to say so.
  process.stderr.on('error', () => {});
}
