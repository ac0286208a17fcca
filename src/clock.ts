/** The one clock of src: for reports of how long something took, never for anything that a result depends on. */

/** Milliseconds since this was called. */
export function stopwatch(): () => number {
  const started = performance.now();
  return () => performance.now() - started;
}
