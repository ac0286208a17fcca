/** Acting by tree search: the pictures are filtered into latents, and those are the roots. */
import type { Options, OptionsOf } from '../config/index.ts';
import type { Choice, Group, NdArray, Observation, Rng, RunningPolicy } from '../types.ts';
import { createLatentSearch, requireDynamics, rootGroup, samplesOf, searchName, searchRefusal } from './latent-search.ts';
import { definePolicy, type ActingSetting, type PolicyVariant, type TreeSearch } from './policy-variant.ts';
import type { SearchResult } from './program-search.ts';
import { searchSettings } from './search-options.ts';
import { createSight } from './sight.ts';

export interface SearchPolicy extends RunningPolicy {
  /** As `act`, with the trees, unless threads share them. */
  plan(carry: Group<NdArray>, observation: Observation, rng: Rng): Promise<Choice & SearchResult>;
}

/** Whether a policy shows what it plans. */
export const isSearchPolicy = (policy: RunningPolicy): policy is SearchPolicy => 'plan' in policy;

/** What a file in `policies` says that searches a tree. */
export interface SearchPolicySpec<O extends Options> extends TreeSearch<O> {
  /** One sentence for `dreamtree list`. */
  readonly description: string;
  /** Those of search-options.ts that it reads, and its own. */
  readonly options: O;
}

/** A policy that acts by a tree search; `file` is `import.meta.url`. */
export function searchPolicy<const O extends Options>(
  { file, description, actions, options, decide }: SearchPolicySpec<O>,
): PolicyVariant<O> & { readonly search: TreeSearch<O> } {
  const search: TreeSearch<O> = { file, actions, decide };
  return {
    ...definePolicy({
      description,
      options,
      refuses: (space, agent) => searchRefusal(search, space, agent),
      create: (setting, values) => createSearchPolicy(search, setting, values),
    }),
    search,
  };
}

async function createSearchPolicy(
  search: TreeSearch,
  setting: ActingSetting,
  options: OptionsOf<Options>,
): Promise<SearchPolicy> {
  const { agent, actions, lanes, frozen = false, params } = setting;
  requireDynamics(search, actions, agent);
  const settings = searchSettings(options);
  const samples = samplesOf(actions, settings);
  const sight = await createSight(setting, {
    name: 'root',
    say: ({ params: weights, latent, noise }) => ({ latent, root: rootGroup(agent, weights, latent, noise, samples) }),
  });
  const latentSearch = await createLatentSearch({
    ...setting, search, options, roots: lanes, ...(frozen ? { baked: params } : {}),
  });

  async function plan(before: Group<NdArray>, observation: Observation, rng: Rng) {
    const { latent, root, carry } = await sight.run(before, observation, rng);
    const { legal } = observation;
    const illegal = legal && Uint8Array.from(legal.data, (allowed) => (allowed ? 0 : 1));
    const found = await latentSearch.run(sight.params, { latent, root }, rng, illegal);
    return { ...found, carry, stats: { simulations: settings.simulations * lanes } };
  }

  return {
    name: searchName(search),
    initial: sight.initial,
    plan,
    async act(carry, observation, rng) {
      const { tree: _, ...choice } = await plan(carry, observation, rng);
      return choice;
    },
    update: sight.update,
    async dispose() {
      await Promise.all([sight.dispose(), latentSearch.dispose()]);
    },
  };
}
