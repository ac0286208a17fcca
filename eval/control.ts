/** How well an agent controls its world: returns of fresh episodes, with their interval. */
import type { Environment, Policy, Rng } from '../src/types.ts';
import { playEpisodes } from '../src/world/play.ts';

/** Worlds played side by side; fixed, because a policy draws its noise for all of them at once. */
const LANES = 50;

export interface ControlResult {
  readonly episodes: number;
  readonly returnMean: number;
  /** 95 % interval of the mean. */
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
    returnCi95: meanInterval95(returns),
    lengthMean: mean(lengths),
    returns,
    msPerDecision: elapsedMs / decisions,
  };
}

export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean ± 1.96 standard errors; the mean itself where there is one value only. */
export function meanInterval95(values: readonly number[]): readonly [number, number] {
  const centre = mean(values);
  if (values.length < 2) return [centre, centre];
  const variance = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
  const half = 1.96 * Math.sqrt(variance / values.length);
  return [centre - half, centre + half];
}
