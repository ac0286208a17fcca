/**
 * What a run measures, and the only clock of the library. `metrics.jsonl` holds what the seed decides, so that the same
 * command writes the same file; whatever a clock had a part in goes to `timing.jsonl`. TensorBoard gets both.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { openEvents } from '../viz/tensorboard.ts';
import type { EventImage } from '../viz/tensorboard.ts';

export type Values = Readonly<Record<string, number>>;

export interface Metrics {
  /** Append `{ step, update, …values }` to metrics.jsonl. Values must not depend on a clock. */
  write(step: number, update: number, values: Values): void;
  /** Append `{ step, …values }` to timing.jsonl: durations, rates, memory. */
  writeTiming(step: number, values: Values): void;
  /** A PNG or GIF for TensorBoard. */
  image(step: number, tag: string, image: EventImage): void;
  /** Markdown for TensorBoard. */
  text(step: number, tag: string, text: string): void;
  /** How many values written since opening were NaN or infinite. */
  nonFinite(): number;
  close(): void;
}

/**
 * Open the metrics of a run in `directory`. With `resumeFrom` (an environment step) the run goes on from there: rows of
 * later steps, and a line torn by a crash, are cut, so that the file ends as if nothing had happened. Without it the
 * run begins, and so do its files.
 */
export function openMetrics({ directory, resumeFrom }: { directory: string; resumeFrom?: number }): Metrics {
  mkdirSync(directory, { recursive: true });
  const metrics = openRows(join(directory, 'metrics.jsonl'), resumeFrom);
  const timing = openRows(join(directory, 'timing.jsonl'), resumeFrom);
  const events = openEvents(directory, wallSeconds(), resumeFrom);
  let nonFinite = 0;
  const append = (file: number, head: Values, values: Values): void => {
    const row: Record<string, number | string> = { ...head };
    for (const [name, value] of Object.entries(values)) {
      if (name in head) throw new RangeError(`metric "${name}" has the name of a column that every row has; rename it`);
      if (!Number.isFinite(value)) nonFinite++;
      // JSON would make null of them, and a NaN is the row one looks for.
      row[name] = Number.isFinite(value) ? value : String(value);
    }
    writeSync(file, `${JSON.stringify(row)}\n`);
  };
  return {
    write(step, update, values) {
      append(metrics, { step, update }, values);
      events.scalars(wallSeconds(), step, values);
    },
    writeTiming(step, values) {
      append(timing, { step }, values);
      const tagged = Object.entries(values).map(([name, value]) => [`timing/${name}`, value]);
      events.scalars(wallSeconds(), step, Object.fromEntries(tagged));
    },
    image: (step, tag, image) => events.image(wallSeconds(), step, tag, image),
    text: (step, tag, text) => events.text(wallSeconds(), step, tag, text),
    nonFinite: () => nonFinite,
    close() {
      for (const file of [metrics, timing]) {
        fsyncSync(file);
        closeSync(file);
      }
      events.close();
    },
  };
}

/**
 * The rows of a metrics.jsonl or timing.jsonl, NaN and infinities as numbers again. Made for plots of runs that may
 * still be writing: lines that are no JSON object are passed over, and a file that is not there has no rows.
 */
export function readMetrics(path: string): Record<string, number>[] {
  return readLines(path).map(({ row }) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value)])),
  );
}

/** Open rows for appending, after cutting them back to `resumeFrom` or to nothing. */
function openRows(path: string, resumeFrom: number | undefined): number {
  const kept = resumeFrom === undefined ? [] : readLines(path).filter(({ row }) => Number(row.step) <= resumeFrom);
  writeFileAtomic.sync(path, kept.map(({ line }) => `${line}\n`).join(''));
  return openSync(path, 'a');
}

function readLines(path: string): { line: string; row: object & { step?: unknown } }[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  return text.split('\n').flatMap((line) => {
    try {
      const row: unknown = JSON.parse(line);
      return typeof row === 'object' && row !== null ? [{ line, row }] : [];
    } catch {
      return [];
    }
  });
}

// ---------------------------------------------------------------- means

export type MeanState = Readonly<Record<string, { readonly sum: number; readonly count: number }>>;

export interface Means {
  add(values: Values): void;
  /** One more of something: `take` gives how many there were since the last call. */
  count(name: string): void;
  /** The mean of each name since the last call, in order of first appearance; names never added are absent. */
  take(): Record<string, number>;
  /** Plain data for a checkpoint: with it, a continued run writes the row that an uninterrupted one would. */
  state(): MeanState;
}

/** Means of values between two rows, for example of the losses of every update. */
export function createMeans(state: MeanState = {}): Means {
  let sums = new Map(Object.entries(state));
  return {
    add(values) {
      for (const [name, value] of Object.entries(values)) {
        const { sum, count } = sums.get(name) ?? { sum: 0, count: 0 };
        sums.set(name, { sum: sum + value, count: count + 1 });
      }
    },
    count(name) {
      sums.set(name, { sum: (sums.get(name)?.sum ?? 0) + 1, count: 1 });
    },
    take() {
      const means = Object.fromEntries([...sums].map(([name, { sum, count }]) => [name, sum / count]));
      sums = new Map();
      return means;
    },
    state: () => Object.fromEntries(sums),
  };
}

// ---------------------------------------------------------------- clocks

export interface Clock {
  /** Milliseconds of this run, those of earlier processes included. */
  elapsedMs(): number;
  /** How fast a named counter, now at `count`, has grown over the last half minute, per second; NaN at first. */
  rate(name: string, count: number): number;
}

const WINDOW_MS = 30_000;

/** Start the clock of a run that has `previousMs` behind it. `now` gives milliseconds from any origin. */
export function createClock(previousMs = 0, now: () => number = () => performance.now()): Clock {
  const start = now();
  const counters = new Map<string, { ms: number; count: number }[]>();
  return {
    elapsedMs: () => previousMs + now() - start,
    rate(name, count) {
      const ms = now();
      const marks = counters.get(name) ?? [];
      counters.set(name, marks);
      // Four marks a second are enough, and the oldest is the last one that is a whole window away.
      if (marks.length === 0 || ms - marks[marks.length - 1].ms >= 250) marks.push({ ms, count });
      while (marks.length > 2 && ms - marks[1].ms >= WINDOW_MS) marks.shift();
      return ms > marks[0].ms ? ((count - marks[0].count) * 1000) / (ms - marks[0].ms) : NaN;
    },
  };
}

function wallSeconds(): number {
  return Date.now() / 1000;
}
