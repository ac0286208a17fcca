/** Options of tree searches, in the section `search`; a policy takes those that its algorithm reads. */
import { z } from 'zod';
import { count, fraction, natural, weight, type Options, type OptionsOf, type Shape } from '../config/index.ts';
import { sampledOptions } from '../nn/search-targets.ts';

/** More of them take minutes for a single move of a few lanes. */
const simulations = count.max(10_000);

/** Of every search. */
export const searchOptions = {
  simulations: simulations.default(16).describe('Simulations of a search.'),
  depth: natural.default(0).describe('Steps from the root to the deepest node; 0 means no limit.'),
  prior: z.enum(['sample', 'mode']).default('sample').describe('What an edge of the tree takes of a stochastic model.'),
} as const satisfies Shape;

/** Of Sequential Halving with Gumbel noise. */
export const gumbelOptions = {
  considered: count.default(16).describe('Actions that Sequential Halving begins with, at most.'),
  gumbelScale: weight.default(1).describe('Randomness of Gumbel search while learning; it has none at evaluation.'),
} as const satisfies Shape;

/** Of PUCT. */
export const puctOptions = {
  dirichletFraction: fraction.default(0.25).describe("Noise in the root's prior of PUCT while learning."),
  dirichletAlpha: z.number().min(1e-6).max(1e6).default(0.3).describe('Below 1 that noise favours few actions.'),
  temperature: weight.default(1).describe('Actions are drawn ∝ visits^(1/temperature) while learning; 0: the most visited.'),
} as const satisfies Shape;

const schema = z.object({ search: z.object({ ...searchOptions, ...sampledOptions }).prefault({}) });

/** What every search reads, whatever its algorithm. */
export type SearchSettings = z.output<typeof schema>['search'];

/** That part of a policy's options; the defaults where it has none of its own. */
export const searchSettings = (options: OptionsOf<Options>): SearchSettings => schema.parse(options).search;
