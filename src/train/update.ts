/** One update of an agent as one program: the losses of the stages that are due, gradients, optimisers, slow copies. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { stopGradient, valueAndGradients } from '../engine/gradients.ts';
import type { ProgramFunction } from '../engine/program.ts';
import { mapGroup, mapGroups, specsOf, zeros } from '../nd-array.ts';
import { initParameters } from '../nn/parameters.ts';
import type { Agent, Batch, Group, Groups, NdArray, Noise, ParamArrays, Params, Rng, Stage, StageLoss, TensorSpec } from '../types.ts';
import { UserError } from '../user-error.ts';

/** Everything that an update changes. */
export interface LearnerState {
  readonly params: ParamArrays;
  /** Copies of some of them that follow behind. */
  readonly slow: ParamArrays;
  /** What stages count and average beside the parameters. */
  readonly statistics: ParamArrays;
  /** What optimisers remember, by `stage/slot`. */
  readonly slots: Groups<NdArray>;
}

/** A stage that is learned by gradients. */
type GradientStage = Stage & Required<Pick<Stage, 'loss' | 'optimizer'>>;

export const byGradients = (stages: readonly Stage[]): GradientStage[] =>
  stages.filter((stage): stage is GradientStage => stage.loss !== undefined && stage.optimizer !== undefined);

const beginsWith = (prefixes: readonly string[]) => (name: string): boolean => prefixes.some((prefix) => name.startsWith(prefix));

function pick<T>(group: Group<T>, wanted: (name: string) => boolean): Group<T> {
  const entries = Object.entries(group);
  const kept = entries.filter(([name]) => wanted(name));
  return kept.length === entries.length ? group : Object.fromEntries(kept);
}

/** Those of which a stage keeps a copy. */
const slowPart = <T>(params: Group<T>, stages: readonly Stage[]): Group<T> =>
  pick(params, beginsWith(stages.flatMap(({ slow }) => slow?.prefixes ?? [])));

export function initLearner({ parameters, stages }: Agent, rng: Rng): LearnerState {
  const params = initParameters(parameters, rng);
  return {
    params, slow: slowPart(params, stages), statistics: Object.assign({}, ...stages.map(({ statistics }) => statistics)),
    slots: mapGroups(slotShapes(parameters, stages), (shape) => zeros(shape)),
  };
}

/** Shapes of what the optimisers remember, by `stage/slot`. */
const slotShapes = (params: Group<{ readonly shape: readonly number[] }>, stages: readonly Stage[]): Groups<readonly number[]> =>
  Object.fromEntries(byGradients(stages).flatMap(({ name, trains, optimizer }) =>
    Object.entries(optimizer.slots(pick(params, beginsWith(trains)))).map(([slot, shapes]) => [`${name}/${slot}`, shapes])));

/** What a batch of replayed sequences looks like to the program. */
export function batchSpecs(
  { representation, targetShapes }: Agent,
  { batchSize, length, size, channels, actionSize }:
  { batchSize: number; length: number; size: number; channels: number; actionSize: number },
): Groups<TensorSpec> {
  const perStep = (...rest: number[]): TensorSpec => ({ shape: [batchSize, length, ...rest], dtype: 'float32' });
  return {
    batch: {
      image: { shape: [batchSize, length, size, size, channels], dtype: 'uint8' },
      action: perStep(actionSize), reward: perStep(), isFirst: perStep(), isTerminal: perStep(),
    },
    context: mapGroup(representation.contextShapes, (shape): TensorSpec => ({ shape: [batchSize, ...shape], dtype: 'float32' })),
    targets: mapGroup(targetShapes, (shape) => perStep(...shape)),
    weight: { weight: { shape: [batchSize], dtype: 'float32' } },
  };
}

/** The group in which a program is told one of a stage's things. */
const slotGroup = (key: string): string => `slots/${key}`;
const scheduleGroup = ({ name }: Stage): string => `schedule/${name}`;

/** Numbers that change from step to step: those of step `step` (counted from 1) of each stage. */
export const schedulesFor = (stages: readonly GradientStage[], step: (stage: Stage) => number): Groups<NdArray> =>
  Object.fromEntries(stages.map((stage) => [scheduleGroup(stage), stage.optimizer.schedule(step(stage))]));

