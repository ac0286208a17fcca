/**
 * Reanalyse (Schrittwieser et al. 2021): replayed steps are searched anew with the parameters of today, all of them at
 * once, so that old experience gives new targets.
 */
import type { Options, OptionsOf } from '../config/index.ts';
import { compile } from '../engine/compile.ts';
import { concatRows, copyRows, mapGroup, reshaped, rowOf, rowsOf } from '../nd-array.ts';
import { cut, flatten, mapLatent } from '../nn/sequences.ts';
import type { ActionSpace, Agent, DType, Group, NdArray, Refresher, RefreshSetting, TensorSpec } from '../types.ts';
import { createLatentSearch, rootGroup, samplesOf } from './latent-search.ts';
import type { SearchVariant } from './load-policy.ts';
import { searchSettings } from './search-options.ts';

export interface ReanalysisOptions {
  readonly agent: Agent;
  readonly actions: ActionSpace;
  /** Share of the sequences of a batch that are searched anew, 0..1. */
  readonly share: number;
  /** The policy whose search it is (`loadSearch`). */
  readonly policy: SearchVariant;
  /** Those of that policy. */
  readonly options: OptionsOf<Options>;
}

/**
 * Compile it. The first sequences of a batch are the newest, whose searches are young: it is the last ones that are
 * searched anew. Undefined where none are, or nothing is learned from search.
 */
export async function createReanalysis(
  { agent, actions, share, policy: { search }, options }: ReanalysisOptions,
  { batchSize, batchLength, imageShape, actionSize, threads, engine }: RefreshSetting,
): Promise<Refresher | undefined> {
  const rows = Math.round(share * batchSize);
  if (rows === 0 || Object.keys(agent.targetShapes).length === 0) return undefined;
  const { representation } = agent;
  const first = representation.blindSteps;
  const length = batchLength - first;
  const samples = samplesOf(actions, searchSettings(options));
  const perStep = (shape: readonly number[], dtype: DType = 'float32'): TensorSpec =>
    ({ shape: [rows, batchLength, ...shape], dtype });
  const inputs = { image: perStep(imageShape, 'uint8'), action: perStep([actionSize]), isFirst: perStep([]) };
  const context = mapGroup(representation.contextShapes, (shape): TensorSpec => ({ shape: [rows, ...shape], dtype: 'float32' }));
  const params = mapGroup(agent.parameters, ({ shape }): TensorSpec => ({ shape, dtype: 'float32' }));

  const roots = await compile('reanalyse', ({ params: weights, batch, context: before }, noise) => {
    const sequences = { image: batch.image, action: batch.action, isFirst: batch.isFirst, context: before };
    const latents = representation.filter(weights, sequences, noise);
    const latent = mapLatent(latents, (leaf) => flatten(cut(leaf, first, length), 2));
    return { latent, root: rootGroup(agent, weights, latent, noise, samples) };
  }, { params, batch: inputs, context }, { engine, threads });
  const latentSearch = await createLatentSearch({
    agent, actions, search, options, engine, threads, roots: rows * length, explore: true,
  });

  return {
    async run(weights, { batch, context: before, targets: known }, rng) {
      const tail = (array: NdArray): NdArray => rowsOf(array, batchSize - rows, rows);
      const chosen = { image: batch.image, action: batch.action, isFirst: batch.isFirst };
      const { latent, root } = await roots.run(
        { params: weights, batch: mapGroup(chosen, tail), context: mapGroup(before, tail) }, rng.split('roots'),
      );
      const legal = known.legal && since(tail(known.legal), first);
      const { targets } = await latentSearch.run(weights, { latent, root }, rng.split('search'), legal && forbidden(legal));
      if (legal) forgetUnknown(targets, legal);
      const found = mapGroup(targets, (array) => reshaped(array, [rows, length, ...array.shape.slice(1)]));
      return { first, targets: { ...found, ...(legal ? { legal } : {}) } };
    },
  };
}

/** Of [R, T, A], the steps from `first` on. */
function since(array: NdArray, first: number): NdArray {
  const [rows, length] = array.shape;
  const kept = Array.from({ length: rows }, (_, row) => copyRows(rowOf(array, row), first, length - first));
  return reshaped(concatRows(kept), [rows, length - first, ...array.shape.slice(2)]);
}

/** 1 where `legal` [R, T, A] has none; nothing is forbidden where it says nothing, since no action was taken there. */
function forbidden({ data, shape: [, , size] }: NdArray): Uint8Array {
  const illegal = Uint8Array.from(data, (allowed) => (allowed ? 0 : 1));
  for (let row = 0; row < illegal.length; row += size) {
    const step = illegal.subarray(row, row + size);
    if (!step.includes(0)) step.fill(0);
  }
  return illegal;
}

/** As if no search had been made where it is not known what was legal: zeros. */
function forgetUnknown(targets: Group<NdArray>, { data: legal, shape: [, , size] }: NdArray): void {
  for (const { data, shape: [steps] } of Object.values(targets)) {
    const width = data.length / steps;
    for (let step = 0; step < steps; step++) {
      if (!legal.subarray(step * size, (step + 1) * size).includes(1)) data.fill(0, step * width, (step + 1) * width);
    }
  }
}
