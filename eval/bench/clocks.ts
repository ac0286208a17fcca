/** Clocks around functions, and an account of what a learner waited for. */

export interface Clocks {
  /** The same function; what it takes, until its promise settles where it gives one, counts under `name`. */
  timed<A extends readonly unknown[], R>(name: string, fn: (...args: A) => R): (...args: A) => R;
  /** Milliseconds under that name since the last `reset`. */
  ms(name: string): number;
  reset(): void;
}

export function createClocks(): Clocks {
  const totals = new Map<string, number>();
  const add = (name: string, ms: number) => totals.set(name, (totals.get(name) ?? 0) + ms);
  return {
    timed: (name, fn) => (...args) => {
      const started = performance.now();
      const stop = () => add(name, performance.now() - started);
      const result = fn(...args);
      if (result instanceof Promise) result.then(stop, stop);
      else stop();
      return result;
    },
    ms: (name) => totals.get(name) ?? 0,
    reset: () => totals.clear(),
  };
}

export type Reason = 'data' | 'parameters' | 'checkpoint' | 'pictures' | 'rest';

export interface Waits {
  /** The same function; what is waited before it is called is for the rest, and until it has ended for `reason`. */
  during<A extends readonly unknown[], R>(reason: Reason, fn: (...args: A) => R): (...args: A) => R;
  /** The same function; what is waited before it has ended, since whatever ended before it, is for `reason`. */
  until<A extends readonly unknown[], R>(reason: Reason, fn: (...args: A) => Promise<R>): (...args: A) => Promise<R>;
  ms(reason: Reason): number;
  reset(): void;
}

/**
 * Charges the time that a learner is idle to what it waits for: to what happens next on the thread that asks it.
 * @param idleMs how long the learner has been idle by now
 */
export function createWaits(idleMs: () => number): Waits {
  const totals = new Map<Reason, number>();
  let charged = idleMs();
  const charge = (reason: Reason): void => {
    const now = idleMs();
    totals.set(reason, (totals.get(reason) ?? 0) + now - charged);
    charged = now;
  };
  return {
    during: (reason, fn) => (...args) => {
      charge('rest');
      const result = fn(...args);
      if (result instanceof Promise) result.then(() => charge(reason), () => charge(reason));
      else charge(reason);
      return result;
    },
    until: (reason, fn) => async (...args) => {
      try {
        return await fn(...args);
      } finally {
        charge(reason);
      }
    },
    ms: (reason) => totals.get(reason) ?? 0,
    reset() {
      charge('rest');
      totals.clear();
    },
  };
}
