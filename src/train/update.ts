/** One update of an agent as one program: losses, gradients, optimiser, slow copies. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { Config } from '../config/index.ts';
import type { ProgramFunction } from '../engine/compile.ts';
import { valueAndGradients } from '../engine/gradients.ts';
import { mapGroup, specsOf } from '../nd-array.ts';
import { initParameters } from '../nn/parameters.ts';
import { applyGradients, initOptimizer, optimizerShapes, schedule } from '../nn/optimizer.ts';
import type { Agent, Batch, Group, Groups, NdArray, ParamArrays, ParameterSpec, Params, Rng, TensorSpec } from '../types.ts';

/** Everything that an update changes. */
export interface LearnerState {
  readonly params: ParamArrays;
  /** Slowly following copies of some of them. */
  readonly slow: ParamArrays;
  readonly momentum: ParamArrays;
  readonly variance: ParamArrays;
  /** Running statistics of the behaviour. */
  readonly statistics: ParamArrays;
}

export const parametersOf = ({ model, behavior }: Agent): Group<ParameterSpec> =>
  ({ ...model.parameters, ...behavior.parameters });

export function initLearner(agent: Agent, rng: Rng): LearnerState {
  const params = initParameters(parametersOf(agent), rng);
  const { behavior } = agent;
  return { params, slow: slowPart(params, agent), ...initOptimizer(params), statistics: behavior.initState() };
}

/** Those of which the behaviour keeps a slowly following copy. */
function slowPart<T>(params: Group<T>, { behavior: { slowPrefixes } }: Agent): Group<T> {
  return Object.fromEntries(
    Object.entries(params).filter(([name]) => slowPrefixes.some((prefix) => name.startsWith(prefix))),
  );
}

/** What a batch of replayed sequences looks like to the program. */
export function batchSpecs(
  { model, behavior }: Agent,
  { batchSize, length, size, channels, actionSize }:
  { batchSize: number; length: number; size: number; channels: number; actionSize: number },
): Groups<TensorSpec> {
  const perStep = (...rest: number[]): TensorSpec => ({ shape: [batchSize, length, ...rest], dtype: 'float32' });
  return {
    batch: {
      image: { shape: [batchSize, length, size, size, channels], dtype: 'uint8' },
      action: perStep(actionSize), reward: perStep(), isFirst: perStep(), isTerminal: perStep(),
    },
    context: mapGroup(model.contextShapes, (shape): TensorSpec => ({ shape: [batchSize, ...shape], dtype: 'float32' })),
    targets: mapGroup(behavior.targetShapes, (shape) => perStep(...shape)),
    weight: { weight: { shape: [batchSize], dtype: 'float32' } },
  };
}

/** What `updateProgram` takes: the learner's state, the schedule and `batch` (from `batchSpecs`). */
export function updateSpecs(config: Config, agent: Agent, batch: Groups<TensorSpec>): Groups<TensorSpec> {
  const float = (shape: readonly number[]): TensorSpec => ({ shape, dtype: 'float32' });
  const params = mapGroup(parametersOf(agent), ({ shape }) => float(shape));
  const slots = mapGroup(optimizerShapes(params), float);
  return {
    params, slow: slowPart(params, agent), momentum: slots, variance: slots,
    ...specsOf({ statistics: agent.behavior.initState(), schedule: schedule(config.optimizer, 1) }), ...batch,
  };
}

/**
 * The losses of an agent and their gradients for every parameter. Metrics are named by what made them:
 * `model/image`, `behavior/policy`, …
 */
export function agentGradients({ model, behavior }: Agent, inputs: Groups<Tensor>, noise: Parameters<ProgramFunction>[1]) {
  const { params, slow, statistics, batch, targets, weight: { weight } } = inputs;
  return valueAndGradients(params as Params, () => {
    const { image, action, reward, isFirst, isTerminal } = batch;
    const data: Batch = { image, action, reward, isFirst, isTerminal, context: inputs.context, targets, weight };
    const world = model.loss(params, data, noise);
    const acting = behavior.loss({
      params, slow, state: statistics, model, world, batch: data, noise,
    });
    const context = mapGroup(model.contextShapes, (_, leaf) => world.latents[leaf]);
    const priority: Group<Tensor> = acting.priority ? { priority: acting.priority } : {};
    return {
      total: tf.add(world.total, acting.total) as Tensor,
      extras: {
        context,
        priority,
        statistics: acting.state,
        metrics: { ...prefixed('model', world.parts), ...prefixed('behavior', acting.parts) },
      },
    };
  });
}

/**
 * Inputs: the groups of LearnerState, `schedule`, and those of `batchSpecs`. Outputs: LearnerState, `context` (what
 * replay keeps of the latents), `priority` (of the sequences, where the behaviour gives one) and `metrics`.
 */
export function updateProgram(config: Config, agent: Agent): ProgramFunction {
  return (inputs, noise) => {
    const { total, extras, gradients } = agentGradients(agent, inputs, noise);
    const { gradientNorm, ...stepped } = applyGradients(config.optimizer, { ...inputs, gradients } as Parameters<typeof applyGradients>[1]);
    const rate = config.behavior.slowRate;
    const slow = Object.fromEntries(Object.entries(inputs.slow).map(([name, old]) => [
      name, tf.add(tf.mul(old, 1 - rate), tf.mul(stepped.params[name], rate)),
    ]));
    return {
      ...stepped,
      slow,
      statistics: extras.statistics,
      context: extras.context,
      priority: extras.priority,
      metrics: { ...extras.metrics, 'loss/total': total, 'loss/gradientNorm': gradientNorm },
    };
  };
}

const prefixed = (prefix: string, parts: Group<Tensor>): Group<Tensor> =>
  Object.fromEntries(Object.entries(parts).map(([name, tensor]) => [`${prefix}/${name}`, tensor]));

export const scheduleFor = (config: Config, step: number): Group<NdArray> => schedule(config.optimizer, step);
