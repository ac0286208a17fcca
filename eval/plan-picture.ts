/** What an agent's planner thinks at one decision of an episode: plans as imagined pictures, and what came of the chosen one. */
import * as tf from '@tensorflow/tfjs';
import { isPlanPolicy } from '../src/acting/plan-policy.ts';
import { compile } from '../src/engine/compile.ts';
import { concatRows, reshaped, specsOf } from '../src/nd-array.ts';
import { rollout } from '../src/nn/rollout.ts';
import { mergeTime, repeated } from '../src/nn/sequences.ts';
import type { Round } from '../src/planning/plans/decide.ts';
import { bestOf } from '../src/planning/plans/plan.ts';
import type { Group, NdArray } from '../src/types.ts';
import { restoreRng } from '../src/random.ts';
import type { DreamRow } from '../src/viz/dream-strip.ts';
import type { LinePlot } from '../src/viz/plot.ts';
import { UserError } from '../src/user-error.ts';
import { actionRows, advanceEpisode, beginEpisode, createObservationBuffer, lookAhead } from '../src/world/episode.ts';
import { newestFrames } from '../src/world/frame-stack.ts';
import { createView } from '../src/world/view.ts';
import type { DecisionOptions } from './search-tree.ts';
import { returnInWords } from './statistics.ts';

/** One plan, as it was imagined. */
export interface SeenPlan {
  readonly name: 'chosen' | 'best' | 'median' | 'worst';
  /** [H, A] */
  readonly actions: Float32Array;
  /** What its round said of it; absent of a mean of plans, which nobody asked about. */
  readonly worth?: number;
  /** [H]: imagined on arriving. */
  readonly rewards: readonly number[];
}

export interface SeenDecision {
  readonly plans: readonly SeenPlan[];
  /** [H or fewer]: what the chosen plan really led to, where it is followed to its end. */
  readonly trueRewards: readonly number[];
  /** Truth and plans, [H + 1, …] each. */
  readonly rows: readonly DreamRow[];
  readonly rounds: readonly Round[];
  /** Decisions before this one; fewer than asked for where the episode ended. */
  readonly step: number;
}

/** What a policy that plans thinks there. @throws UserError where the agent cannot show what it imagines */
export async function seePlan(options: DecisionOptions): Promise<SeenDecision> {
  const { environment, size, agent, rng } = options;
  if (!agent.dynamics?.decode) throw new UserError('this agent has no decoder: what it plans cannot be seen');
  const view = createView(options);
  const { observation, show } = createObservationBuffer(environment, 1, size, view.channels);
  const [, actionSize] = observation.previousAction.shape;
  const planner = await options.policy.variant.create({
    ...options, actions: environment.actions, lanes: 1, imageShape: [size, size, view.channels], actionSize, explore: false, frozen: true,
  }, options.policy.options);
  if (!isPlanPolicy(planner)) throw new Error(`expected a policy that plans, got ${planner.name}`);
  const episode = beginEpisode(environment, rng.split('world'));
  const thoughts = rng.split('policy');
  show(0, episode.state, view.render(episode));
  let carry = planner.initial(1);
  let step = 0;
  for (;; step++) {
    const thought = await planner.think(carry, observation, thoughts.split(step));
    const before = { ...episode, rng: restoreRng(episode.rng.state()) };
    const [row] = actionRows(environment, 1, thought.action);
    await lookAhead(environment, [{ episode, row }]);
    const arrival = advanceEpisode(environment, episode, row, environment.maxSteps);
    if (step === options.step || arrival.isLast) {
      await planner.dispose();
      const { decision: { plan, rounds }, latent } = thought;
      const chosen = chooseShown(plan, rounds);
      const imagined = await imagine(options, latent, chosen.map(({ actions }) => actions), actionSize);
      const truth = await follow(options, { episode: before, view, actions: plan, actionSize });
      const seen = chosen.map((one, i) => ({ ...one, rewards: imagined.rewards[i] }));
      return { plans: seen, trueRewards: truth.rewards, rows: rowsOf(seen, imagined.pictures, truth), rounds, step };
    }
    carry = thought.carry;
    show(0, episode.state, view.render(episode), arrival.action);
  }
}

/** The plan that is followed; of the last round the best, the one in the middle and the worst. */
function chooseShown(plan: Float32Array, rounds: readonly Round[]): Omit<SeenPlan, 'rewards'>[] {
  const { plans, worth } = rounds[rounds.length - 1];
  const order = bestOf(worth, worth.length);
  const at = (name: SeenPlan['name'], index: number | undefined) => (index === undefined ? [] : [{
    name, worth: worth[index], actions: plans.slice(index * plan.length, (index + 1) * plan.length),
  }]);
  return [
    { name: 'chosen', actions: plan }, ...at('best', order[0]), ...at('median', order[Math.floor(order.length / 2)]), ...at('worst', order[order.length - 1]),
  ];
}

