/** What an agent's search sees at one decision of an episode: its tree, each node with the frame it was decoded to. */
import { compile, type EngineChoice } from '../src/engine/compile.ts';
import { mapGroup, sizeOf, specsOf } from '../src/nd-array.ts';
import type { ActingOptions } from '../src/planning/acting.ts';
import type { SearchKind } from '../src/planning/program-search.ts';
import { createSearchActor } from '../src/planning/search-actor.ts';
import { treeRecord, type TreeRecord } from '../src/planning/tree-record.ts';
import type { Tree } from '../src/planning/tree.ts';
import type { Agent, Environment, Group, NdArray, ParamArrays, Rng } from '../src/types.ts';
import type { Picture } from '../src/viz/picture.ts';
import { actionRows, advanceEpisode, beginEpisode, createObservationBuffer } from '../src/world/episode.ts';
import { newestFrames } from '../src/world/frame-stack.ts';
import { createView, type Look } from '../src/world/view.ts';

export interface SearchTreeOptions {
  readonly environment: Environment;
  readonly size: number;
  readonly look?: Look;
  readonly agent: Agent;
  readonly params: ParamArrays;
  readonly engine: EngineChoice;
  readonly search: ActingOptions['search'];
  readonly kind: SearchKind;
  /** The decision to look at, counted from 0; the search itself plays up to there. */
  readonly step: number;
  /** Nodes that are kept, the most visited first. */
  readonly maxNodes: number;
  readonly rng: Rng;
}

export interface SeenTree {
  readonly record: TreeRecord;
  /** What the root shows in truth. */
  readonly truth: Picture;
  /** One for each node of the record; absent where the agent has no decoder. */
  readonly pictures?: readonly Picture[];
  /** The root's action that was chosen. */
  readonly chosen: number;
  /** Decisions before this one; fewer than asked for where the episode ended. */
  readonly step: number;
  /** float32 [1, K, A] of the root, where the search sampled its actions. */
  readonly sampledActions?: NdArray;
}

/** Play to a decision and search there. */
export async function seeSearchTree(options: SearchTreeOptions): Promise<SeenTree> {
  const { environment, size, agent, rng, maxNodes } = options;
  const view = createView(options);
  const { observation, show } = createObservationBuffer(environment, 1, size, view.channels);
  const actor = await createSearchActor(options.kind, {
    ...options, actions: environment.actions, lanes: 1, imageShape: [size, size, view.channels],
    actionSize: observation.previousAction.shape[1], explore: false, frozen: true,
  });
  const episode = beginEpisode(environment, rng.split('world'));
  const searchRng = rng.split('policy');
  show(0, episode.state, view.render(episode));
  let carry = actor.initial(1);
  let step = 0;
  for (;; step++) {
    const plan = await actor.plan(carry, observation, searchRng);
    const ended = step === options.step
      || advanceEpisode(environment, episode, actionRows(environment, 1, plan.action)[0], environment.maxSteps);
    if (ended === true || ended.isLast) {
      await actor.dispose();
      if (!plan.tree) throw new Error('expected the tree of a search on one thread');
      const record = treeRecord(plan.tree, 0, { maxNodes });
      const latents = latentsOf(plan.tree, record, Object.keys(agent.model.latentShapes));
      const pictures = await decodeAll(options, latents, record.nodes.length);
      return {
        record, step, chosen: chosenAction(plan.action, plan.targets.searchActions),
        truth: pictureAt(newestFrames(observation.image), 0), ...(pictures ? { pictures } : {}),
        ...(plan.targets.searchActions ? { sampledActions: plan.targets.searchActions } : {}),
      };
    }
    carry = plan.carry;
    show(0, episode.state, view.render(episode), ended.action);
  }
}

/** The latents [M, …] of the record's nodes. */
function latentsOf({ embeddings }: Tree, { nodes }: TreeRecord, leaves: readonly string[]): Group<NdArray> {
  return Object.fromEntries(leaves.map((leaf) => {
    const { data, shape: [, , ...shape], dtype } = embeddings[leaf];
    const size = sizeOf(shape);
    const rows = new Float32Array(nodes.length * size);
    nodes.forEach(({ index }, row) => rows.set(data.subarray(index * size, (index + 1) * size), row * size));
    return [leaf, { data: rows, shape: [nodes.length, ...shape], dtype }];
  }));
}

async function decodeAll(
  { agent, params, engine }: SearchTreeOptions,
  latent: Group<NdArray>,
  count: number,
): Promise<Picture[] | undefined> {
  const { decode } = agent.model;
  if (!decode) return undefined;
  const weights = mapGroup(agent.model.parameters, (_, name) => params[name]);
  const program = await compile(
    'decode', ({ weights: w, latent: from }) => ({ seen: { picture: decode(w, from) } }), specsOf({ weights, latent }), { engine },
  );
  const { seen } = await program.run({ weights, latent });
  await program.dispose();
  const newest = newestFrames(seen.picture);
  return Array.from({ length: count }, (_, node) => pictureAt(newest, node));
}

/** One of [N, H, W, 3]: bytes, or floats in [0, 1]. */
function pictureAt({ data, shape: [, height, width, channels], dtype }: NdArray, index: number): Picture {
  const size = height * width * channels;
  const part = data.subarray(index * size, (index + 1) * size);
  return {
    width, height, delaysMs: [0],
    data: Uint8Array.from(part, (value) => (dtype === 'uint8' ? value : Math.round(255 * Math.min(1, Math.max(0, value))))),
  };
}

/** The index of the action among those that were searched. */
function chosenAction({ data }: NdArray, sampled: NdArray | undefined): number {
  if (!sampled) return data.indexOf(1);
  const [, samples, size] = sampled.shape;
  return Array.from({ length: samples }, (_, k) => k)
    .findIndex((k) => sampled.data.subarray(k * size, (k + 1) * size).every((value, i) => value === data[i]));
}
