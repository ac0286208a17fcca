/** What a study leaves beside its runs: report.md with the question, the table, the measures and the pictures. */
import path from 'node:path';
import { writeOutput } from '../src/viz/output-file.ts';
import { writePlot } from '../src/viz/plot.ts';
import { columnName, type NamedMeasure } from './measure.ts';
import type { Study } from './study.ts';
import { code, readmeTable } from './sweep-table.ts';
import type { SweepRow } from './sweep.ts';

export interface StudyReport {
  readonly study: Study;
  readonly measures: readonly NamedMeasure[];
  /** At least one. */
  readonly rows: readonly SweepRow[];
  /** Runs that have ended, of all there are. */
  readonly ended: number;
  readonly of: number;
  /** The command line that makes this report. */
  readonly command: string;
}

/** @returns the files that were written, report.md first */
export async function writeStudyReport(out: string, report: StudyReport): Promise<string[]> {
  const pictures = Object.entries(report.study.picture(report.rows));
  for (const [name, plot] of pictures) await writePlot(path.join(out, name), plot);
  const file = path.join(out, 'report.md');
  await writeOutput(file, studyMarkdown(report, pictures.map(([name, { title }]) => ({ name, title }))));
  return [file, ...pictures.map(([name]) => path.join(out, `${name}.svg`))];
}

export function studyMarkdown(
  { study, measures, rows, ended, of, command }: StudyReport,
  pictures: readonly { readonly name: string; readonly title: string }[],
): string {
  return [
    `# ${study.question}`,
    study.description,
    `${code(command)} · ${ended} of ${of} runs have ended${ended < of ? '; the same command goes on' : ''}`,
    readmeTable(rows),
    'All quantities, and each seed, are in table.md and table.json.',
    ...pictures.map(({ name, title }) => `![${title}](${name}.svg)`),
    '## What was measured',
    measures.flatMap(describeMeasure).join('\n'),
  ].join('\n\n').concat('\n');
}

function describeMeasure({ name, measure: { description, quantities } }: NamedMeasure): string[] {
  return [
    `- **${name}**: ${description}`,
    ...Object.entries(quantities).map(([quantity, { unit, better, source }]) => {
      const notes = [unit, ...(better ? [`${better} is better`] : []), ...(source ? [source] : [])];
      return `  - \`${columnName(name, quantity)}\`: ${notes.join('; ')}`;
    }),
  ];
}
