/** Options that all planners of action sequences share, in the section `plan`; each has a section of its own beside it. */
import { z } from 'zod';
import { fraction, natural, weight, writtenOut, type Options, type OptionsOf, type Shape } from '../config/index.ts';

/** Of planners whose plans may be of any length. */
export const horizonOption = {
  horizon: writtenOut.default(10).describe('Actions of a plan.'),
} as const satisfies Shape;

/** Of planners that draw plans, among which the agent's own policy may have some. */
export const ownOption = {
  own: fraction.default(0.05).describe("Share of the plans that the agent's own policy makes, where it has one."),
} as const satisfies Shape;

/** Of all of them. */
export const planOptions = {
  terminal: z.enum(['none', 'critic']).default('critic').describe('What lies beyond the horizon: nothing, or what the critic says, where there is one.'),
  particles: natural.max(256).default(0).describe('Futures that are drawn for each plan, whose mean counts; 0: the most probable one.'),
  risk: weight.default(0).describe('Standard deviations of the return over those futures that are taken off its mean.'),
  penalty: weight.default(0).describe("What disagreement between an ensemble's members takes off the reward of a step, for each unit of it."),
  adaptive: z.boolean().default(false).describe('Plans count up to the first step on which the members disagree more than is usual in replay.'),
  exploration: weight.default(0.3).describe('While learning: deviation of noise on continuous actions, or chance of a random discrete one.'),
} as const satisfies Shape;

const schema = z.object({ plan: z.object({ ...planOptions, own: ownOption.own.default(0) }).prefault({}) });

export type PlanSettings = z.output<typeof schema>['plan'];

/** That part of a policy's options. */
export const planSettings = (options: OptionsOf<Options>): PlanSettings => schema.parse(options).plan;
