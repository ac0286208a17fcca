/** Evaluations while a run goes on: fresh episodes as well as it can play them by then, which disturb nothing of it. */
import { controlLanes, evaluateControl } from '../../eval/control.ts';
import { openOpponent } from '../../eval/opponents.ts';
import { createRng } from '../random.ts';
import { actingPolicy, openPolicy } from '../train/configure.ts';
import type { Run } from '../train/run.ts';
import type { RunningPolicy } from '../types.ts';

export interface Evaluations {
  /** Mean return of `train.evalEpisodes` episodes with the parameters of now; the same at the same step of the same run. */
  returnAt(step: number): Promise<number>;
  dispose(): Promise<void>;
}

/** What acts is compiled when it is first asked for. */
export function createEvaluations(run: Pick<Run, 'config' | 'variant' | 'shape' | 'agent' | 'engine' | 'world' | 'environment' | 'learner'>): Evaluations {
  const { config, variant, shape: { actions, actionSize, image: { size, channels } }, agent, engine, world, environment, learner } = run;
  const { evalEpisodes: episodes, threads } = config.train;
  const opponent = openOpponent(environment);
  let policy: RunningPolicy | undefined;
  return {
    async returnAt(step) {
      const params = await learner.params();
      if (policy) policy.update(params);
      else {
        const { variant: acts, options } = await openPolicy(actingPolicy(config, variant, actions), config, actions, agent);
        policy = await acts.create({
          agent, actions, engine, params, lanes: controlLanes(episodes), explore: false, threads, imageShape: [size, size, channels], actionSize,
        }, options);
      }
      const rng = createRng(config.seed).split(`eval ${step}`);
      const { returnMean } = await evaluateControl({ ...world, policy, episodes, ...(opponent ? { opponent } : {}), rng });
      return returnMean;
    },
    async dispose() {
      await policy?.dispose();
    },
  };
}
