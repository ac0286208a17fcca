/**
 * The dream beside the truth: a model watches a world for a few steps, then imagines on under the same actions that
 * the true world, forked from the same state, is given.
 */
import * as tf from '@tensorflow/tfjs';
import { blankCarry, see } from '../src/acting/see.ts';
import { compile } from '../src/engine/compile.ts';
import type { Program } from '../src/engine/program.ts';
import { concatRows, float32, mapGroup, rowOf, specsOf, uint8, zeros } from '../src/nd-array.ts';
import type { Action, Agent, EngineChoice, Environment, Group, Latent, NdArray, ParamArrays, Params, Rng } from '../src/types.ts';
import { UserError } from '../src/user-error.ts';
import { actionSize, decodeAction, encodeAction, randomAction } from '../src/world/actions.ts';
import { newestFrames } from '../src/world/frame-stack.ts';
import { createView } from '../src/world/view.ts';
import type { Look } from '../src/world/view.ts';

export interface DreamOptions {
  readonly environment: Environment;
  readonly agent: Agent;
  readonly engine: EngineChoice;
  /** Side of the pictures in pixels. */
  readonly size: number;
  /** Nuisances and greys; the plain scene where it is absent. */
  readonly look?: Look;
  /** Steps that are observed. */
  readonly context: number;
  /** Steps that are imagined, at most: a dream ends with the true episode. */
  readonly horizon: number;
}

/** How one imagined step compares with what really happened. */
export interface DreamStep {
  /** Counted from the first imagined one. */
  readonly step: number;
  /** Mean squared error of pixels in [0, 1]. */
  readonly mse: number;
  /** 10·log₁₀(1/mse), in decibels. */
  readonly psnr: number;
  /** Distance of the predicted from the true reward. */
  readonly rewardError: number;
}

export interface Dream {
  /** float32 [T, S, S, 3] in [0, 1], T = context + imagined. */
  readonly truth: NdArray;
  readonly model: NdArray;
  readonly context: number;
  readonly rewards: readonly number[];
  readonly predictedRewards: readonly number[];
  readonly steps: readonly DreamStep[];
}

/**
 * How the imagined part chooses its actions: by the agent's policy, at random, or one action over and over; what the
 * world forbids is replaced by something that it does not.
 */
export type DreamActions = 'policy' | 'random' | { readonly always: number };

export interface Dreamer {
  /** Watch and imagine once. The same `rng` shows the same beginning, whatever the actions are then. */
  dream(params: ParamArrays, actions: DreamActions, rng: Rng): Promise<Dream>;
  dispose(): Promise<void>;
}

interface Moment {
  readonly latent: Group<NdArray>;
  readonly action: NdArray;
  readonly picture: NdArray;
  readonly reward: number;
}

