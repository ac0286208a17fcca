/** Acting by tree search: the pictures are filtered into latents, and those are the roots. */
import { compile } from '../engine/compile.ts';
import { specsOf } from '../nd-array.ts';
import type { Choice, Group, NdArray, Observation, Rng } from '../types.ts';
import { blankCarry, blankObservation, pixels, type ActingOptions, type Actor } from './acting.ts';
import { createLatentSearch, rootGroup, samplesOf } from './latent-search.ts';
import type { SearchKind, SearchResult } from './program-search.ts';

export interface SearchActor extends Actor {
  /** As `act`, with the trees, unless threads share them. */
  plan(carry: Group<NdArray>, observation: Observation, rng: Rng): Promise<Choice & SearchResult>;
}

export async function createSearchActor(kind: SearchKind, options: ActingOptions): Promise<SearchActor> {
  const { agent, actions, engine, lanes, search, explore, frozen = false } = options;
  const { model } = agent;
  let { params } = options;
  const blank = blankCarry(model, lanes);
  const samples = samplesOf(actions, search);
  const root = await compile('root', ({ params: weights, carry, observation }, noise) => {
    const { previousAction, isFirst, image } = observation;
    const next = model.observe(weights, carry, { tokens: model.encode(weights, pixels(image)), previousAction, isFirst }, noise);
    return { carry: next.carry, latent: next.latent, root: rootGroup(agent, weights, next.latent, noise, samples) };
  }, specsOf({ ...(frozen ? {} : { params }), carry: blank, observation: { ...blankObservation(options) } }), {
    engine, ...(frozen ? { constants: { params } } : {}),
  });
  const latentSearch = await createLatentSearch({
    ...options, kind, search, roots: lanes, explore, ...(frozen ? { baked: params } : {}),
  });

  async function plan(carry: Group<NdArray>, { image, previousAction, isFirst, legal }: Observation, rng: Rng) {
    const seen = await root.run({ ...(frozen ? {} : { params }), carry, observation: { image, previousAction, isFirst } }, rng);
    const illegal = legal && Uint8Array.from(legal.data, (allowed) => (allowed ? 0 : 1));
    const found = await latentSearch.run(params, { latent: seen.latent, root: seen.root }, rng, illegal);
    return { ...found, carry: seen.carry, stats: { simulations: search.simulations * lanes } };
  }

  return {
    name: kind,
    initial: () => blank,
    plan,
    async act(carry, observation, rng) {
      const { tree: _, ...choice } = await plan(carry, observation, rng);
      return choice;
    },
    update(next) {
      if (frozen) throw new Error('the parameters of this policy are baked in');
      params = next;
    },
    async dispose() {
      await Promise.all([root.dispose(), latentSearch.dispose()]);
    },
  };
}

/** The sentence that says why a search does not go with a kind of actions. */
export const searchRefusal = (kind: SearchKind, wanted: 'discrete' | 'continuous') =>
  ({ kind: got }: ActingOptions['actions']): string | undefined =>
    got === wanted ? undefined : `${kind} searches ${wanted} actions, and these are ${got}`;
