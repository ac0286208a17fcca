/** How well an agent controls its world: returns of fresh episodes, with their interval. */
import type { Environment, Policy, Rng } from '../src/types.ts';
import { playWorld } from '../src/world/external.ts';
import { bootstrapInterval95, mean, normalizedScore, referenceOf } from './statistics.ts';
import type { Opponent, PlayOptions } from '../src/world/play.ts';
import type { Look } from '../src/world/view.ts';

/** Worlds played side by side; fixed, because a policy draws its noise for all of them at once. */
const LANES = 50;

export interface ControlResult {
  readonly episodes: number;
  readonly returnMean: number;
  /** 95 % bootstrap interval of the mean. */
  readonly returnCi95: readonly [number, number];
  /** The mean on the scale from random (0) to the best known player (1), where the world has such a reference. */
  readonly score?: number;
  readonly scoreCi95?: readonly [number, number];
  readonly lengthMean: number;
  /** Who played the other side of a game for two; returns are 1 for a game won, 0 for a draw, −1 for one lost, then. */
  readonly opponent?: string;
  /** How many episodes were cut, and after how many steps, which nobody has asked for. */
  readonly cut?: { readonly episodes: number; readonly steps: number };
  readonly returns: readonly number[];
  /** Wall time over decisions, worlds and drawing included. */
  readonly msPerDecision: number;
}

/** Lanes that `evaluateControl` plays, for whoever compiles a policy for it. */
export const controlLanes = (episodes: number): number => Math.min(LANES, episodes);

export async function evaluateControl(options: Pick<PlayOptions, 'longest' | 'watch'> & {
  readonly environment: Environment;
  readonly policy: Policy;
  readonly episodes: number;
  /** Worlds played side by side; `controlLanes(episodes)` where it is absent. */
  readonly lanes?: number;
  readonly size: number;
  readonly look?: Look;
  /** Of a game for two: who plays the other side, half of the games each; the policy itself where it is absent. */
  readonly opponent?: Opponent;
  readonly rng: Rng;
}): Promise<ControlResult> {
  const { episodes, environment, lanes = controlLanes(episodes) } = options;
  const started = performance.now();
  const { returns, lengths, decisions, cut } = await playWorld({ ...options, lanes });
  const elapsedMs = performance.now() - started;
  const returnMean = mean(returns);
  const returnCi95 = bootstrapInterval95(returns, options.rng.split('bootstrap'));
  return {
    episodes,
    returnMean,
    returnCi95,
    ...scoreOf(environment, returnMean, returnCi95),
    lengthMean: mean(lengths),
    ...(options.opponent ? { opponent: options.opponent.name } : {}),
    ...(cut ? { cut } : {}),
    returns,
    msPerDecision: elapsedMs / decisions,
  };
}

/** Nothing where the world has no reference, or one that does not tell the best player from a random one. */
function scoreOf(
  environment: Environment,
  returnMean: number,
  [low, high]: readonly [number, number],
): Pick<ControlResult, 'score' | 'scoreCi95'> {
  const reference = referenceOf(environment);
  if (!reference || reference.expert === reference.random) return {};
  const score = (value: number): number => normalizedScore(reference, value);
  return { score: score(returnMean), scoreCi95: [score(low), score(high)] };
}