/** @throws UserError where the agent has no decoder. */
export async function createDreamer(options: DreamOptions): Promise<Dreamer> {
  const { environment, agent, engine, size, context, horizon } = options;
  const length = actionSize(environment.actions);
  const view = createView(options);
  const programs = await compilePrograms(agent, engine, [size, size, view.channels], length);
  const blank = blankCarry(agent.representation, 1);
  const channels = view.channels;

  async function dream(params: ParamArrays, actions: DreamActions, rng: Rng): Promise<Dream> {
    const worldRng = rng.split('world');
    const noise = rng.split('model');
    const choice = rng.split('actions');
    const truth: Uint8Array[] = [];
    const model: NdArray[] = [];
    const rewards: number[] = [];
    const predicted: number[] = [];
    const look = (state: unknown) => {
      const image = view.render({ state, rng: worldRng, length: truth.length });
      truth.push(image);
      return image;
    };

    // Watch
    let state = environment.reset(worldRng);
    let carry = blank;
    let latent: Group<NdArray> = {};
    let action: NdArray = zeros([1, length]);
    let reward = 0;
    let ended = false;
    for (let t = 0; t < context && !ended; t++) {
      const observation = {
        image: uint8(look(state), [1, size, size, channels]), previousAction: action,
        isFirst: { data: Float32Array.of(t === 0 ? 1 : 0), shape: [1], dtype: 'float32' as const },
      };
      const outputs = await programs.observe.run({ params, carry, observation }, noise);
      const seen = momentOf(outputs);
      carry = outputs.carry;
      ({ latent, action } = seen);
      model.push(seen.picture);
      rewards.push(reward);
      predicted.push(seen.reward);
      if (t === context - 1) break;
      action = allowed(action, state, choice);
      ({ state, reward, terminated: ended } = environment.step(state, chosen(action), worldRng));
    }

    // Imagine, and let the true world do the same
    const watched = model.length;
    for (let h = 0; h < horizon && !ended && watched + h <= environment.maxSteps; h++) {
      action = allowed(actions === 'policy' ? action : forced(actions, choice), state, choice);
      ({ state, reward, terminated: ended } = environment.step(state, chosen(action), worldRng));
      look(state);
      const imagined = momentOf(await programs.imagine.run({ params, latent, input: { action } }, noise));
      ({ latent, action } = imagined);
      model.push(imagined.picture);
      rewards.push(reward);
      predicted.push(imagined.reward);
      await view.breathe();
    }
    // Of pictures that show several moments, the newest.
    const pictures = newestFrames(concatRows(truth.map((image) =>
      float32(Float32Array.from(image, (byte) => byte / 255), [1, size, size, channels]))));
    const decoded = newestFrames(concatRows(model));
    const steps = rewards.slice(watched).map((_, i) => {
      const t = watched + i;
      const mse = meanSquaredError(rowOf(pictures, t), rowOf(decoded, t));
      return { step: i + 1, mse, psnr: -10 * Math.log10(Math.max(mse, 1e-10)), rewardError: Math.abs(predicted[t] - rewards[t]) };
    });
    return { truth: pictures, model: decoded, context: watched, rewards, predictedRewards: predicted, steps };
  }

  const chosen = ({ data }: NdArray): Action => decodeAction(environment.actions, data as Float32Array);

  function encoded(action: Action): NdArray {
    const data = new Float32Array(length);
    encodeAction(environment.actions, action, data);
    return { data, shape: [1, length], dtype: 'float32' };
  }

  const forced = (actions: Exclude<DreamActions, 'policy'>, rng: Rng): NdArray =>
    encoded(actions === 'random' ? randomAction(environment.actions, rng) : actions.always);

  /** The action, or where the world forbids it, any other that it does not. */
  function allowed(action: NdArray, state: unknown, rng: Rng): NdArray {
    const legal = environment.legal?.(state);
    return !legal || legal[Number(chosen(action))] ? action : encoded(randomAction(environment.actions, rng, legal));
  }

  return {
    dream,
    async dispose() {
      await Promise.all([programs.observe.dispose(), programs.imagine.dispose()]);
    },
  };
}

/** One step of watching and one of imagining, each with the picture that the model has of it. */
async function compilePrograms(
  { representation, dynamics, prediction, parameters }: Agent,
  engine: EngineChoice,
  imageShape: readonly number[],
  length: number,
): Promise<{ observe: Program; imagine: Program }> {
  if (!dynamics) throw new UserError('this agent imagines nothing, so it has no dreams');
  if (!dynamics.decode) throw new UserError('this agent has no decoder (model.decoder = none), so its dreams cannot be seen');
  const { decode, latentShapes } = dynamics;
  const describe = (weights: Params, latent: Latent) => ({
    latent,
    seen: {
      // Without a policy of its own it does nothing in particular.
      action: prediction?.predict(weights, representation.features(latent)).policy.predict() ?? tf.zeros([1, length]),
      picture: decode(weights, latent),
      reward: dynamics.outcome(weights, latent).reward.predict(),
    },
  });
  const params = mapGroup(parameters, ({ shape }) => ({ shape, dtype: 'float32' as const }));
  const latent = mapGroup(latentShapes, (shape) => zeros([1, ...shape]));
  const observation = {
    image: zeros([1, ...imageShape], 'uint8'), previousAction: zeros([1, length]), isFirst: zeros([1]),
  };
  const observe = await compile('dream-observe', ({ params: weights, carry, observation: shown }, noise) => {
    const next = see(representation, weights, carry, shown, noise);
    return { carry: next.carry, ...describe(weights, next.latent) };
  }, { params, ...specsOf({ carry: blankCarry(representation, 1), observation }) }, { engine });
  const imagine = await compile('dream-imagine', ({ params: weights, latent: from, input }, noise) =>
    describe(weights, dynamics.imagine(weights, from, input.action, noise)),
  { params, ...specsOf({ latent, input: { action: zeros([1, length]) } }) }, { engine });
  return { observe, imagine };
}

const momentOf = ({ latent, seen }: Readonly<Record<string, Group<NdArray>>>): Moment =>
  ({ latent, action: seen.action, picture: seen.picture, reward: seen.reward.data[0] });

/** Squared error between two pictures, per number. */
function meanSquaredError(a: NdArray, b: NdArray): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += (a.data[i] - b.data[i]) ** 2;
  return sum / a.data.length;
}
