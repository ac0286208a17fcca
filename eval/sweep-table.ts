/** The rows of a sweep as Markdown: with everything, and short enough for a README. */
import type { SweepRow } from './sweep.ts';
import { returnInWords } from './statistics.ts';

/** Every row with every column; both commands share the last one. */
export function sweepTable(rows: readonly SweepRow[]): string {
  return markdown(rows, [
    ['world', ({ env }) => env],
    ['agent', ({ agent }) => agent],
    ['preset', ({ preset }) => preset],
    ['change', changeOf],
    ['return: IQM [95 %]', achieved],
    ['by seed', ({ seeds, returns }) => returns.map((value, i) => `${seeds[i]}: ${returnInWords(value)}`).join(' · ')],
    ['normalised score', scoreOf],
    ['minutes', ({ minutes }) => minutes.toFixed(1)],
    ['steps', stepsOf],
    ['updates', ({ updates }) => count(updates)],
    ['command', ({ command, trainCommand }) => `${code(command)}<br>first seed: ${code(trainCommand)}`],
  ]);
}

/**
 * The same rows for a README, beside what random actions and the best known player get. Columns that say nothing are
 * left out.
 */
export function readmeTable(rows: readonly SweepRow[]): string {
  const differ = (of: (row: SweepRow) => unknown) => new Set(rows.map(of)).size > 1;
  const referred = rows.some(({ reference }) => reference);
  return markdown(rows, [
    ['world', ({ env, size }) => `${env}, ${size}×${size}`],
    ['agent', ({ agent }) => agent, differ(({ agent }) => agent)],
    ['preset', ({ preset }) => preset, differ(({ preset }) => preset)],
    ['change', changeOf, differ(changeOf)],
    ['random', ({ reference }) => (reference ? returnInWords(reference.random) : ''), referred],
    ['return: IQM [95 %]', achieved],
    ['best known', ({ reference }) => (reference ? returnInWords(reference.expert) : ''), referred],
    ['normalised score', scoreOf, referred],
    ['seeds', ({ seeds }) => String(seeds.length)],
    ['trained for', ({ minutes }) => (minutes < 10 ? `${Math.round(minutes * 60)} s` : `${Math.round(minutes)} min`)],
    ['steps, updates', (row) => `${stepsOf(row)}, ${count(row.updates)}`],
    ['command', ({ command }) => code(command)],
  ]);
}

type Column = readonly [head: string, cell: (row: SweepRow) => string, shown?: boolean];

function markdown(rows: readonly SweepRow[], all: readonly Column[]): string {
  const columns = all.filter(([, , shown = true]) => shown);
  const head = columns.map(([name]) => name);
  const cells = rows.map((row) => columns.map(([, cell]) => cell(row).replaceAll('|', '\\|')));
  return [head, head.map(() => '---'), ...cells].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

const changeOf = ({ change }: SweepRow): string => (change === undefined ? '—' : code(change));

const achieved = ({ iqm, ci95: [low, high] }: SweepRow): string =>
  `${returnInWords(iqm)} [${returnInWords(low)}, ${returnInWords(high)}]`;

const scoreOf = ({ score }: SweepRow): string => (score === undefined ? '' : returnInWords(score));

function stepsOf({ steps, seeds, stoppedSeeds }: SweepRow): string {
  if (stoppedSeeds.length === 0) return count(steps);
  const [few, all] = [stoppedSeeds.length === 1 ? 'seed' : 'seeds', stoppedSeeds.length === seeds.length];
  const which = all ? '' : `${few} ${stoppedSeeds.join(', ')} `;
  return `${count(steps)} (${which}stopped by --minutes)`;
}

const count = (value: number): string => value.toLocaleString('en-US');

const code = (text: string): string => `\`${text}\``;
