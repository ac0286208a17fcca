/** Whether the memory of a process that plays and draws stays flat, however many frames there are. */
import { linearRegression } from 'simple-statistics';
import { createRng } from '../../src/random.ts';
import type { Environment } from '../../src/types.ts';
import { playAtRandom } from './env-play.ts';

export interface SoakResult {
  readonly env: string;
  readonly frames: number;
  /** Resident memory of the process in MiB: before the first frame, after a tenth of them, after the last. */
  readonly rssMb: { readonly start: number; readonly warm: number; readonly end: number };
  /** Of the line through the resident memory after that tenth, in MiB. */
  readonly slopeMbPer100kFrames: number;
}

const WARM_UP = 0.1;
/** How often memory is looked at. */
const SAMPLES = 200;

/** Draw `frames` 64×64 frames of one world in this process; 8 lanes act at random. */
export async function soakWorld(environment: Environment, frames: number): Promise<SoakResult> {
  const start = rssMb();
  const act = await playAtRandom(environment, createRng(0));
  const samples: [frames: number, rssMb: number][] = [];
  let drawn = 0;
  while (drawn < frames) {
    drawn += await act();
    if (drawn >= ((samples.length + 1) * frames) / SAMPLES) samples.push([drawn, rssMb()]);
  }
  const warm = samples.filter(([at]) => at >= WARM_UP * frames);
  return {
    env: environment.name,
    frames: drawn,
    rssMb: { start, warm: warm[0][1], end: warm[warm.length - 1][1] },
    slopeMbPer100kFrames: 100_000 * linearRegression(warm).m,
  };
}

const rssMb = (): number => process.memoryUsage.rss() / 2 ** 20;
