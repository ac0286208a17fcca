/**
 * The line that says how a run is doing, and on a terminal a picture below it. Without a terminal (nohup, slurm, CI) it
 * is a plain line every ten seconds.
 */
import cliProgress from 'cli-progress';
import { createClock } from '../train/metrics.ts';
import type { Clock } from '../train/metrics.ts';

export interface ProgressValues {
  /** Environment steps so far. */
  readonly step: number;
  /** Updates so far. */
  readonly update: number;
  /** Mean return of the latest episodes; absent until one has ended. */
  readonly return?: number;
  /** What to show after it, most important first; what finds no room is left out. */
  readonly losses?: Readonly<Record<string, number>>;
}

export interface Progress {
  /** New numbers; cheap, the line is redrawn by its own timer. */
  update(values: ProgressValues): void;
  /** Whether `show` would draw now: ask before making a picture. */
  wantsPicture(): boolean;
  /** Draw lines of text (see `halfBlocks`) below the line, in place of those drawn before. */
  show(picture: string): void;
  /** Print a line that stays, above. */
  note(text: string): void;
  /** Leave the last numbers standing, remove the picture, give the cursor back. Must be called, errors included. */
  stop(): void;
}

export interface ProgressOptions {
  /** Environment steps at the end. */
  readonly total: number;
  /** Where the run stands at the start; zeros unless it is continued. */
  readonly start?: { readonly step: number; readonly update: number };
  /** Usually process.stderr, so that stdout is kept for data. */
  readonly stream: NodeJS.WritableStream & { isTTY?: boolean; columns?: number; rows?: number };
  /** Whether pictures are wanted; they are only ever drawn on a terminal. */
  readonly picture: boolean;
  readonly clock?: Clock;
}

const PICTURE_EVERY_MS = 700;

/** Start the progress line. */
export function createProgress(options: ProgressOptions): Progress {
  const { total, start = { step: 0, update: 0 }, stream, clock = createClock() } = options;
  const onTerminal = stream.isTTY === true;
  const withPicture = options.picture && onTerminal;
  let values: ProgressValues = start;
  let stopped = false;
  let pictureLines = 0;
  let drawnAtMs = -Infinity;

  const line = (): string =>
    formatLine(values, total, clock, (stream.columns ?? (onTerminal ? 80 : 200)) - 1, onTerminal);
  const bar = new cliProgress.SingleBar({
    stream,
    fps: 5,
    hideCursor: true,
    noTTYOutput: true,
    notTTYSchedule: 10_000,
    format: () => line(),
  });
  bar.start(total, start.step);

  /** Take away the picture and the line; what is written next begins where the line stood. */
  const clear = (): void => {
    if (onTerminal) stream.write('\r\x1b[J');
    pictureLines = 0;
  };
  /** cli-progress returns to the last saved position when it stops, so save it again wherever lines have moved. */
  const redraw = (): void => {
    if (onTerminal) stream.write(`\r\x1b7${line()}`);
  };
  /** Moves relative to the line: absolute positions are wrong once the terminal has scrolled. */
  const draw = (lines: readonly string[]): void => {
    const below = lines.map((text) => `\r\n${text}\x1b[0K`).join('');
    const rest = lines.length < pictureLines ? '\r\n\x1b[J\x1b[1A' : '';
    stream.write(`${below}${rest}\x1b[${lines.length}A\r\x1b7`);
    pictureLines = lines.length;
  };

  return {
    update(next) {
      values = next;
      bar.update(next.step);
    },
    wantsPicture: () => withPicture && !stopped && clock.elapsedMs() - drawnAtMs >= PICTURE_EVERY_MS,
    show(picture) {
      const lines = picture.split('\n');
      // A picture taller than the terminal would push the line out of sight.
      if (!withPicture || stopped || lines.length + 2 > (stream.rows ?? 24)) return;
      drawnAtMs = clock.elapsedMs();
      draw(lines);
    },
    note(text) {
      if (!stopped) clear();
      stream.write(`${text}\n`);
      if (!stopped) redraw();
    },
    stop() {
      if (stopped) return;
      stopped = true;
      clear();
      redraw();
      bar.stop();
    },
  };
}

/** For example `  3 120 / 12 000  ━━━━━────────  26 %   return 0.82   41.2 updates/s   1:12 left   image 3.21`. */
export function formatLine(
  values: ProgressValues,
  total: number,
  clock: Clock,
  width: number,
  onTerminal: boolean,
): string {
  const { step, update, losses = {} } = values;
  const share = total > 0 ? Math.min(1, step / total) : 1;
  const stepRate = clock.rate('step', step);
  const updateRate = clock.rate('update', update);
  const parts = [
    `return ${values.return === undefined ? '…' : values.return.toFixed(2)}`,
    `${Number.isFinite(updateRate) ? updateRate.toFixed(1) : '…'} updates/s`,
    share < 1
      ? `${formatDuration(((total - step) / stepRate) * 1000)} left`
      : `${formatDuration(clock.elapsedMs())} in all`,
    ...Object.entries(losses).map(([name, value]) => `${name} ${formatNumber(value)}`),
  ];
  const bar = onTerminal ? `  ${formatBar(share, 16)}` : '';
  let line = `${group(step)} / ${group(total)}${bar}  ${Math.floor(share * 100)} %`;
  for (const part of parts) {
    if (line.length + 3 + part.length > width) break;
    line += `   ${part}`;
  }
  return line.slice(0, Math.max(0, width));
}

function formatBar(share: number, width: number): string {
  const done = Math.round(share * width);
  return '━'.repeat(done) + '─'.repeat(width - done);
}

/** 12000 as 12 000. */
function group(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ' ');
}

function formatNumber(value: number): string {
  return String(Math.abs(value) < 1000 ? Number(value.toPrecision(3)) : Math.round(value));
}

/** Minutes and seconds, with hours where there are any; … where it is not known. */
function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return '…';
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const tail = `${h ? String(m).padStart(2, '0') : m}:${String(s).padStart(2, '0')}`;
  return h ? `${h}:${tail}` : tail;
}
