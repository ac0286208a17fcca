/**
 * Reanalyse (Schrittwieser et al. 2021): replayed steps are searched anew with the parameters of today, all of them at
 * once, so that old experience gives new targets.
 */
import type { Config } from '../config/index.ts';
import type { SequencePosition } from '../data/replay.ts';
import { compile, type EngineChoice } from '../engine/compile.ts';
import { mapGroup, sizeOf } from '../nd-array.ts';
import { cut, flatten, mapLatent } from '../nn/sequences.ts';
import { createLatentSearch, rootGroup, samplesOf } from '../planning/latent-search.ts';
import type { Agent, Group, Groups, NdArray, ParamArrays, Rng, TensorSpec } from '../types.ts';
import { actingPolicy, searchFor, type AgentShape } from './agent.ts';
import { parametersOf } from './update.ts';

/** New targets of the last R sequences of a batch, leaves [R, T − first, …]: from the first step on that has its past. */
export interface Searched {
  readonly first: number;
  readonly targets: Group<NdArray>;
}

export interface Reanalysis {
  run(params: ParamArrays, inputs: Groups<NdArray>, rng: Rng): Promise<Searched>;
}

/**
 * Compile it for batches of `specs` (from `batchSpecs`). The first sequences of a batch are the newest, whose searches
 * are young: it is the last ones that are searched anew. Undefined where nothing is learned from search.
 */
export async function createReanalysis(
  { config, agent, shape: { actions }, engine, specs }:
  { config: Config; agent: Agent; shape: AgentShape; engine: EngineChoice; specs: Groups<TensorSpec> },
): Promise<Reanalysis | undefined> {
  const { search, train } = config;
  const rows = Math.round(search.reanalyse * train.batchSize);
  if (rows === 0 || Object.keys(agent.behavior.targetShapes).length === 0) return undefined;
  const policy = actingPolicy(config, actions);
  const { threads } = train;
  const first = agent.model.blindSteps;
  const length = train.batchLength - first;
  const samples = samplesOf(actions, search);
  const lastRows = ({ shape, dtype }: TensorSpec): TensorSpec => ({ shape: [rows, ...shape.slice(1)], dtype });
  const { image, action, isFirst } = specs.batch;
  const inputs = mapGroup({ image, action, isFirst }, lastRows);
  const context = mapGroup(specs.context, lastRows);
  const params = mapGroup(parametersOf(agent), ({ shape }): TensorSpec => ({ shape, dtype: 'float32' }));

  const roots = await compile('reanalyse', ({ params: weights, batch, context: before }, noise) => {
    const sequences = { image: batch.image, action: batch.action, isFirst: batch.isFirst, context: before };
    const latent = mapLatent(agent.model.filter(weights, sequences, noise), (leaf) => flatten(cut(leaf, first, length), 2));
    return { latent, root: rootGroup(agent, weights, latent, noise, samples) };
  }, { params, batch: inputs, context }, { engine, threads });
  const latentSearch = await createLatentSearch({
    agent, actions, search, engine, threads, roots: rows * length, explore: true,
    kind: policy === 'actor' ? searchFor(actions) : policy,
  });

  return {
    async run(weights, { batch, context: before, targets: known }, rng) {
      const tail = (array: NdArray): NdArray => lastOf(array, rows);
      const chosen = { image: batch.image, action: batch.action, isFirst: batch.isFirst };
      const { latent, root } = await roots.run(
        { params: weights, batch: mapGroup(chosen, tail), context: mapGroup(before, tail) }, rng.split('roots'),
      );
      const legal = known.legal && since(tail(known.legal), first);
      const { targets } = await latentSearch.run(weights, { latent, root }, rng.split('search'), legal && forbidden(legal));
      if (legal) forgetUnknown(targets, legal);
      const found = mapGroup(targets, ({ shape: [, ...rest], ...array }) => ({ ...array, shape: [rows, length, ...rest] }));
      return { first, targets: { ...found, ...(legal ? { legal } : {}) } };
    },
  };
}

/** Of [R, T, A], the steps from `first` on. */
function since({ data, shape: [rows, length, size], dtype }: NdArray, first: number): NdArray {
  const kept = length - first;
  const steps = new Float32Array(rows * kept * size);
  for (let row = 0; row < rows; row++) {
    steps.set(data.subarray((row * length + first) * size, (row + 1) * length * size), row * kept * size);
  }
  return { data: steps, shape: [rows, kept, size], dtype };
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

/** The last `rows` of [B, …], in the same memory. */
function lastOf({ data, shape: [batch, ...rest], dtype }: NdArray, rows: number): NdArray {
  const size = sizeOf(rest);
  return { data: data.subarray((batch - rows) * size, batch * size), shape: [rows, ...rest], dtype };
}

/** The targets [B, T, …] of a batch with those that were searched anew in their places. */
export const withSearched = (targets: Group<NdArray>, { first, targets: fresh }: Searched): Group<NdArray> =>
  mapGroup(targets, (array, leaf) => {
    const { shape: [batch, length, ...rest] } = array;
    const { data: found, shape: [rows] } = fresh[leaf];
    const data = array.data.slice();
    const [whole, known] = [length * sizeOf(rest), (length - first) * sizeOf(rest)];
    for (let row = 0; row < rows; row++) {
      data.set(found.subarray(row * known, (row + 1) * known), (batch - rows + row + 1) * whole - known);
    }
    return { ...array, data };
  });

/**
 * Where in replay the new targets of a batch belong. All others stay as replay has them: the batch was gathered before
 * the update in front of it wrote to some of its steps.
 */
export const searchedPositions = (
  positions: readonly SequencePosition[],
  { first, targets }: Searched,
): readonly SequencePosition[] => {
  const [rows] = Object.values(targets)[0].shape;
  return positions.slice(-rows).map(({ lane, start }) => ({ lane, start: start + first }));
};
