/** The rows of a sweep as Markdown: with everything, and short enough for a README. */
import type { MeasuredColumn } from './measure.ts';
import type { SweepRow } from './sweep.ts';
import { measureInWords, returnInWords } from './statistics.ts';

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
    ...measuredColumnsOf(rows),
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
    ...measuredColumnsOf(rows, ({ headline }) => headline),
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

/** A column for each quantity that was measured and `isShown`; its head says with an arrow what is better. */
function measuredColumnsOf(rows: readonly SweepRow[], isShown: (column: MeasuredColumn) => boolean = () => true): Column[] {
  const all = new Map(rows.flatMap(({ measures = {} }) => Object.entries(measures)));
  return [...all].filter(([, column]) => isShown(column)).map(([name, { better }]): Column => [
    better === undefined ? name : `${name} ${better === 'higher' ? '↑' : '↓'}`,
    ({ measures }) => measuredInWords(measures?.[name]),
  ]);
}

function measuredInWords({ iqm, ci95 }: Pick<MeasuredColumn, 'iqm' | 'ci95'> = {}): string {
  if (iqm === undefined || ci95 === undefined) return '—';
  return `${measureInWords(iqm)} [${measureInWords(ci95[0])}, ${measureInWords(ci95[1])}]`;
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

/** Text that holds backticks stands between more of them (CommonMark 0.31, 6.1). */
export function code(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  return longest > 0 ? `${fence} ${text} ${fence}` : `${fence}${text}${fence}`;
}
