/** A long training: what its process holds must not grow once replay and caches are full. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { linearRegression } from 'simple-statistics';
import { dreamtree } from './command.ts';

export interface Growth {
  /** Fitted to the second half of the run: resident memory that is added in 100,000 steps, in MB. */
  readonly slopeMbPer100kSteps: number;
  /** Resident memory at the half and at the end, in MB. */
  readonly rssMb: readonly [number, number];
}

const LIMIT_MS = 24 * 3_600_000;

export async function growthOver(steps: number): Promise<Growth> {
  const folder = mkdtempSync(path.join(tmpdir(), 'dreamtree-memory-'));
  try {
    const args = ['train', 'catch', '--preset', 'debug', '--threads', '1', '--steps', String(steps), '--logdir', 'run'];
    const { code, stderr } = await dreamtree(args, { cwd: folder, limitMs: LIMIT_MS });
    if (code !== 0) throw new Error(`the run failed\n${stderr}`);
    const rows = readFileSync(path.join(folder, 'run', 'timing.jsonl'), 'utf8').trim().split('\n')
      .map((line) => JSON.parse(line) as { readonly step: number; readonly rssMb: number })
      .filter(({ step }) => step > steps / 2);
    return {
      slopeMbPer100kSteps: 100_000 * linearRegression(rows.map(({ step, rssMb }) => [step, rssMb])).m,
      rssMb: [rows[0].rssMb, rows[rows.length - 1].rssMb],
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
