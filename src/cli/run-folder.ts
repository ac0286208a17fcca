/** Where a run goes, and what is left there when it ends: result, curve, imagination, and one page that shows it all. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import type { ControlResult } from '../../eval/control.ts';
import type { Dream } from '../../eval/dream.ts';
import { referenceOf } from '../../eval/statistics.ts';
import { readMetrics } from '../train/metrics.ts';
import type { Run } from '../train/run.ts';
import { truthModelError, writeDream } from '../viz/dream-strip.ts';
import { writePage, type PageSection } from '../viz/page.ts';
import { writePlot } from '../viz/plot.ts';
import { fileNameOf } from './file-name.ts';

/** `runs/catch-001`, `runs/catch-002`, …: the first that is free. */
export function nextRunFolder(world: string): string {
  const base = fileNameOf(world);
  const taken = existsSync('runs') ? readdirSync('runs') : [];
  const numbers = taken.flatMap((name) => (name.startsWith(`${base}-`) ? Number(name.slice(base.length + 1)) || 0 : []));
  return path.join('runs', `${base}-${String(Math.max(0, ...numbers) + 1).padStart(3, '0')}`);
}

export const RESULT_FILE = 'result.json';

export interface RunReport {
  readonly result: ControlResult;
  /** Wall time of training, continuations included. */
  readonly trainedMs: number;
  readonly step: number;
  readonly update: number;
  readonly summary: string;
  /** Absent where the agent has no decoder. */
  readonly dream?: Dream;
  /** What to try next, as lines to paste. */
  readonly next: readonly string[];
}

/** Write everything; the result is the path of the page. */
export async function writeRunReport(run: Run, { result, trainedMs, step, update, summary, dream, next }: RunReport): Promise<string> {
  const { directory, config, environment, command } = run;
  const file = (name: string) => path.join(directory, name);
  const rows = readMetrics(file('metrics.jsonl'));
  const last = rows.at(-1);
  const { agent, preset, seed } = config;
  const facts = { env: environment.name, agent, preset, seed, steps: step, updates: update, trainedMs, command };
  writeFileSync(file(RESULT_FILE), `${JSON.stringify({ ...facts, ...result })}\n`);

  const reference = referenceOf(environment);
  const curve = await writePlot(file('curve'), {
    title: `${environment.name}: ${environment.toMove ? 'rewards of both sides in training games' : 'return of training episodes'}`,
    xLabel: 'environment steps',
    yLabel: environment.toMove ? 'rewards of both sides' : 'return',
    series: [{
      name: agent,
      points: rows.flatMap((row) => ('episode/return' in row ? [{ x: row.step, y: row['episode/return'] }] : [])),
    }],
    rules: reference ? [{ y: reference.random, label: 'random' }, { y: reference.expert, label: 'best possible' }] : [],
  });
  const imagination = dream ? await writeImagination(run, dream, step) : [];

  const page = file('index.html');
  await writePage(page, {
    title: `dreamtree · ${environment.name}`,
    summary: environment.description,
    results: [summary],
    sections: [
      { heading: 'Learning', kind: 'svg', svg: curve, note: 'Mean return of the training episodes that ended since the row before.' },
      ...imagination,
      {
        heading: 'Last metrics', kind: 'table', columns: ['metric', 'value'],
        rows: Object.entries(last ?? {}).map(([name, value]) => [name, value]),
      },
      { heading: 'What next', kind: 'pre', text: next.join('\n') },
      { heading: 'Configuration', kind: 'pre', text: stringify(config) },
    ],
  });
  return page;
}

/** The dream as files, and as parts of the page. */
async function writeImagination({ directory, metrics }: Run, dream: Dream, step: number): Promise<PageSection[]> {
  const file = (name: string) => path.join(directory, name);
  const pictures = truthModelError(dream.truth, dream.model);
  const marks = { context: dream.context };
  const { bytes: png } = await writeDream(file('dream.png'), pictures, marks);
  const { bytes: webp } = await writeDream(file('dream.webp'), pictures, marks);
  const { bytes: gif, picture } = await writeDream(file('dream.gif'), pictures, marks);
  metrics.image(step, 'dream', { width: picture.width, height: picture.height, bytes: gif });
  return [
    {
      heading: 'Imagination', kind: 'image', bytes: webp, format: 'webp', alt: 'truth, model and error, moving',
      note: `Green: ${dream.context} observed steps. Red: imagined ones; the model sees no picture any more, only the actions.`,
    },
    { heading: 'The same as a strip', kind: 'image', bytes: png, format: 'png', alt: 'truth, model and error, step by step' },
    {
      heading: 'How far the dream is off', kind: 'table', columns: ['imagined step', 'mse', 'psnr (dB)', 'reward error'],
      rows: dream.steps.map(({ step: imagined, mse, psnr, rewardError }) => [imagined, mse, psnr, rewardError]),
    },
  ];
}
