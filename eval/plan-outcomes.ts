/** What a planner expected of the plans that it chose, and what really came of each when it was followed to its end. */
import * as tf from '@tensorflow/tfjs';
import type { PlanPolicy } from '../src/acting/plan-policy.ts';
import { compile } from '../src/engine/compile.ts';
import type { Program } from '../src/engine/program.ts';
import { specsOf } from '../src/nd-array.ts';
import { rollout } from '../src/nn/rollout.ts';
import { cut, mapLatent, mergeTime } from '../src/nn/sequences.ts';
import { restoreRng } from '../src/random.ts';
import type { Dynamics, EngineChoice, Environment, Group, NdArray, ParamArrays, Rng } from '../src/types.ts';
import { actionRows, advanceEpisode, beginEpisode, createObservationBuffer, lookAhead, type Episode } from '../src/world/episode.ts';
import { createView, type Look } from '../src/world/view.ts';

export interface PlanOutcome {
  /** Sum of the rewards that were imagined up to the plan's end, or to where it was imagined to end. */
  readonly expected: number;
  /** Sum of those that really came. */
  readonly received: number;
}

export interface PlanOutcomesOptions {
  readonly environment: Environment;
  readonly size: number;
  readonly look?: Look;
  readonly dynamics: Dynamics;
  readonly params: ParamArrays;
  readonly engine: EngineChoice;
  /** For as many worlds at once as there are episodes. */
  readonly policy: PlanPolicy;
  readonly episodes: number;
  readonly rng: Rng;
}

/** Decisions from one that is looked at to the next. */
const EVERY = 5;

/** Of every fifth decision of some episodes whose plan ends within the time limit; they go on with the first action of each plan. */
export async function planOutcomes(options: PlanOutcomesOptions): Promise<PlanOutcome[]> {
  const { environment, size, policy, episodes: count, rng } = options;
  const view = createView(options);
  const { observation, show } = createObservationBuffer(environment, count, size, view.channels);
  const episodes = Array.from({ length: count }, (_, lane) => beginEpisode(environment, rng.split('world').split(lane)));
  episodes.forEach((episode, lane) => show(lane, episode.state, view.render(episode)));
  const thoughts = rng.split('policy');
  const outcomes: PlanOutcome[] = [];
  const playing = new Set(episodes.keys());
  let carry = policy.initial(count);
  let program: Program | undefined;
  try {
    for (let step = 0; playing.size > 0; step++) {
      const { action, carry: next, decision: { plan }, latent } = await policy.think(carry, observation, thoughts.split(step));
      carry = next;
      const rows = actionRows(environment, count, action);
      if (step % EVERY === 0) {
        const plans: NdArray = { data: plan, shape: [count, plan.length / count / rows[0].length, rows[0].length], dtype: 'float32' };
        program ??= await compileExpected(options, latent, plans);
        const { out } = await program.run({ params: options.params, latent, plans: { plans } });
        for (const lane of playing) {
          const length = plan.length / count;
          // Where the time limit would cut a plan short, nobody could have expected it.
          if (episodes[lane].length + plans.shape[1] > environment.maxSteps) continue;
          const received = await follow(environment, fork(episodes[lane]), plan.subarray(lane * length, (lane + 1) * length), rows[0].length);
          outcomes.push({ expected: out.expected.data[lane], received });
        }
      }
      await lookAhead(environment, [...playing].map((lane) => ({ episode: episodes[lane], row: rows[lane] })));
      for (const lane of [...playing]) {
        const episode = episodes[lane];
        const arrival = advanceEpisode(environment, episode, rows[lane], environment.maxSteps);
        if (arrival.isLast) playing.delete(lane);
        else show(lane, episode.state, view.render(episode), arrival.action);
      }
    }
  } finally {
    await program?.dispose();
  }
  return outcomes;
}

/** The same moment once more, with the same chances ahead. */
const fork = (episode: Episode): Episode => ({ ...episode, rng: restoreRng(episode.rng.state()) });

async function follow(environment: Environment, episode: Episode, plan: Float32Array, size: number): Promise<number> {
  let sum = 0;
  for (let at = 0; at < plan.length; at += size) {
    const row = plan.slice(at, at + size);
    await lookAhead(environment, [{ episode, row }]);
    const { reward, isLast } = advanceEpisode(environment, episode, row, environment.maxSteps);
    sum += reward;
    if (isLast) break;
  }
  return sum;
}

/** Plans [L, H, A] → `out.expected` [L]. */
function compileExpected({ dynamics, engine, params }: PlanOutcomesOptions, latent: Group<NdArray>, plans: NdArray): Promise<Program> {
  const [count, horizon] = plans.shape;
  return compile('expected-of-plans', ({ params: weights, latent: from, plans: { plans: actions } }) => {
    const { latents } = rollout(dynamics, weights, from, { actions, gradients: 'none' });
    const { reward, discount } = dynamics.outcome(weights, mergeTime(mapLatent(latents, (leaf) => cut(leaf, 1, horizon))));
    const [rewards, goesOn] = [reward.predict(), tf.cast(tf.greater(discount.predict(), 0.5), 'float32')]
      .map((values) => tf.unstack(tf.reshape(values, [count, horizon]), 1));
    let [sum, alive]: tf.Tensor[] = [rewards[0], goesOn[0]];
    for (let step = 1; step < horizon; step++) {
      sum = tf.add(sum, tf.mul(alive, rewards[step]));
      alive = tf.mul(alive, goesOn[step]);
    }
    return { out: { expected: sum } };
  }, specsOf({ params, latent, plans: { plans } }), { engine });
}