/** Pictures [P, H + 1, …] and rewards [P][H] of plans, from one latent. */
async function imagine({ agent, params, engine }: DecisionOptions, latent: Group<NdArray>, plans: readonly Float32Array[], size: number) {
  const { dynamics } = agent;
  const decode = dynamics?.decode;
  if (!dynamics || !decode) throw new Error('expected an agent with a decoder');
  const count = plans.length;
  const horizon = plans[0].length / size;
  const data = new Float32Array(count * horizon * size);
  plans.forEach((plan, i) => data.set(plan, i * plan.length));
  const inputs = { params, latent, plans: { plans: { data, shape: [count, horizon, size], dtype: 'float32' as const } } };
  const program = await compile('imagined-plans', ({ params: weights, latent: from, plans: { plans: actions } }) => {
    const { latents } = rollout(dynamics, weights, repeated(from, count), { actions, gradients: 'none' });
    const all = mergeTime(latents);
    return { seen: { pictures: decode(weights, all), rewards: tf.reshape(dynamics.outcome(weights, all).reward.predict(), [count, horizon + 1]) } };
  }, specsOf(inputs), { engine });
  const { seen } = await program.run(inputs);
  await program.dispose();
  const rewards = Array.from({ length: count }, (_, i) => Array.from(seen.rewards.data.slice(i * (horizon + 1) + 1, (i + 1) * (horizon + 1))));
  return { pictures: newestFrames(seen.pictures), rewards };
}

interface Following {
  readonly episode: ReturnType<typeof beginEpisode>;
  readonly view: ReturnType<typeof createView>;
  readonly actions: Float32Array;
  readonly actionSize: number;
}

/** The true world under a plan; after an end its last picture stays. */
async function follow({ environment, size }: DecisionOptions, { episode, view, actions, actionSize }: Following) {
  const shape = [size, size, view.channels];
  const frame = (): NdArray => ({ data: Uint8Array.from(view.render(episode)), shape, dtype: 'uint8' });
  const frames = [frame()];
  const rewards: number[] = [];
  for (let at = 0; at < actions.length; at += actionSize) {
    const row = actions.slice(at, at + actionSize);
    if (frames.length > rewards.length + 1) {
      frames.push(frames[frames.length - 1]);
      continue;
    }
    await lookAhead(environment, [{ episode, row }]);
    const { reward, isLast } = advanceEpisode(environment, episode, row, environment.maxSteps);
    rewards.push(reward);
    frames.push(frame());
    if (isLast) frames.push(frame());
  }
  return { frames: newestFrames(concatRows(frames.slice(0, actions.length / actionSize + 1).map((one) => reshaped(one, [1, ...shape])))), rewards };
}

function rowsOf(plans: readonly SeenPlan[], pictures: NdArray, truth: { readonly frames: NdArray; readonly rewards: readonly number[] }): DreamRow[] {
  const [length] = truth.frames.shape;
  const rowSize = pictures.data.length / plans.length;
  const sums = (rewards: readonly number[]) => {
    let sum = 0;
    return ['', ...Array.from({ length: length - 1 }, (_, i) => (i < rewards.length ? returnInWords((sum += rewards[i])) : ''))];
  };
  return [
    { label: 'true outcome', frames: truth.frames, texts: sums(truth.rewards) },
    ...plans.map(({ name, worth, rewards }, i) => ({
      label: worth === undefined ? name : `${name} (${returnInWords(worth)})`, texts: sums(rewards),
      frames: { data: pictures.data.slice(i * rowSize, (i + 1) * rowSize), shape: [length, ...pictures.shape.slice(1)], dtype: pictures.dtype },
    })),
  ];
}

/** How good the plans of each round were: best, upper quarter, median, lower quarter and worst. */
export function fanPlot(rounds: readonly Round[], title: string): LinePlot {
  const shares: [string, number][] = [['best', 0], ['upper quarter', 0.25], ['median', 0.5], ['lower quarter', 0.75], ['worst', 1]];
  return {
    title, xLabel: 'round', yLabel: 'imagined return',
    series: shares.map(([name, share]) => ({
      name,
      points: rounds.flatMap(({ worth }, round) => {
        const order = bestOf(worth, worth.length);
        return order.length === 0 ? [] : [{ x: round + 1, y: worth[order[Math.round(share * (order.length - 1))]] }];
      }),
    })),
  };
}
