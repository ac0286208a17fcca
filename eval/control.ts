/** How well an agent controls its world: returns of fresh episodes, with their interval. */
import type { Environment, Policy, Rng } from '../src/types.ts';
import { playEpisodes } from '../src/world/play.ts';
import { bootstrapInterval95, mean } from './statistics.ts';
import type { Look } from '../src/world/view.ts';

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
  readonly look?: Look;
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
