/** Patience with somebody who works elsewhere: time that is counted anew with every sign of life. */

export interface Countdown {
  /** Resolves once the time is up; never where it is stopped before. */
  readonly up: Promise<void>;
  /** Of the whole time, in milliseconds, that nobody was heard of: as it was asked, or as it was cut short. */
  waitedMs(): number;
  /** Whether `hurry` cut it short. */
  hurried(): boolean;
  again(): void;
  stop(): void;
}

/** The time is counted in so many pieces, each at most once: what held this process itself up is nobody's fault. */
const PIECES = 20;

const running = new Set<(ms: number) => void>();

/** Where somebody is still waited for, from now on for `ms` milliseconds at most: the user wants to leave. */
export function hurry(ms: number): void {
  for (const cut of running) cut(ms);
}

export function startCountdown(ms: number): Countdown {
  const pieceMs = ms / PIECES;
  let waitedMs = 0;
  let limitMs = ms;
  let hurried = false;
  let timer: NodeJS.Timeout | undefined;
  let resolve = (): void => {};
  const up = new Promise<void>((done) => (resolve = done));

  function next(): void {
    const piece = Math.min(pieceMs, limitMs - waitedMs);
    timer = setTimeout(() => {
      waitedMs += piece;
      if (limitMs - waitedMs > 1e-6) return next();
      stop();
      resolve();
    }, piece);
  }

  function cut(most: number): void {
    if (limitMs - waitedMs <= most) return;
    hurried = true;
    limitMs = waitedMs + most;
    clearTimeout(timer);
    next();
  }

  function stop(): void {
    clearTimeout(timer);
    running.delete(cut);
  }

  running.add(cut);
  next();
  return {
    up,
    waitedMs: () => waitedMs,
    hurried: () => hurried,
    again() {
      waitedMs = 0;
      clearTimeout(timer);
      next();
    },
    stop,
  };
}
