/** How well an agent controls its world: returns of fresh episodes, with their interval. */
import { quantileSorted } from 'simple-statistics';
import type { Environment, Policy, Rng } from '../src/types.ts';
import { playEpisodes } from '../src/world/play.ts';

/** Worlds played side by side; fixed, because a policy draws its noise for all of them at once. */
const LANES = 50;

export interface ControlResult {
  readonly episodes: number;
  readonly returnMean: number;
  /** 95 % bootstrap interval of the mean. */
  readonly returnCi95: readonly [number, number];
  readonly lengthMean: number;
  readonly returns: readonly number[];
  /** Wall time over decisions, worlds and drawing included. */
  readonly msPerDecision: number;
}

/** Lanes that `evaluateControl` plays, for whoever compiles a policy for it. */
export const controlLanes = (episodes: number): number => Math.min(LANES, episodes);

export async function evaluateControl(options: {
  readonly environment: Environment;
  readonly policy: Policy;
  readonly episodes: number;
  readonly size: number;
  readonly rng: Rng;
}): Promise<ControlResult> {
  const { episodes } = options;
  const started = performance.now();
  const { returns, lengths, decisions } = await playEpisodes({ ...options, lanes: controlLanes(episodes) });
  const elapsedMs = performance.now() - started;
  return {
    episodes,
    returnMean: mean(returns),
    returnCi95: bootstrapInterval95(returns, options.rng.split('bootstrap')),
    lengthMean: mean(lengths),
    returns,
    msPerDecision: elapsedMs / decisions,
  };
}

export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const RESAMPLES = 2000;

/** Percentile bootstrap of the mean (Efron and Tibshirani 1993): where 95 % of the means of resampled values lie. */
export function bootstrapInterval95(values: readonly number[], rng: Rng): readonly [number, number] {
  const means = Array.from({ length: RESAMPLES }, () => mean(values.map(() => values[rng.int(values.length)])));
  means.sort((a, b) => a - b);
  return [quantileSorted(means, 0.025), quantileSorted(means, 0.975)];
}
