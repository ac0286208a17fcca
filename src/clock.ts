/** The one clock of src: for reports of when and how long, never for anything that a result depends on. */

/** Milliseconds since this was called. */
export function stopwatch(): () => number {
  const started = performance.now();
  return () => performance.now() - started;
}

/** The time of day, for whoever is to know when something began. */
export const now = (): Date => new Date();
