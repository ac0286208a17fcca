/** The dreams that measures of imagination are taken on, and numbers along them: at single imagined steps, and in all. */
import * as tf from '@tensorflow/tfjs';
import { channelsOf } from '../src/world/frame-stack.ts';
import { whyNoTruth } from '../src/world/external.ts';
import { createDreamer, type Dream } from './dream.ts';
import type { MeasuredAgent, MeasureSetting, Quantity } from './measure.ts';
import { mean } from './statistics.ts';

/** Steps that are observed before a dream begins: `dreamtree dream` shows as many. */
const CONTEXT = 5;
/** Imagined steps at which a quantity is told beside its mean over all of them; the dream goes no further than the last. */
export const TOLD_STEPS = [1, 5, 15] as const;
const HORIZON = Math.max(...TOLD_STEPS);

/** @returns why the agent has no dreams, or undefined where it has */
export function refusesDreams({ agent, environment }: MeasuredAgent): string | undefined {
  const lack = whyNoTruth(environment);
  if (lack !== undefined) return `needs the truth beside the dream: ${lack}`;
  return agent.dynamics ? undefined : 'needs an agent that imagines, and this one has no dynamics';
}

/** @returns why its dreams cannot be seen, or undefined where they can */
export function refusesPictures(opened: MeasuredAgent): string | undefined {
  const refusal = refusesDreams(opened);
  if (refusal !== undefined || opened.agent.dynamics?.decode) return refusal;
  return 'needs pictures of what is imagined, and this agent has no decoder (model.decoder = none)';
}

/** Measures that are taken in one go share one setting, and with it the dreams. */
const dreamt = new WeakMap<MeasureSetting, Promise<readonly Dream[]>>();

/**
 * One dream for each episode, by the agent's policy: 5 steps observed, then imagined until the true episode ends, 15 steps
 * at most. Those whose episode is over before anything is imagined are left out. Without a decoder its pictures are black.
 */
export function dreamsOf(setting: MeasureSetting): Promise<readonly Dream[]> {
  const known = dreamt.get(setting);
  if (known) return known;
  const dreams = dreamAnew(setting);
  dreamt.set(setting, dreams);
  return dreams;
}

async function dreamAnew({ opened, episodes, rng }: MeasureSetting): Promise<readonly Dream[]> {
  const { agent, agent: { dynamics }, engine, world, params } = opened;
  const { size, look } = world;
  const blank = () => tf.zeros([1, size, size, channelsOf(look)]);
  const seen = dynamics && !dynamics.decode ? { ...agent, dynamics: { ...dynamics, decode: blank } } : agent;
  const dreamer = await createDreamer({ ...world, agent: seen, engine, context: CONTEXT, horizon: HORIZON });
  try {
    const dreams: Dream[] = [];
    for (let i = 0; i < episodes; i++) dreams.push(await dreamer.dream(params, 'policy', rng.split('dream').split(i)));
    return dreams.filter(({ steps }) => steps.length > 0);
  } finally {
    await dreamer.dispose();
  }
}

/** What `at` gives over all imagined steps, as `name`, and at the steps that are told, as `name1`, `name5`, `name15`. */
function along<T>(
  name: string,
  dreams: readonly (readonly T[])[],
  at: (steps: readonly T[]) => number | undefined,
): Record<string, number> {
  const told = TOLD_STEPS.map((step): [string, readonly T[]] =>
    [`${name}${step}`, dreams.flatMap((steps) => steps.slice(step - 1, step))]);
  return Object.fromEntries([[name, dreams.flat()] as const, ...told].flatMap(([key, steps]) => {
    const value = steps.length === 0 ? undefined : at(steps);
    return value === undefined ? [] : [[key, value]];
  }));
}

/** Means over dreams. `dreams[d][i]` is the value of dream d at its imagined step i + 1; dreams may differ in length. */
export const meansAlong = (name: string, dreams: readonly (readonly number[])[]): Record<string, number> =>
  along(name, dreams, mean);

/** Ratios of such means, part over whole; none where the whole is nothing. */
export const ratiosAlong = (
  name: string,
  dreams: readonly (readonly { readonly part: number; readonly whole: number }[])[],
): Record<string, number> => along(name, dreams, (steps) => {
  const whole = mean(steps.map((step) => step.whole));
  return whole > 0 ? mean(steps.map((step) => step.part)) / whole : undefined;
});

/** What `meansAlong` and `ratiosAlong` give under these names. */
export function quantitiesAlong(name: string, quantity: Quantity): Record<string, Quantity> {
  const { source: _, ...same } = quantity;
  const told = TOLD_STEPS.map((step) => [`${name}${step}`, { ...same, unit: `${quantity.unit}, at imagined step ${step}` }]);
  return Object.fromEntries([[name, quantity], ...told]);
}