/** A learner's state as its programs take it. */
export const stateInputs = ({ slots, ...state }: LearnerState, stages: readonly Stage[]): Groups<NdArray> => ({
  ...state,
  ...Object.fromEntries(Object.entries(slots)
    .filter(([key]) => stages.some(({ name }) => key.startsWith(`${name}/`)))
    .map(([key, group]) => [slotGroup(key), group])),
});

/** What `updateProgram` takes: the learner's state, the schedules and `batch` (from `batchSpecs`). */
export function updateSpecs(agent: Agent, stages: readonly GradientStage[], batch: Groups<TensorSpec>): Groups<TensorSpec> {
  const float = (shape: readonly number[]): TensorSpec => ({ shape, dtype: 'float32' });
  const params = mapGroup(agent.parameters, ({ shape }) => float(shape));
  const slots = Object.entries(slotShapes(agent.parameters, stages)).map(([key, shapes]) => [slotGroup(key), mapGroup(shapes, float)]);
  const statistics: ParamArrays = Object.assign({}, ...agent.stages.map((stage) => stage.statistics));
  return {
    params, slow: slowPart(params, agent.stages), ...Object.fromEntries(slots), ...specsOf({ statistics }),
    ...specsOf(schedulesFor(stages, () => 1)), ...batch,
  };
}

/** The losses of stages and their gradients for the parameters that each trains. */
export function stageGradients(stages: readonly GradientStage[], inputs: Groups<Tensor>, noise: Noise) {
  const { params, slow = {}, statistics = {}, batch, context = {}, targets = {}, weight: { weight } } = inputs;
  const { image, action, reward, isFirst, isTerminal } = batch;
  const data: Batch = { image, action, reward, isFirst, isTerminal, context, targets, weight };
  const trained = pick(params, beginsWith(stages.flatMap(({ trains }) => trains)));
  return valueAndGradients(trained as Params, () => {
    const losses: Record<string, StageLoss> = {};
    for (const { name, trains, loss } of stages) {
      const own = beginsWith(trains);
      const visible = mapGroup(params, (tensor, parameter) => (own(parameter) ? tensor : stopGradient(tensor)));
      const earlier = Object.fromEntries(Object.entries(losses).map(([before, found]) => [before, settled(found)]));
      losses[name] = loss({ params: visible, slow, statistics, batch: data, noise, earlier });
    }
    const all = Object.values(losses);
    const totals = Object.fromEntries(Object.entries(losses).map(([name, { total }]) => [name, total]));
    const together = <Key extends 'parts' | 'context' | 'statistics'>(key: Key): Group<Tensor> =>
      Object.assign({}, ...all.map((found) => found[key]));
    return {
      total: all.map(({ total }) => total).reduce((sum, total) => tf.add(sum, total)),
      extras: {
        totals, metrics: together('parts'), context: together('context'), statistics: together('statistics'),
        priority: Object.assign({}, ...all.map(({ priority }) => (priority ? { priority } : {}))) as Group<Tensor>,
      },
    };
  });
}

/** What a later stage sees of an earlier one: numbers, through which no gradient flows. */
function settled({ total, parts, context, priority, statistics, shared }: StageLoss): StageLoss {
  const stop = (group: Group<Tensor>) => mapGroup(group, stopGradient);
  return {
    total: stopGradient(total), parts: stop(parts), ...(context ? { context: stop(context) } : {}),
    ...(priority ? { priority: stopGradient(priority) } : {}), ...(statistics ? { statistics: stop(statistics) } : {}),
    ...(shared ? { shared: mapGroups(shared, stopGradient) } : {}),
  };
}

/**
 * One step of each of `stages`, all from the same parameters. Outputs: what changes of `params`, `slow`, `statistics` and
 * the slots; `context` (what replay keeps of the latents), `priority` (of the sequences, where a stage gives one) and
 * `metrics`.
 */
