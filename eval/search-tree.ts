/** What an agent's search sees at one decision of an episode: its tree, each node with the frame it was decoded to. */
import { isSearchPolicy } from '../src/acting/search-policy.ts';
import { compile } from '../src/engine/compile.ts';
import { gatherRows, mapGroup, reshaped, rowOf, specsOf } from '../src/nd-array.ts';
import { treeRecord, type TreeRecord } from '../src/planning/tree-record.ts';
import type { Tree } from '../src/planning/tree.ts';
import type { OpenPolicy } from '../src/train/configure.ts';
import type { Agent, EngineChoice, Environment, Group, NdArray, ParamArrays, Rng } from '../src/types.ts';
import type { Picture } from '../src/viz/picture.ts';
import { actionRows, advanceEpisode, beginEpisode, createObservationBuffer, lookAhead } from '../src/world/episode.ts';
import { newestFrames } from '../src/world/frame-stack.ts';
import { createView, type Look } from '../src/world/view.ts';

/** A decision of an episode, to be looked at. */
export interface DecisionOptions {
  readonly environment: Environment;
  readonly size: number;
  readonly look?: Look;
  readonly agent: Agent;
  readonly params: ParamArrays;
  readonly engine: EngineChoice;
  readonly policy: Pick<OpenPolicy, 'variant' | 'options'>;
  /** Counted from 0; the policy itself plays up to there. */
  readonly step: number;
  readonly rng: Rng;
}

/** The policy is one that searches. */
export interface SearchTreeOptions extends DecisionOptions {
  /** Nodes that are kept, the most visited first. */
  readonly maxNodes: number;
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
  const searching = await options.policy.variant.create({
    ...options, actions: environment.actions, lanes: 1, imageShape: [size, size, view.channels],
    actionSize: observation.previousAction.shape[1], explore: false, frozen: true,
  }, options.policy.options);
  if (!isSearchPolicy(searching)) throw new Error(`expected a policy that searches, got ${searching.name}`);
  const episode = beginEpisode(environment, rng.split('world'));
  const searchRng = rng.split('policy');
  show(0, episode.state, view.render(episode));
  let carry = searching.initial(1);
  let step = 0;
  for (;; step++) {
    const plan = await searching.plan(carry, observation, searchRng);
    const [row] = actionRows(environment, 1, plan.action);
    await lookAhead(environment, [{ episode, row }]);
    const ended = step === options.step
      || advanceEpisode(environment, episode, row, environment.maxSteps);
    if (ended === true || ended.isLast) {
      await searching.dispose();
      if (!plan.tree) throw new Error('expected the tree of a search on one thread');
      const record = treeRecord(plan.tree, 0, { maxNodes });
      const latents = latentsOf(plan.tree, record, Object.keys(agent.dynamics?.latentShapes ?? {}));
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
const latentsOf = ({ embeddings }: Tree, { nodes }: TreeRecord, leaves: readonly string[]): Group<NdArray> =>
  Object.fromEntries(leaves.map((leaf) => {
    const { shape: [count, , ...shape] } = embeddings[leaf]; // of one root
    return [leaf, gatherRows(reshaped(embeddings[leaf], [count, ...shape]), nodes.map(({ index }) => index))];
  }));

async function decodeAll(
  { agent, params, engine }: SearchTreeOptions,
  latent: Group<NdArray>,
  count: number,
): Promise<Picture[] | undefined> {
  if (!agent.dynamics?.decode) return undefined;
  const { decode, parameters } = agent.dynamics;
  const weights = mapGroup(parameters, (_, name) => params[name]);
  const program = await compile(
    'decode', ({ weights: w, latent: from }) => ({ seen: { picture: decode(w, from) } }), specsOf({ weights, latent }), { engine },
  );
  const { seen } = await program.run({ weights, latent });
  await program.dispose();
  const newest = newestFrames(seen.picture);
  return Array.from({ length: count }, (_, node) => pictureAt(newest, node));
}

/** One of [N, H, W, 3]: bytes, or floats in [0, 1]. */
function pictureAt(pictures: NdArray, index: number): Picture {
  const { data, shape: [height, width], dtype } = rowOf(pictures, index);
  return {
    width, height, delaysMs: [0],
    data: Uint8Array.from(data, (value) => (dtype === 'uint8' ? value : Math.round(255 * Math.min(1, Math.max(0, value))))),
  };
}

/** The index of the action among those that were searched. */
function chosenAction({ data }: NdArray, sampled: NdArray | undefined): number {
  if (!sampled) return data.indexOf(1);
  const actions = rowOf(sampled, 0);
  return Array.from({ length: actions.shape[0] }, (_, k) => k)
    .findIndex((k) => rowOf(actions, k).data.every((value, i) => value === data[i]));
}
