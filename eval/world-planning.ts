/** Planning over the true world, without any learning: what a planner achieves with a perfect model. */
import { actionsOf, decide, type Decision, type PlanMethod } from '../src/planning/plans/decide.ts';
import { worldPlans } from '../src/planning/plans/world-plans.ts';
import type { Environment, Rng } from '../src/types.ts';
import { decodeAction } from '../src/world/actions.ts';
import { advanceEpisode, beginEpisode } from '../src/world/episode.ts';
import type { PlayProgress } from '../src/world/play.ts';
import { bootstrapInterval95, mean } from './statistics.ts';

export interface WorldPlanning {
  readonly episodes: number;
  readonly returnMean: number;
  /** 95 % bootstrap interval of the mean. */
  readonly returnCi95: readonly [number, number];
  readonly returns: readonly number[];
  /** Wall time over decisions. */
  readonly msPerDecision: number;
  /** Steps of the world that were imagined for a decision. */
  readonly stepsPerDecision: number;
}

export interface WorldPlanningOptions {
  readonly environment: Environment;
  readonly method: PlanMethod;
  readonly discount: number;
  /** Episode e begins like episode e of an evaluation with the same stream. */
  readonly episodes: number;
  readonly rng: Rng;
  readonly watch?: (progress: PlayProgress) => void;
}

export async function planInWorld({ environment, method, discount, episodes, rng, watch }: WorldPlanningOptions): Promise<WorldPlanning> {
  const started = performance.now();
  const { horizon, size, memorySize } = method;
  const returns: number[] = [];
  let [decisions, imagined] = [0, 0];
  for (let index = 0; index < episodes; index++) {
    const episode = beginEpisode(environment, rng.split(index));
    const thoughts = rng.split('policy').split(index);
    let before: Pick<Decision, 'plan' | 'memory'> = { plan: new Float32Array(horizon * size), memory: new Float32Array(memorySize) };
    for (let ended = false; !ended;) {
      const { length } = episode;
      // What it meets in thought is not what will happen: that would be looking into the future.
      const evaluate = worldPlans({
        environment, states: [episode.state], left: [environment.maxSteps - length], discount, decode: decodeAction,
        rng: thoughts.split('chances').split(length),
      }, method);
      const decision = await decide(method, { ...before, isFirst: [length === 0 ? 1 : 0] }, evaluate, thoughts.split('plans').split(length));
      before = decision;
      decisions++;
      imagined += decision.asked * horizon;
      ended = advanceEpisode(environment, episode, actionsOf(decision, method), environment.maxSteps).isLast;
      watch?.({ ended: index, longest: episode.length });
      if (length % 16 === 0) await new Promise<void>((resolve) => setImmediate(resolve)); // so that Ctrl-C is heard
    }
    returns.push(episode.return);
  }
  return {
    episodes, returnMean: mean(returns), returnCi95: bootstrapInterval95(returns, rng.split('bootstrap')), returns,
    msPerDecision: (performance.now() - started) / decisions, stepsPerDecision: imagined / decisions,
  };
}