export function updateProgram(agent: Agent, stages: readonly GradientStage[]): ProgramFunction {
  return (inputs, noise) => {
    const { extras: { totals, metrics, ...found }, gradients } = stageGradients(stages, inputs, noise);
    const params: Record<string, Tensor> = {};
    const slow: Record<string, Tensor> = {};
    const slots: Record<string, Group<Tensor>> = {};
    const sizes: Record<string, Tensor> = {};
    for (const stage of stages) {
      const { name, trains, optimizer, slow: copies } = stage;
      const own = beginsWith(trains);
      const before = pick(inputs.params, own);
      const stepped = optimizer.apply({
        params: before, gradients: pick(gradients, own), schedule: inputs[scheduleGroup(stage)],
        slots: Object.fromEntries(Object.keys(optimizer.slots(before)).map((slot) => [slot, inputs[slotGroup(`${name}/${slot}`)]])),
      });
      Object.assign(params, stepped.params);
      for (const [slot, group] of Object.entries(stepped.slots)) slots[slotGroup(`${name}/${slot}`)] = group;
      if (copies?.rate !== undefined) Object.assign(slow, follow(inputs, stepped.params, copies));
      // With one loss alone there is nothing to tell apart.
      const label = byGradients(agent.stages).length === 1 ? 'loss' : `loss/${name}`;
      Object.assign(sizes, { [`${label}/total`]: totals[name], [`${label}/gradientNorm`]: stepped.gradientNorm });
    }
    return { params, slow, ...slots, ...found, metrics: { ...metrics, ...sizes } };
  };
}

/** Copies that are to follow, a share `rate` closer to what they are copies of. */
function follow(
  { slow, params }: Groups<Tensor>,
  stepped: Group<Tensor>,
  { prefixes, rate }: { readonly prefixes: readonly string[]; readonly rate: number },
): Group<Tensor> {
  return mapGroup(pick(slow, beginsWith(prefixes)), (old, name) =>
    tf.add(tf.mul(old, 1 - rate), tf.mul(stepped[name] ?? params[name], rate)));
}

/** A learner's state after a program of these stages has run. */
export function nextState(state: LearnerState, outputs: Groups<NdArray>): LearnerState {
  const slots = Object.fromEntries(Object.entries(state.slots).map(([key, group]) => [key, outputs[slotGroup(key)] ?? group]));
  // A group without members does not come back.
  const next = (name: 'params' | 'slow' | 'statistics') => ({ ...state[name], ...outputs[name] });
  return { params: next('params'), slow: next('slow'), statistics: next('statistics'), slots };
}

/** The same with the copies renewed that are due as a whole after update `update`. */
export function withHardCopies(state: LearnerState, stages: readonly Stage[], update: number): LearnerState {
  const due = stages.flatMap(({ slow }) => (slow?.every !== undefined && update % slow.every === 0 ? slow.prefixes : []));
  return due.length === 0 ? state : { ...state, slow: { ...state.slow, ...pick(state.params, beginsWith(due)) } };
}

/** @throws UserError where stages cannot learn side by side */
export function requireStages({ stages, parameters }: Agent): void {
  const seen = new Set<string>();
  for (const { name, trains, loss, optimizer, search } of stages) {
    if (seen.has(name)) throw new UserError(`two stages have the name '${name}'`);
    seen.add(name);
    if ((loss === undefined) === (search === undefined)) throw new UserError(`stage '${name}': expected a loss or a search`);
    if (loss && !optimizer) throw new UserError(`stage '${name}': expected an optimizer beside its loss`);
    if (!Object.keys(parameters).some(beginsWith(trains))) {
      throw new UserError(`stage '${name}' trains nothing: no parameter's name begins with ${trains.join(' or ')}`);
    }
  }
}

/** @throws UserError where two stages that are due together train the same parameter */
export function requireDisjoint({ parameters }: Agent, stages: readonly Stage[]): void {
  const owner = new Map<string, string>();
  for (const { name, trains } of stages) {
    for (const parameter of Object.keys(parameters).filter(beginsWith(trains))) {
      const other = owner.get(parameter);
      if (other !== undefined) throw new UserError(`stages '${other}' and '${name}' would both step ${parameter} in one update`);
      owner.set(parameter, name);
    }
  }
}
