/** What the runs of a sweep achieved: reads run folders, and puts the seeds of an arm together into a row. */
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { isConfigLayer, type Config } from '../src/config/index.ts';
import { readYamlFile, YamlError } from '../src/data/read-yaml.ts';
import { createRng } from '../src/random.ts';
import { configure } from '../src/train/configure.ts';
import type { Environment } from '../src/types.ts';
import { measuredColumns, type MeasuredColumn, type NamedMeasure } from './measure.ts';
import { bootstrapInterval95, interquartileMean, mean, normalizedScore } from './statistics.ts';
import { commandLine } from '../src/command-line.ts';
import type { Arm } from './sweep-grid.ts';

const resultSchema = z.object({
  env: z.string(), steps: z.int(), updates: z.int(), trainedMs: z.number(), returnMean: z.number(),
});

export interface RunResult extends z.infer<typeof resultSchema> {
  readonly directory: string;
  readonly seed: number;
  /** The time limit ended it before its steps were taken. */
  readonly stopped: boolean;
}

/**
 * The result of a run that has ended and was made with `config`; undefined where there is none (yet), and where the
 * folder holds a run with other settings or one that has not used up its budget.
 * @throws YamlError where its files hold what no run writes
 */
export async function readRun(directory: string, config: Config): Promise<RunResult | undefined> {
  const result = resultSchema.safeParse(readData(path.join(directory, 'result.json')));
  const made = readData(path.join(directory, 'config.yaml'));
  if (!result.success || !isConfigLayer(made)) return undefined;
  // What an older version did not know of yet has its default.
  const known = await configure({ base: made }).catch(() => undefined);
  if (!isDeepStrictEqual(known?.config, config)) return undefined;
  const { steps, minutes } = config.train;
  const stopped = result.data.steps < steps;
  if (stopped && (minutes === 0 || result.data.trainedMs < minutes * 60_000)) return undefined;
  return { ...result.data, directory, seed: config.seed, stopped };
}

/**
 * What a YAML or JSON file holds; undefined where it is not there, or torn by a crash.
 * @throws YamlError where it holds what no run writes
 */
function readData(file: string): unknown {
  try {
    return readYamlFile(file);
  } catch (error) {
    if (error instanceof YamlError && !error.isBroken) throw error;
    return undefined;
  }
}

export type Reference = NonNullable<Environment['reference']>;

/** The seeds of one arm, together. */
export interface SweepRow {
  readonly env: string;
  /** Side of the pictures, in pixels. */
  readonly size: number;
  readonly agent: string;
  readonly preset: string;
  /** What differs from the default, as it was typed; absent for the default itself. */
  readonly change?: string;
  readonly seeds: readonly number[];
  /** Mean evaluation return of each seed. */
  readonly returns: readonly number[];
  /** Interquartile mean of the returns. */
  readonly iqm: number;
  /** Of the interquartile mean, by bootstrap over seeds; the value itself for one seed. */
  readonly ci95: readonly [number, number];
  /** Mean returns of random actions and of the best known player, where the world states them. */
  readonly reference?: Reference;
  /** The interquartile mean, with random actions at 0 and the best known player at 1. */
  readonly score?: number;
  /** What was measured of the runs beside their returns, by quantity: `open-loop.mse`. */
  readonly measures?: Readonly<Record<string, MeasuredColumn>>;
  /** Wall time of training, steps and updates: means over seeds. */
  readonly minutes: number;
  readonly steps: number;
  readonly updates: number;
  /** The seeds that the time limit ended before their steps were taken. */
  readonly stoppedSeeds: readonly number[];
  /** The sweep that makes this row. */
  readonly command: string;
  /** The training of the first seed alone. */
  readonly trainCommand: string;
}

/** What was measured of the runs of an arm. */
export interface Measured {
  readonly measures: readonly NamedMeasure[];
  /** Of each run, by the names of the columns. */
  readonly runs: readonly Readonly<Record<string, number>>[];
}

/** The row of an arm; `results` are those of its runs that have ended, at least one. */
export function summarize(arm: Arm, results: readonly RunResult[], reference?: Reference, measured?: Measured): SweepRow {
  const [{ env }] = results;
  const [{ config, trainArgs }] = arm.runs;
  const { agent, preset } = config;
  const returns = results.map(({ returnMean }) => returnMean);
  const iqm = interquartileMean(returns);
  const rng = createRng(0).split([env, agent, preset, arm.change ?? ''].join('/'));
  return {
    env, size: config.env.size, agent, preset, ...(arm.change === undefined ? {} : { change: arm.change }),
    seeds: results.map(({ seed }) => seed), returns, iqm, ci95: bootstrapInterval95(returns, rng, interquartileMean),
    ...(reference ? { reference } : {}),
    ...(reference && reference.expert > reference.random ? { score: normalizedScore(reference, iqm) } : {}),
    ...(measured && measured.measures.length > 0
      ? { measures: measuredColumns(measured.measures, measured.runs, rng.split('measures')) }
      : {}),
    minutes: mean(results.map(({ trainedMs }) => trainedMs)) / 60_000,
    steps: Math.round(mean(results.map(({ steps }) => steps))),
    updates: Math.round(mean(results.map(({ updates }) => updates))),
    stoppedSeeds: results.filter(({ stopped }) => stopped).map(({ seed }) => seed),
    command: commandLine(arm.sweepArgs),
    trainCommand: commandLine(trainArgs),
  };
}
