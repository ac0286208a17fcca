/** What was measured of a run, kept in its folder: taken once, and again where what it was taken with differs. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Config } from '../src/config/index.ts';
import { writeAtomically } from '../src/data/atomic-file.ts';
import { openAgent } from '../src/open/open.ts';
import { createRng } from '../src/random.ts';
import { columnName, takeMeasures, type NamedMeasure } from './measure.ts';
import type { RunResult } from './sweep.ts';

export const MEASURES_FILE = 'measures.json';

/** What the numbers hang on, beside the run's own configuration. */
const settingsSchema = z.object({ episodes: z.int(), seed: z.int(), steps: z.int(), updates: z.int() });
const keptSchema = z.intersection(
  z.object({ settings: settingsSchema }),
  z.union([z.object({ values: z.record(z.string(), z.number()) }), z.object({ refused: z.string() })]),
);
const fileSchema = z.record(z.string(), keptSchema);

/** As many episodes as after training, from the run's own seed: `return.mean` is then the return of its result. */
function settingsOf({ steps, updates }: RunResult, { seed, train }: Config): z.infer<typeof settingsSchema> {
  return { episodes: train.evalEpisodes, seed, steps, updates };
}

/** By name of the measure; nothing where there is no such file yet, or it was torn. */
function readKept(directory: string): z.infer<typeof fileSchema> {
  try {
    return fileSchema.parse(JSON.parse(readFileSync(path.join(directory, MEASURES_FILE), 'utf8')));
  } catch {
    return {};
  }
}

/**
 * Take what was not yet taken of a run that has ended.
 * @param announce told what is taken, before it is
 * @throws UserError where its agent cannot be opened
 */
export async function measureRun(
  run: RunResult,
  config: Config,
  measures: readonly NamedMeasure[],
  announce?: (names: readonly string[]) => void,
): Promise<void> {
  const { directory } = run;
  const settings = settingsOf(run, config);
  const kept = readKept(directory);
  const missing = measures.filter(({ name }) => !isDeepStrictEqual(kept[name]?.settings, settings));
  if (missing.length === 0) return;
  announce?.(missing.map(({ name }) => name));
  const { episodes, seed } = settings;
  const taken = await takeMeasures(missing, { opened: await openAgent(directory), folder: directory, episodes, rng: createRng(seed) });
  const added = Object.entries(taken).map(([name, one]) => [name, { settings, ...one }]);
  const text = JSON.stringify({ ...kept, ...Object.fromEntries(added) }, null, 2);
  await writeAtomically(path.join(directory, MEASURES_FILE), [Buffer.from(`${text}\n`)]);
}

/** What was taken of a run as it is now, by `columnName`. */
export function measuredOf(run: RunResult, config: Config, measures: readonly NamedMeasure[]): Record<string, number> {
  const settings = settingsOf(run, config);
  const kept = readKept(run.directory);
  return Object.fromEntries(measures.flatMap(({ name }) => {
    const one = kept[name];
    if (!one || !('values' in one) || !isDeepStrictEqual(one.settings, settings)) return [];
    return Object.entries(one.values).map(([quantity, value]) => [columnName(name, quantity), value]);
  }));
}
